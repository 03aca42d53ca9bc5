"""Decode `text/event-stream` bytes into events, by the rules of the WHATWG HTML standard."""

from __future__ import annotations

import codecs
import functools
import re
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")
_DIGITS = re.compile(r"[0-9]+")
_PIECE = 4096
"""Bytes that are decoded at a time where only the beginning of a stream is wanted."""


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatched event; `complete` is false when the stream ended before its blank line."""

    data: str
    event: str = "message"
    id: str = ""
    retry: int | None = None
    complete: bool = True

    def fields(self) -> dict[str, str | int]:
        """Return what was sent as an object, the way the contract describes an event."""
        found: dict[str, str | int] = {"data": self.data}
        if self.event != "message":
            found["event"] = self.event
        if self.id:
            found["id"] = self.id
        if self.retry is not None:
            found["retry"] = self.retry
        return found


class Decoder:
    """Turn chunks of bytes, cut anywhere, into events; the cuts never change the outcome.

    Bytes that are not UTF-8 become U+FFFD, as the standard requires; `replaced` reports that it happened.
    """

    def __init__(self) -> None:
        """Start at the beginning of a stream."""
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending: list[str] = []  # a line whose end has not come yet
        self._after_cr = False
        self._first = True
        self._data: list[str] = []
        self._event = ""
        self._id = ""
        self._retry: int | None = None
        self.replaced = False

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes of the stream.

        Args:
            chunk: any number of bytes, zero included.

        Returns:
            The events that these bytes completed, in order.
        """
        return self._take(self._utf8.decode(chunk))

    def close(self) -> list[Event]:
        """End the stream.

        The standard drops an event that no blank line completed. A recording may lack the last
        line end although its event was whole, so such an event is returned, marked incomplete.
        """
        events = self._take(self._utf8.decode(b"", True))
        if self._pending:
            line = "".join(self._pending)
            self._pending = []
            self._line(line, events)
        if self._data:
            self._dispatch(events, complete=False)
        return events

    def _take(self, text: str) -> list[Event]:
        events: list[Event] = []
        if not text:
            return events
        if self._first:
            self._first = False
            text = text.removeprefix("\ufeff")
        if "\ufffd" in text:
            self.replaced = True
        if self._after_cr:
            # The "\r" was taken as a line end at once; a "\n" right behind it belongs to it.
            text = text.removeprefix("\n")
            self._after_cr = False
        if text.endswith("\r"):
            self._after_cr = True
        pieces = _LINE_END.split(text)
        for piece in pieces[:-1]:
            self._pending.append(piece)
            line = "".join(self._pending)
            self._pending = []
            self._line(line, events)
        if pieces[-1]:
            self._pending.append(pieces[-1])
        return events

    def _line(self, line: str, events: list[Event]) -> None:
        if not line:
            self._dispatch(events)
            return
        if line.startswith(":"):
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and _DIGITS.fullmatch(value) and len(value) < 19:
            self._retry = int(value)

    def _dispatch(self, events: list[Event], complete: bool = True) -> None:
        if self._data:
            events.append(
                Event(
                    data="\n".join(self._data),
                    event=self._event or "message",
                    id=self._id,
                    retry=self._retry,
                    complete=complete,
                )
            )
        self._data = []
        self._event = ""
        self._retry = None


def decode(body: bytes) -> list[Event]:
    """Decode a whole stream.

    Args:
        body: all bytes of the stream.

    Returns:
        Its events in order.
    """
    return list(_decoded(body))


def first_event(body: bytes) -> Event | None:
    """Decode a stream as far as its first event.

    Args:
        body: the bytes of the stream, or as many from its beginning as are to be looked at.

    Returns:
        The first event, or None where there is none.
    """
    decoder = Decoder()
    for start in range(0, len(body), _PIECE):
        if events := decoder.feed(body[start : start + _PIECE]):
            return events[0]
    return next(iter(decoder.close()), None)


@functools.lru_cache(maxsize=1)  # many watches look at the same stream, one after the other
def _decoded(body: bytes) -> tuple[Event, ...]:
    decoder = Decoder()
    return (*decoder.feed(body), *decoder.close())
