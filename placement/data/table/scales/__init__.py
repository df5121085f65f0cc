"""A column of numbers comes in; its scale goes out, or that it mixes two, or is not the model's."""
