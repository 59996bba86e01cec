"""Reads for the shell and the home pages, each a bounded number of statements."""
