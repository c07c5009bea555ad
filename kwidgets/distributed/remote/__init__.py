"""What a kernel has of a training that runs in other processes: its numbers, view and controls."""
