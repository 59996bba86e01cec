"""Changes of state in `billing`, a file for each group of verbs."""
