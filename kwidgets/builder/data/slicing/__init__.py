"""Which statements of a notebook make the data of a fit: see ``source.py``."""
