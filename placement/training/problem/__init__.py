"""A table and a configuration come in; the problem that an optimizer solves goes out."""
