"""Models that an older Keras has saved: HDF5, JSON, ``.keras`` of format 2, SavedModel."""
