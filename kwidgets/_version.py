"""The version of the package: the build reads it here, and a test compares package.json."""

__version__ = "0.1.0"
