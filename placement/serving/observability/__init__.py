"""What happened to a request comes in; figures for Prometheus and lines of JSON go out."""
