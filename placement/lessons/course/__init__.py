"""The lessons, a module each: words, inputs, lines of torch in; a computation out."""
