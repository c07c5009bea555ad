"""Handles the requests of views about a model: its summary, a layer's detail, ``trainable``."""
