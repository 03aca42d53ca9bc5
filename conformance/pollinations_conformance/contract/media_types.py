"""Choose the entry of a `content` map that describes a body."""

from __future__ import annotations

from collections.abc import Iterable

from pollinations_conformance.contract.model import Json
from pollinations_conformance.http.message import media_type

JSON = "application/json"
FORM = "multipart/form-data"


def pick(content: Iterable[str], essence: str) -> str | None:
    """Choose an entry for a media type: exact, then `type/*`, then `*/*`.

    Args:
        content: the names of the entries.
        essence: `type/subtype` in lower case, or an empty text.
    """
    if not essence:
        return None
    names = {media_type(name): name for name in content}
    for wanted in (essence, essence.partition("/")[0] + "/*", "*/*"):
        if wanted in names:
            return names[wanted]
    return None


def raw_forms(content: Iterable[str]) -> list[str]:
    """Return the entries for bodies that are sent as bare bytes."""
    return [name for name in content if name not in (JSON, FORM)]


def pick_raw(content: Iterable[str], essence: str) -> str | None:
    """Choose the entry for a body that is sent as bare bytes, or None."""
    raw = raw_forms(content)
    found = pick(raw, essence or "application/octet-stream")
    if found is None and "application/octet-stream" in raw:
        return "application/octet-stream"
    return found


def is_binary(schema: Json) -> bool:
    """Return whether a schema describes bytes of any kind rather than text."""
    return (
        not schema
        or schema.get("format") == "binary"
        or (
            "contentMediaType" in schema
            and "contentEncoding" not in schema
            and "contentSchema" not in schema
        )
    )
