"""Functions for the operations tagged `account`, one module each."""
