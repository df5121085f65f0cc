"""Weights come in; Fisher information goes out, and the fit without the penalty."""
