"""Forms and links of a browser come in; pages and files for the officer go out."""
