"""The name of a column, and some of its values, come in; whom or what they speak of goes out."""
