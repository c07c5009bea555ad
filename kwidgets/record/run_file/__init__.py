"""The file of one run: its place, its tables, the thread that writes it, and reading it."""
