"""Blocks of rows come in; columns in memory or on a disk go out, with a summary of each."""
