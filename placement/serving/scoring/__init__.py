"""Rows of a request come in, in each of the protocols; the served model's answers go out."""
