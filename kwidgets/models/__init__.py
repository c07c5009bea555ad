"""What models are there, and what is in them."""
