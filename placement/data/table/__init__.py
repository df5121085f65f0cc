"""Columns and their outcome come in; a checked `Table` goes out, with the role of each column."""
