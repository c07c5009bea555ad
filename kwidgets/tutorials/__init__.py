"""Makes tutorials of the notebooks in examples/: checks, hints, skipped cells, copies."""
