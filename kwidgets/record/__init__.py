"""Record every training on disk: what it was, how it went, and where it can be resumed."""
