"""A model and a newer file come in; how it does now goes out: evaluation, drift, report."""
