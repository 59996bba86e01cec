"""Frozen reports of every kind: what a kind is, freezing into the operator's chain, files, and checking all of it."""
