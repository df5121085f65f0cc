"""Probabilities, outcomes and groups come in; rates of each group and the gaps among them go out."""
