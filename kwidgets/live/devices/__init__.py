"""The devices that a fit computes on: names, usage, and advice for a GPU that Keras misses."""
