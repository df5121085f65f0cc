"""A model and a file come in; probabilities, explanations and lists go out."""
