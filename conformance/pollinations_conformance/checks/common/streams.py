"""Read the chunks of a stream."""

from typing import Any

from pollinations_conformance.checks.common.responses import CHAT_OPERATIONS, COUNTS, parse_json
from pollinations_conformance.http import sse
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.suite import Exchange, Session, error_event


def choices_of(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Collect the choices of all chunks."""
    found: list[dict[str, Any]] = []
    for chunk in chunks:
        choices = chunk.get("choices")
        found += [choice for choice in choices if is_object(choice)] if is_list(choices) else []
    return found


def streamed_text(t: Session, response: Exchange) -> str:
    """Join the delta texts of a stream."""
    deltas: list[Any] = [piece.get("delta") for piece in choices_of(t.chunks(response))]
    return "".join(str(delta.get("content") or "") for delta in deltas if is_object(delta))


def joined_text(chunks: list[dict[str, Any]]) -> str:
    """Join the delta texts."""
    deltas = [choice.get("delta") for choice in choices_of(chunks)]
    parts = [delta.get("content") for delta in deltas if is_object(delta)]
    return "".join(part for part in parts if isinstance(part, str))


def is_successful_stream(exchange: Exchange) -> bool:
    """Return whether a response is a successful event stream."""
    return (
        exchange.ok
        and bool(exchange.content)  # an empty one is a failure: CHAT-STREAM-01
        and exchange.method != "HEAD"
        and exchange.media_type == "text/event-stream"
        and exchange.operation in {*CHAT_OPERATIONS, "generateText"}
        and not error_event(exchange)  # which is a failure: CHAT-STREAM-09
    )


def complete_usages(chunks: list[dict[str, Any]]) -> list[list[int]]:
    """Return the usages that have all three counts."""
    found: list[list[int]] = []
    for chunk in chunks:
        usage = chunk.get("usage")
        if is_object(usage):
            counts: list[Any] = [usage.get(f"{name}_tokens") for name in COUNTS]
            if all(isinstance(count, int) and not isinstance(count, bool) for count in counts):
                found.append(counts)
    return found


def finish_reasons(chunks: list[dict[str, Any]]) -> list[str]:
    """Return the finish reasons."""
    return [
        c["finish_reason"] for c in choices_of(chunks) if isinstance(c.get("finish_reason"), str)
    ]


def stream_chunks(exchange: Exchange) -> list[dict[str, Any]]:
    """Decode the JSON chunks of a stream, leaving out what is none."""
    found = [parse_json(event.data.encode()) for event in sse.decode(exchange.content)]
    return [chunk for chunk in found if is_object(chunk)]
