"""HTTP as this package needs it: messages, query strings, bodies, event streams, recordings."""
