"""Parameters, metrics, files and models come in; MLflow runs and registered versions go out."""
