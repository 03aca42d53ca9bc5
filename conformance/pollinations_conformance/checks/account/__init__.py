"""Checks of the account operations."""
