"""Models from files of other systems, and models for other runtimes."""
