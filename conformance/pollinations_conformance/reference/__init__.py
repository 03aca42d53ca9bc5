"""The API reference as one HTML page."""
