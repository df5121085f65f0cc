"""Chunks come in; the sums of loss, gradient and Hessian over all of them go out."""
