"""A model and a file's name come in; a file that was proved to score as the model does goes out."""
