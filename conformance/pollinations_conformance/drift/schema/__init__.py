"""One form for every schema, in which two can be compared by meaning."""
