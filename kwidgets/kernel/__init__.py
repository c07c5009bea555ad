"""Communicate with ipykernel and IPython: messages, interrupts and the end of cells."""
