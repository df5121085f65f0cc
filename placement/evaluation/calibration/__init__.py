"""Probabilities and outcomes come in; how far they agree goes out, and maps that mend it."""
