"""Copies of the state of a training, in memory and on disk."""
