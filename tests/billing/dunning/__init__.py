"""Dunning: rules, operations, pages."""
