"""A `Table` comes in; an `Encoder` and chunks of encoded rows go out."""
