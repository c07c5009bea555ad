"""Show the panel that exports a model: its requests, its widget, and the output of a cell."""
