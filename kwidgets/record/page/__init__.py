"""Show recorded runs on pages: answers to requests, the widget, and the output of a cell."""
