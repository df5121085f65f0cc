"""What is known of a model comes in; the sections of its report go out."""
