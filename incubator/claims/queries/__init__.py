"""Reads for claims, each a bounded number of statements."""
