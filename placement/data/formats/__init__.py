"""Somebody's bytes come in; blocks of rows go out, each cell as it stands in its file."""
