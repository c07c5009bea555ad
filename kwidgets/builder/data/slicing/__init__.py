"""Find the statements of a notebook that create the data of a fit: ``source.source_of``."""
