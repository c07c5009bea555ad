"""What makes the notebooks of examples/ tutorials: steps that check themselves, and their order."""
