"""Finds the Keras models in the user's namespace, without running the user's code."""
