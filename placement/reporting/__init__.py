"""Results come in; text, JSON documents, pictures and reports go out."""
