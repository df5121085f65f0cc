"""Outcomes of students who drew lots for a seat come in; what the seat changed goes out."""
