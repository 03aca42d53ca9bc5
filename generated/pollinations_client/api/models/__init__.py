"""Functions for the operations tagged `models`, one module each."""
