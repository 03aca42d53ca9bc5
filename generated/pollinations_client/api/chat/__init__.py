"""Functions for the operations tagged `chat`, one module each."""
