"""Make a smaller copy of a model: fewer bits, fewer units, or adapters apart."""
