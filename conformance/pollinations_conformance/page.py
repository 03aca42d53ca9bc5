"""The HTML report: one page that needs nothing else."""

from typing import Any


def to_html(value: dict[str, Any]) -> str:
    """Make the page from the JSON form."""
    return f"<!doctype html><title>Conformance</title><pre>{value['verdict']}</pre>\n"
