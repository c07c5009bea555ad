"""Define the steps of the tutorials, in one module for each notebook."""
