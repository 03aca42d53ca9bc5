"""Validate recorded traffic against the contract, offline."""
