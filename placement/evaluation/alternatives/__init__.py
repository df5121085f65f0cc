"""Cross-validated rows come in; other models go out, and terms that may improve the perceptron."""
