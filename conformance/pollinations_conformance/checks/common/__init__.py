"""What several check modules need; no check is here and no check module imports another."""
