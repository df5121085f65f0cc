"""A computation as a graph of nodes with values and gradients; out: text, DOT, SVG."""
