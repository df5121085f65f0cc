"""Rows and weights come in; the gradient by hand, by autograd and by differences go out."""
