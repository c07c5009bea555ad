"""Recognize what a model's output is for, and the names of its classes. Plain data."""
