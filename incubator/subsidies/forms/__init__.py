"""Shapes of input in `subsidies`, a file for each page or group of pages."""
