"""Results come in; sentences and tables for a terminal and JSON documents go out."""
