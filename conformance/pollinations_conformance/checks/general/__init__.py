"""Checks of what every operation shares: authentication, caching, errors, limits, routes."""
