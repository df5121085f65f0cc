"""Probabilities and outcomes come in; metrics, their intervals and the skill over the base rate go out."""
