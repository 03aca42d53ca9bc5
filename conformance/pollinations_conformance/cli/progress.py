"""The events of a run as lines of text."""

from pollinations_conformance.suite.events import CheckFinished, Event, GenerationFinished


def progress_line(event: Event) -> str:
    """Return an event of a run as one line."""
    if isinstance(event, CheckFinished):
        failed = f", {event.failed} failed" if event.failed else ""
        return f"{event.number}/{event.total} checks, {event.requests} requests{failed} · {event.check}"
    if isinstance(event, GenerationFinished):
        return f"generated cases, {event.phase}: {event.requests} requests · {event.operation}"
    return f"looking at the server: {event.request}"
