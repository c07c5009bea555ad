"""Write a model for other runtimes, read each file back, and compare it with the model."""
