"""Names of files and models come in; tables and models go out, opened as the model needs them."""
