"""Sums of labels, weights and scores come in, one statistic goes out; numpy alone."""
