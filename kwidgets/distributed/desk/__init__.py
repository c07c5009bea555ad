"""Carry messages between the workers of a training and the kernels that watch it."""
