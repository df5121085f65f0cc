"""The autograd lab: small computations, each with its derivative by hand, by torch, and drawn."""
