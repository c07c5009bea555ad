"""What of a builder reaches the page: its widget, its state, and its saved output."""
