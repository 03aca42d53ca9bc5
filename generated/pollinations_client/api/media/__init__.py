"""Functions for the operations tagged `media`, one module each."""
