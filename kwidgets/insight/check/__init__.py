"""Check a model with its data: the rules of the builder on any Sequential or functional model."""
