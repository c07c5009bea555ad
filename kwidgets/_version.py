"""The version, said once: the build reads it here, a test compares package.json."""

__version__ = "0.1.0"
