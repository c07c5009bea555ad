"""Finds the Keras models in a user's namespace, without running the user's code."""
