"""Requests come in; those of a known host, an own page and a known token go through."""
