"""Which rows of a table are students, and which are headings, totals, notes and signatures."""
