"""Words of the user come in; the checked settings of a training run go out."""
