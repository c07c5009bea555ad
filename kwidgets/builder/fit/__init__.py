"""Training a builder's model: in the background, and calls of fit read as settings."""
