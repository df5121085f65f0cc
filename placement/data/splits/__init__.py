"""A `Table` comes in; held-out rows, folds and groups go out, drawn by keyed hashes."""
