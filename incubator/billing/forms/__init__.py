"""Shapes of input in `billing`, a file for each page or group of pages."""
