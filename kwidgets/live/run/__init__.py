"""One fit while it runs: its state, the commands to it, its description, and how it ends."""
