"""Request bodies, and parts of URLs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass
class Payload:
    """A request body with its Content-Type."""

    content: bytes
    content_type: str | None


def json_payload(value: Any) -> Payload:
    """Return a value as a JSON body."""
    return Payload(json.dumps(value, ensure_ascii=False).encode(), "application/json")


def form_payload(
    fields: Iterable[tuple[str, str | bytes, str | None, str | None]],
    boundary: str = "conformance-9f2c41d07b",
) -> Payload:
    """Return a multipart form.

    Args:
        fields: (name, value, file name or None, content type or None).
        boundary: must not stand in any value.
    """
    lines: list[bytes] = []
    for name, value, filename, content_type in fields:
        disposition = f'form-data; name="{name}"'
        if filename is not None:
            disposition += f'; filename="{filename}"'
        lines.append(f"--{boundary}\r\nContent-Disposition: {disposition}\r\n".encode())
        if content_type is not None:
            lines.append(f"Content-Type: {content_type}\r\n".encode())
        lines.append(b"\r\n" + (value.encode() if isinstance(value, str) else value) + b"\r\n")
    lines.append(f"--{boundary}--\r\n".encode())
    return Payload(b"".join(lines), f"multipart/form-data; boundary={boundary}")


def segment(text: str) -> str:
    """Return text encoded as one path segment."""
    return quote(text, safe="")


def query_pairs(
    query: Mapping[str, object] | Sequence[tuple[str, str]],
) -> list[tuple[str, str]]:
    """Return the parameters of a query; booleans become true and false, None is left out."""
    if not isinstance(query, Mapping):
        return list(query)
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if value is None:
            continue
        text = str(value).lower() if isinstance(value, bool) else str(value)
        pairs.append((name, text))
    return pairs
