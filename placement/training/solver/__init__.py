"""A problem comes in; epochs go out, and the solution where they ended."""
