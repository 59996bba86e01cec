"""Changes of state in `subsidies`, a file for each group of verbs."""
