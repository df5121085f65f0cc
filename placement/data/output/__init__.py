"""Blocks of rows and new columns come in; a file in the manner of the one that was read goes out."""
