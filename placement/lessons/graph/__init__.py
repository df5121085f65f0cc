"""Operations come in; a graph of values and gradients goes out, and text, DOT or SVG of it."""
