"""Weights and what was learnt of the columns come in; a bundle and its probabilities go out."""
