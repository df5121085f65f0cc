"""A sheet and choices come in from a page; what the workflows say of it goes out, as plain data."""
