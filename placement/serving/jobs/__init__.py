"""An upload and settings come in; an MLflow run that ends, its model and its files go out."""
