"""Inputs come in; a computation goes out, with its words and lines of torch: one lesson a file."""
