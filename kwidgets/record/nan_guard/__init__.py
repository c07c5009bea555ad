"""Restore the last good state of a training when its loss or weights become NaN or infinite."""
