"""A small web server for an exported file, as files that need no kwidgets."""
