"""Finds and describes the Keras models of a kernel, for the side panel and ``kwidgets.summary``."""
