"""The HTML report: complete, self-contained, and nothing a server says becomes markup."""

from __future__ import annotations

import random
import re
import statistics
from html.parser import HTMLParser
from typing import Any

import pytest

from pollinations_conformance.reports.html import to_html
from pollinations_conformance.reports.latency import duration, latency_value, merge_latency
from pollinations_conformance.suite.latency import Histogram

EVIL = "<script>alert('x')</script><img src=x onerror=y>&\"'"


def requirement(name: str, verdict: str, reason: str = "") -> dict[str, Any]:
    return {
        "id": name,
        "tag": "chat",
        "level": "MUST",
        "text": f"{name} MUST hold.",
        "origin": "documented",
        "evidence": ["documentation, POST /v1/chat/completions, 2026-03"],
        "verdict": verdict,
        "reason": reason,
        "because": [],
        "known": {"reason": "long known", "date": "2026-03-01", "link": "", "expires": None}
        if verdict == "known"
        else None,
        "checks": [
            {
                "name": "chat.holds",
                "description": "It holds.",
                "verdict": verdict,
                "reason": "",
                "seconds": 0.1,
            }
        ],
        "exchange": {
            "request": {
                "method": "GET",
                "url": f"http://127.0.0.1:1/{EVIL}",
                "headers": [["A", EVIL]],
                "body": EVIL,
            },
            "response": {"status": 200, "headers": [["B", EVIL]], "body": EVIL},
            "seconds": 0.2,
            "curl": f"curl {EVIL}",
        },
        "seconds": 0.1,
    }


def histogram(*durations: float) -> Histogram:
    made = Histogram()
    for seconds in durations:
        made.add(seconds)
    return made


def report(*lines: dict[str, Any]) -> dict[str, Any]:
    counts = dict.fromkeys(("pass", "fail", "known", "not tested", "error"), 0)
    for line in lines:
        counts[line["verdict"]] += 1
    return {
        "tool": "pollinations-contract 0",
        "contract": "0",
        "contract_sha256": "0" * 64,
        "api": "0.3.0",
        "target": {"gateway": EVIL, "media": "elsewhere", "keys": ["secret"]},
        "started": "2026-03-04T09:41:27+00:00",
        "seconds": 1.0,
        "seconds_by_tag": {"chat": 1.0},
        "seed": 1,
        "level": "must",
        "shard": None,
        "cases": {"written": 1, "generated": 0, "unpaid": 0, "replayed": 0},
        "requests": 7,
        "exit_code": 1,
        "verdict": "The contract does not hold: 1 requirement violated.",
        "counts": counts,
        "requirements": list(lines),
        "operations": [
            {
                "id": "x",
                "method": "GET",
                "path": "/x",
                "calls": 1,
                "succeeded": 0,
                "missing": EVIL,
                "known": "",
                "latency": latency_value(histogram(0.1, 0.2, 3.0), histogram(0.05)),
            }
        ],
        "unexpected_passes": ["CHAT-REQ-01"],
        "expired": ["CHAT-REQ-02"],
        "unconfirmed": ["CHAT-REQ-03"],
        "comparison": None,
        "next_steps": [],
        "ledger": {"limit": 1.0, "spent": 0.25},
        "notes": [EVIL],
    }


