"""Output shapes, weights and errors of each layer of a spec, without allocating weights."""
