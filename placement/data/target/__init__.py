"""Columns come in; which one is the outcome goes out, and what each of its words means."""
