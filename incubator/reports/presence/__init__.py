"""Presence: evidence of who was there, beside what is registered and let; it changes no figure of occupancy."""
