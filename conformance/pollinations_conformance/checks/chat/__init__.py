"""Checks of chat completions."""
