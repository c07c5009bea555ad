"""The steps of each tutorial, a module a notebook."""
