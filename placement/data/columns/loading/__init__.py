"""What comes in is blocks of cells, or a cache on the disk; what goes out is raw columns."""
