"""Forms of `claims`."""
