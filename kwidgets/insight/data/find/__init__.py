"""Functions that find what is wrong with data. Each yields findings and has no effects."""
