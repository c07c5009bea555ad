"""Measures the costs of kwidgets, beside those of peers; README.md has the results."""
