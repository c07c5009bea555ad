"""Describe a training for its record: the cell, the call of fit, the data, and what computes."""
