"""Everything that touches the internals of a running Keras fit."""
