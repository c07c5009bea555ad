"""What protects the training thread: commands are queued, errors are caught, costs are limited."""
