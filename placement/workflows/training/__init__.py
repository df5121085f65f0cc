"""Tables and a configuration come in; a fitted, tested and checked model goes out."""
