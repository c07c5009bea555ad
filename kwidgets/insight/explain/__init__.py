"""Explain single predictions: which parts of an input count, as plain data."""
