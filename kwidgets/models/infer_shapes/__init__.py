"""Shapes and weights of a model that is not built, worked out for given input shapes."""
