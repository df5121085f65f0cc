"""A student's cells come in; each column's part in the logit goes out, and what would change it."""
