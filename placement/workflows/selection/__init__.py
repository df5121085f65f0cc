"""Models and rows come in; which of them is better goes out: tuning, comparison, promotion."""
