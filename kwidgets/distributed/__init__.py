"""Train on several workers, and search hyperparameters."""
