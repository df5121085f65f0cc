"""Probabilities, outcomes and groups come in; rates of each group and their gaps go out."""
