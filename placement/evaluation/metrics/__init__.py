"""Probabilities and outcomes come in; metrics, their intervals and the skill go out."""
