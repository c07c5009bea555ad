"""What a model predicted, epoch by epoch, as plain data and NumPy arrays."""
