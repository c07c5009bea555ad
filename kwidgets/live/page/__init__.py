"""Show a fit on the page: messages, views, widgets, and the output saved in the notebook."""
