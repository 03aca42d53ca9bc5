"""Pass live traffic through unchanged and validate it on the way."""
