"""Infers output shapes, weights and problems of the layers of a spec."""
