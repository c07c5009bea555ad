"""Writes a summary as a table, as text, as Markdown and as JSON."""
