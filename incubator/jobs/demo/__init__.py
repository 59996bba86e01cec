"""The demo operator: a believable year, made by a seeded generator through the operations that people use."""
