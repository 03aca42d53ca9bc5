"""Functions for the operations tagged `image`, one module each."""
