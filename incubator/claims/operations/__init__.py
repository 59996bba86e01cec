"""Each change of a claim as one function."""