class Reader(HTMLParser):
    """Collects the elements and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


PAGE = to_html(
    report(
        requirement("CHAT-A-01", "pass"),
        requirement("CHAT-B-01", "fail", EVIL),
        requirement("CHAT-C-01", "known"),
        requirement("CHAT-D-01", "not tested", "no key"),
        requirement("CHAT-E-01", "error", "it broke"),
    )
)


def test_each_requirement_stands_in_the_page_with_its_verdict() -> None:
    rows = {a["id"]: a["data-verdict"] for tag, a in read(PAGE).elements if tag == "details"}
    assert rows == {
        "CHAT-B-01": "fail",
        "CHAT-E-01": "error",
        "CHAT-C-01": "known",
        "CHAT-D-01": "not tested",
        "CHAT-A-01": "pass",
    }


def test_failures_come_first_and_are_open() -> None:
    opened = [a["id"] for tag, a in read(PAGE).elements if tag == "details" and "open" in a]
    assert opened == ["CHAT-B-01"]
    assert PAGE.index('id="CHAT-B-01"') < PAGE.index('id="CHAT-A-01"')


def test_what_is_broken_is_named_on_top_and_what_fails_the_run_comes_first() -> None:
    mild = {**requirement("CHAT-A-01", "fail", "a habit"), "level": "SHOULD"}
    page = to_html(report(mild, requirement("CHAT-B-01", "fail", "a promise")))
    top, _, below = read(page).words.partition("Summary")
    assert top.index("CHAT-B-01 a promise") < top.index("CHAT-A-01 (SHOULD) a habit")
    assert "CHAT-A-01" in below
    assert "Violated" not in read(to_html(report(requirement("CHAT-A-01", "pass")))).words


def test_what_a_server_says_never_becomes_markup() -> None:
    elements = read(PAGE).elements
    assert [tag for tag, _ in elements].count("script") == 1
    assert "img" not in [tag for tag, _ in elements]
    assert EVIL in read(PAGE).words


def test_it_loads_nothing_from_anywhere() -> None:
    links = [
        value or ""
        for _, a in read(PAGE).elements
        for name, value in a.items()
        if name in {"src", "href"}
    ]
    assert [link for link in links if not re.match(r"#|data:", link)] == []
    assert "@import" not in PAGE
    assert "fetch(" not in PAGE


def test_missing_operations_expired_entries_and_unexpected_passes_are_reported() -> None:
    words = read(PAGE).words
    assert "GET /x is missing" in words
    assert "CHAT-REQ-01 was known to fail and holds" in words
    assert "CHAT-REQ-02 is a known failure past its date" in words


def test_links_lead_to_places_in_the_page() -> None:
    elements = read(PAGE).elements
    ids = {a.get("id") for _, a in elements}
    assert {(a["href"] or "")[1:] for tag, a in elements if tag == "a"} <= ids


# --- latency ------------------------------------------------------------------------------------


def test_latency_is_reported_for_each_operation_with_a_chart() -> None:
    read_page = read(PAGE)
    value = latency_value(histogram(0.1, 0.2, 3.0), histogram(0.05))
    cells = [duration(value[name]) for name in ("median", "p95", "first_event")]
    assert "".join(["GET /x3", *cells]) in read_page.words
    bars = [a["width"] for tag, a in read_page.elements if tag == "rect"]
    assert bars[0] == "100.0%"


def test_quantiles_are_near_those_of_all_durations_and_add_up_over_shards() -> None:
    luck = random.Random(1)
    durations = [luck.lognormvariate(-3, 1) for _ in range(2000)]
    whole = latency_value(histogram(*durations), histogram())
    parts = [latency_value(histogram(*durations[at::3]), histogram(1.0)) for at in range(3)]
    merged = merge_latency(parts)
    assert {name: merged[name] for name in ("responses", "median", "p95", "buckets")} == {
        name: whole[name] for name in ("responses", "median", "p95", "buckets")
    }
    assert merged["first_event_buckets"] == {"0": 3}
    assert whole["median"] == pytest.approx(statistics.median(durations), rel=0.05)
    assert whole["p95"] == pytest.approx(statistics.quantiles(durations, n=20)[-1], rel=0.05)
    assert (whole["first_event"], latency_value(histogram(), histogram())["p95"]) == (None, None)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, ""), (0.00611, "6.11 ms"), (0.2, "200 ms"), (0.9996, "1 s"), (12.345, "12.3 s")],
)
def test_a_duration_is_reported_in_the_unit_that_fits(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said
