"""Decoding of `text/event-stream` bytes into the data of each event, whatever the pieces they arrive in."""

from __future__ import annotations

from codecs import utf_8_decode


class Decoder:
    """Takes bytes in pieces of any size and gives the `(event, data)` pairs that they complete.

    Follows the WHATWG rules: CR, LF and CRLF end lines, a byte order mark at the start is dropped, several `data`
    lines make one event joined by LF, comments and unknown fields are ignored, an event without data is none. Each
    byte is looked at a fixed number of times, however large an event is and however small the pieces are.
    """

    __slots__ = ("_after_cr", "_cut", "_parts", "_started")

    def __init__(self) -> None:
        self._cut = b""
        """The start of a character whose other bytes are still to come."""
        self._parts: list[str] = []
        """What came of an unfinished event; joined once, when its end arrives."""
        self._after_cr = False
        self._started = False

    def feed(self, piece: bytes) -> list[tuple[str, str]]:
        """Return the events that this piece completes."""
        data = self._cut + piece
        text, used = utf_8_decode(data, "replace", False)
        self._cut = data[used:]
        if not text:
            return []
        if not self._started:
            self._started = True
            text = text.removeprefix("\ufeff")
        if self._after_cr and text:
            # The LF of a CRLF that was cut in two.
            self._after_cr = False
            text = text.removeprefix("\n")
        if "\r" in text:
            self._after_cr = text[-1] == "\r"
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if not text:
            return []
        parts = self._parts
        if parts:
            ends = text[0] == "\n" and parts[-1][-1] == "\n"
            parts.append(text)
            if not ends and "\n\n" not in text:
                return []
            text = "".join(parts)
        end = text.rfind("\n\n")
        if end < 0:
            self._parts = [text]
            return []
        rest = text[end + 2 :]
        self._parts = [rest] if rest else []
        if text[:6] != "data: ":
            return _events(text[:end])
        # Events of one line of data each, as nearly all are, need one cut only.
        events: list[tuple[str, str]] = []
        for value in text[6:end].split("\n\ndata: "):
            if "\n" in value:
                events += _events(f"data: {value}")
            else:
                events.append(("", value))
        return events

    def finish(self) -> list[tuple[str, str]]:
        """Return the last event of a stream that ended without the empty line which should have closed it."""
        rest = "".join(self._parts) + self._cut.decode("utf-8", "replace")
        self._parts, self._cut = [], b""
        event = _parse(rest.removesuffix("\n"))
        return [] if event is None else [event]


def _events(text: str) -> list[tuple[str, str]]:
    found = [_parse(block) for block in text.split("\n\n")]
    return [event for event in found if event is not None]


def _parse(block: str) -> tuple[str, str] | None:
    name = ""
    data: list[str] = []
    for line in block.split("\n"):
        field, colon, value = line.partition(":")
        if colon and value[:1] == " ":
            value = value[1:]
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
    return (name, "\n".join(data)) if data else None
