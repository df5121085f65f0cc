"""Blocks of rows and new columns come in; a file like the one that was read goes out."""
