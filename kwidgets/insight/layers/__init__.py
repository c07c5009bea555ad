"""Readings of a model's layers as plain data, and what is wrong with them."""
