"""Histograms of training and of a new file come in; how far they moved apart goes out."""
