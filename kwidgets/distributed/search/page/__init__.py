"""Send a search to pages, and write what the notebook saves of it."""
