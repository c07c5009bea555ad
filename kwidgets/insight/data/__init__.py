"""Look at data: what is missing, out of scale, known before, rare or in order, as plain data."""
