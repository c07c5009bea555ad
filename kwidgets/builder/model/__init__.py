"""Keep the Keras model and layers of a spec, with their weights."""
