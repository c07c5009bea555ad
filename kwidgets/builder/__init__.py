"""Build a Sequential by hand, in code, or both at once."""
