"""The bytes of a delimited text file come in; its cells go out, in blocks of rows."""
