"""A table comes in; a fitted perceptron goes out."""
