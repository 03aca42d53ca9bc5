"""Small servers of other makes, each with the complete list of verdicts that are true of it."""
