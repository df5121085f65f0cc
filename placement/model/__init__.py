"""Weights and an encoder come in; a bundle directory goes out, written whole, and probabilities."""
