"""Reads of `subsidies`, a file for each subject."""
