"""How long the operations took to respond: informative, never a verdict."""

from collections.abc import Mapping, Sequence
from typing import Any

from pollinations_conformance.suite.latency import Histogram


def latency_value(durations: Histogram, first_events: Histogram) -> dict[str, Any]:
    """Return the JSON form of how long an operation took; seconds.

    Args:
        durations: of its successes.
        first_events: until the first bytes of its streams came.
    """
    return {
        "responses": durations.buckets.total(),
        "median": _rounded(durations.quantile(0.5)),
        "p95": _rounded(durations.quantile(0.95)),
        "first_event": _rounded(first_events.quantile(0.5)),
        "buckets": _buckets(durations),
        "first_event_buckets": _buckets(first_events),
    }


def merge_latency(values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the JSON form for all shards.

    Args:
        values: of each of them.
    """
    merged: list[Histogram] = []
    for name in ("buckets", "first_event_buckets"):
        histogram = Histogram()
        for value in values:
            histogram.buckets.update({int(key): count for key, count in value[name].items()})
        merged.append(histogram)
    return latency_value(*merged)


def latency_rows(operations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what a chart shows of each operation that responded, in its JSON form.

    Args:
        operations: of a report.

    Returns:
        Method and path, the three durations in words, and how wide their bars are in percent of the longest.
    """
    found = [item for item in operations if item["latency"]["responses"]]
    longest = max((item["latency"]["p95"] for item in found), default=1.0)
    return [
        {
            "name": f"{item['method']} {item['path']}",
            "responses": item["latency"]["responses"],
            **{name: duration(item["latency"][name]) for name in ("median", "p95", "first_event")},
            "median_width": round(100 * item["latency"]["median"] / longest, 1),
            "p95_width": round(100 * item["latency"]["p95"] / longest, 1),
        }
        for item in found
    ]


def duration(seconds: float | None) -> str:
    """Return a duration as words: `6.1 ms`, `1.25 s`; an empty text for None."""
    if seconds is None:
        return ""
    return f"{1000 * seconds:.3g} ms" if seconds < 0.9995 else f"{seconds:.3g} s"


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else float(f"{seconds:.3g}")


def _buckets(histogram: Histogram) -> dict[str, int]:
    return {str(key): count for key, count in sorted(histogram.buckets.items())}
