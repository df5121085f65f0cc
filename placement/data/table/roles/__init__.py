"""A column with what its cells show comes in; why it is no feature goes out."""
