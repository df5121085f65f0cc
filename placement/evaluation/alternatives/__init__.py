"""Cross-validated rows come in; other models beside the perceptron go out, and terms that may mend it."""
