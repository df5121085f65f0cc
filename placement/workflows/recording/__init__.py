"""A training and its result come in; an MLflow run goes out."""
