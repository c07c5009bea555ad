"""Show what a model sees while it trains: predictions, layers and data."""
