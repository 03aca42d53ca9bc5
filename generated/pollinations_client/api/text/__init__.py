"""Functions for the operations tagged `text`, one module each."""
