"""What is decided about claims, as pure functions: states, completeness, money."""
