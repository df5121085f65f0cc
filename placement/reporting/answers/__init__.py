"""Results come in; the short answer of a command goes out, in sentences: one module a command."""
