"""Send predictions, layers and data to the page, and answer its requests."""
