"""Answers what a view asks about a model, and changes what a view may change."""
