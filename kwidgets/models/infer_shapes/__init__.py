"""Computes shapes and weights of a model that is not built, for given input shapes."""
