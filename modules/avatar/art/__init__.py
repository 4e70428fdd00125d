"""The art of a drawn persona: everything that is painted once, from a persona file."""
