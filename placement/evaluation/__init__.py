"""A fitted model and rows come in; how good the model is on them goes out."""
