"""Watch and steer a fit: the callback, the run of a fit, its numbers and its view."""
