"""The process that starts the workers, replaces those that are lost, and has the desk."""
