"""Test the verdict of one recorded exchange."""

import pytest

from pollinations_conformance.contract import Contract
from pollinations_conformance.replay.validate import ValidatedExchange
from tests.conformance.replay.entries import (
    CHAT,
    COMPLETION,
    PROMPT,
    Entry,
    entry,
    envelope,
    refusal,
    stream_of,
    verdict,
)


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        (entry(CHAT, 200, COMPLETION, method="POST", posted=PROMPT), "holds"),
        (entry(CHAT + "/extra", 200, COMPLETION, method="POST", posted=PROMPT), "holds"),
        (entry(CHAT, 302, "", method="POST", posted=PROMPT), "fails"),
        (entry(CHAT, 200, {**COMPLETION, "choices": 1}, method="POST", posted=PROMPT), "fails"),
        (entry(CHAT, 200, COMPLETION, method="POST", posted={**PROMPT, "top_p": 2}), "fails"),
        (entry(CHAT, 401, envelope(401, "UNAUTHORIZED"), method="POST", posted=PROMPT), "holds"),
        (entry(CHAT, 401, {"error": "no"}, method="POST", posted=PROMPT), "fails"),
        (entry("/text/a", 200, "hi", "text/plain; charset=utf-8"), "holds"),
        (entry("/text/a", 200, "<p>", "text/html"), "fails"),
        (entry("/text/a?seed=1&seed=2", 200, "hi", "text/plain"), "fails"),
        (entry("/nope", 404, envelope(404, "NOT_FOUND")), "holds"),
        (entry("/nope", 404, {"error": "no"}), "fails"),
        (entry("/nope", 200, "hi", "text/plain"), "outside"),
        (entry("/", 302, None, ""), "outside"),
        (entry("/text/a", 204, None, "", "OPTIONS"), "outside"),
        (entry("/text/a", 200, "hi", "text/plain", host="https://elsewhere.example"), "outside"),
        (entry("/text/a", 0, None, ""), "outside"),
    ],
)
def test_an_exchange_gets_its_verdict(contract: Contract, recorded: Entry, expected: str) -> None:
    validated = verdict(contract, recorded)
    assert validated.verdict == expected
    assert bool(validated.problems) == (expected == "fails")


def test_a_refused_request_must_be_invalid_in_a_field_that_was_named(contract: Contract) -> None:
    def refused(query: str, **fields: list[str]) -> ValidatedExchange:
        return verdict(contract, entry(f"/text/a?{query}", 400, refusal(**fields)))

    assert refused("seed=abc", seed=["no"]).verdict == "holds"
    valid = refused("seed=7", seed=["no"])
    assert valid.verdict == "fails"
    assert "finds the request valid" in valid.problems[0].sentence
    assert valid.problems[0].pointer.startswith("/")
    other = refused("seed=abc", model=["no"])
    assert other.verdict == "fails"
    assert "objects to seed only" in other.problems[0].sentence


def test_a_refusal_of_the_whole_body_is_matched_with_the_whole_body(contract: Contract) -> None:
    details: Entry = {"formErrors": ["Invalid input"], "fieldErrors": {}}
    body = envelope(400, "BAD_REQUEST", details)
    assert verdict(contract, entry(CHAT, 400, body, method="POST", posted=[1])).verdict == "holds"
    assert (
        verdict(contract, entry(CHAT, 400, body, method="POST", posted=PROMPT)).verdict == "fails"
    )


def test_a_refusal_without_details_decides_nothing_about_the_request(contract: Contract) -> None:
    body = envelope(400, "BAD_REQUEST")
    validated = verdict(contract, entry(CHAT, 400, body, method="POST", posted=PROMPT))
    assert (validated.verdict, validated.request_evidence) == ("holds", "")


def test_an_error_body_of_the_backend_is_outside(contract: Contract) -> None:
    body: Entry = {
        "error": "Bad Request",
        "message": "x",
        "requestId": "a1",
        "requestParameters": {},
    }
    assert verdict(contract, entry("/text/a", 400, body)).verdict == "outside"
    assert verdict(contract, entry("/text/a", 200, body)).verdict == "fails"


def test_each_event_of_a_stream_counts(contract: Contract) -> None:
    good = stream_of({"content": "Blue"})
    posted = {**PROMPT, "stream": True}

    def streamed(text: str) -> ValidatedExchange:
        return verdict(
            contract,
            entry(CHAT, 200, text, "text/event-stream; charset=utf-8", "POST", posted),
        )

    assert streamed(good).verdict == "holds"
    broken = streamed(good.replace('"choices"', '"choice"'))
    assert broken.verdict == "fails"
    assert broken.problems[0].where.startswith("event[0].data")
    assert streamed(": hello\n\n").verdict == "fails"


def test_an_error_without_recorded_headers_is_validated_by_what_was_recorded(
    contract: Contract,
) -> None:
    recorded = entry(
        CHAT, 400, refusal(messages=["Invalid input"]), method="POST", posted={"messages": 5}
    )
    recorded["response"]["headers"] = []
    assert verdict(contract, recorded).verdict in {"holds", "fails"}
