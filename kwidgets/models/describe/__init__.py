"""Keras models → plain data: everything here reads Keras objects."""
