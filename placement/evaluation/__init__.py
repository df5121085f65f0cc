"""A fitted model and rows come in; what the model is worth on them goes out."""
