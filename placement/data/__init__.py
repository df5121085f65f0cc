"""From somebody's file to a checked table, and from a table to encoded rows."""
