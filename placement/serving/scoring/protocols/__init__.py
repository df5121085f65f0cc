"""The body of a request comes in; the model's answer, written as its protocol says, goes out."""
