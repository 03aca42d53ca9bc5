"""Functions for the operations tagged `audio`, one module each."""
