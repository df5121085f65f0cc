"""HTTP requests come in; answers of the workflows go out, the same that the commands give."""
