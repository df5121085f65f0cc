"""A problem comes in; predictions of rows that a fold did not learn from go out."""
