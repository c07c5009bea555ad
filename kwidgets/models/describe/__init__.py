"""Describes Keras models as plain data: reads Keras objects, and changes none."""
