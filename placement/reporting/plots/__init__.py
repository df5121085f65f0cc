"""Figures come in; PNG pictures go out."""
