"""Reads of `billing`, a file for each subject."""
