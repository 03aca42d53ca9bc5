"""Checks of the tag media: uploads and downloads."""
