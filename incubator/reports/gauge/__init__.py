"""The qualification gauge: what a space or an incubator must be, as dated data, computed from the rows at any day."""
