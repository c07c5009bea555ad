"""Show a builder on the page: its widget, its state, its requests and its saved output."""
