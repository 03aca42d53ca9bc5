"""Resources of the clients."""
