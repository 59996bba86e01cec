"""Reading what banks give out: a file's bytes become lines, or the faults of every row."""
