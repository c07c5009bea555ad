"""Provide the tutorials: checks, hints, messages about skipped cells, and copies."""
