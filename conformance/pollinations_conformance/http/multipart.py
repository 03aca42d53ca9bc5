"""Read `multipart/form-data` bodies."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pollinations_conformance.http.errors import BodyError
from pollinations_conformance.http.message import header_parameters


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form; `filename` is None for plain text fields."""

    name: str
    content: bytes
    filename: str | None = None
    content_type: str = ""

    @property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8", "replace")


def parse_multipart(content_type: str, body: bytes) -> list[Part]:
    """Read a `multipart/form-data` body.

    Args:
        content_type: the header, for its boundary.
        body: as sent.

    Raises:
        BodyError: no boundary, no closing delimiter, or a part without a name.
    """
    boundary = header_parameters(content_type).get("boundary", "")
    if not boundary:
        raise BodyError("multipart without a boundary")
    mark = re.escape(boundary.encode("utf-8", "replace"))
    delimiter = re.compile(rb"(?:\A|\r?\n)--" + mark + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    parts: list[Part] = []
    found = delimiter.search(body)
    if not found:
        raise BodyError("multipart without its boundary in the body")
    while not found[1]:
        # The line end that closes one delimiter line may also open the next one (an empty part).
        after = delimiter.search(body, found.end())
        if not after:
            raise BodyError("multipart cut off before its closing boundary")
        parts.append(_part(body[found.end() : after.start()]))
        found = after
    return parts


def _part(raw: bytes) -> Part:
    blank = re.search(rb"\r?\n\r?\n", raw)
    head, content = (raw[: blank.start()], raw[blank.end() :]) if blank else (raw, b"")
    headers: dict[str, str] = {}
    for line in re.split(rb"\r?\n", head):
        name, _, value = line.decode("utf-8", "replace").partition(":")
        headers[name.strip().lower()] = value.strip()
    given = header_parameters(headers.get("content-disposition", ""))
    if "name" not in given:
        raise BodyError("multipart with a part that has no name")
    return Part(given["name"], content, given.get("filename"), headers.get("content-type", ""))
