"""What of a fit reaches the page: messages, views, widgets, and the saved output."""
