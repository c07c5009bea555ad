"""The real Keras model and layers behind a spec, kept with their weights."""
