"""A model comes in; the same arithmetic in another language goes out, as text or as bytes."""
