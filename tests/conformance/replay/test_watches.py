"""Test that what the suite watches on every exchange holds for recorded ones too."""

import json
from pathlib import Path
from typing import Any

import pytest

from pollinations_conformance.contract import Contract
from pollinations_conformance.http import har
from pollinations_conformance.replay.validate import lacking_headers, validate
from pollinations_conformance.replay.watching import NotRecorded, recorded_exchange
from pollinations_conformance.suite.registry import WATCHES
from tests.conformance.replay.entries import (
    CHAT,
    COMPLETION,
    KEY,
    PROMPT,
    Entry,
    chunk,
    entry,
    envelope,
    save,
    stream_of,
    verdict,
)
from tests.conformance.replay.test_command import run

STREAM = "text/event-stream; charset=utf-8"


def streamed(text: str, **headers: str) -> Entry:
    return entry(CHAT, 200, text, STREAM, "POST", {**PROMPT, "stream": True}, **headers)


def completed(**headers: str) -> Entry:
    return entry(CHAT, 200, COMPLETION, method="POST", posted=PROMPT, **headers)


def models(*names: str) -> Entry:
    items = [{"id": name, "object": "model", "created": 1760000000} for name in names]
    return entry("/v1/models", 200, {"object": "list", "data": items})


def priced(name: str, *aliases: str) -> Entry:
    pricing = {"currency": "pollen", "promptTextTokens": "0.1"}
    return {"name": name, "aliases": list(aliases), "description": name, "pricing": pricing}


def without(recorded: Entry, name: str) -> Entry:
    headers = recorded["response"]["headers"]
    recorded["response"]["headers"] = [h for h in headers if h["name"].lower() != name]
    return recorded


def events(*chunks: Any) -> str:
    return "".join(f"data: {json.dumps(value)}\n\n" for value in chunks) + "data: [DONE]\n\n"


TWO_ENDS = events(
    chunk({"content": "Blue"}, "stop"),
    chunk({}, "length"),
    chunk({}, usage=COMPLETION["usage"], choices=[]),
)
VIOLATIONS = {
    "no finish_reason": (streamed(stream_of({"content": "Blue"}, finish=None)), "CHAT-STREAM-04"),
    "two finish reasons": (streamed(TWO_ENDS), "CHAT-STREAM-04"),
    "usage headers": (streamed(stream_of({}), X_Model_Used="m"), "CHAT-STREAM-07"),
    "two models of one id": (models("openai", "mistral", "openai"), "MODELS-V1-02"),
    "a name of two models": (
        entry("/text/models", 200, [priced("a"), priced("b", "a")]),
        "MODELS-INFO-02",
    ),
    "no CORS header": (without(completed(), "access-control-allow-origin"), "GEN-CORS-03"),
    "rate limit headers": (completed(X_RateLimit_Limit="5"), "LIMIT-HEAD-01"),
    "wrong sum of usage": (completed(X_Usage_Total_Tokens="9"), "CHAT-USAGE-03"),
    "wrong error code": (entry("/text/a", 401, envelope(401, "FORBIDDEN")), "ERR-ENV-02"),
    "key in an error": (
        entry("/text/a", 401, {**envelope(401, "UNAUTHORIZED"), "extra": KEY}),
        "ERR-ENV-06",
    ),
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_an_exchange_that_a_watch_rejects_fails(contract: Contract, name: str) -> None:
    recorded, requirement = VIOLATIONS[name]
    validated = verdict(contract, recorded)
    assert validated.verdict == "fails"
    assert requirement in {problem.requirement for problem in validated.problems}
    assert KEY not in repr(validated)


@pytest.mark.parametrize(
    "recorded", [streamed(stream_of({"content": "Blue"})), completed(), models("openai")]
)
def test_the_same_exchange_without_the_violation_holds(contract: Contract, recorded: Entry) -> None:
    assert verdict(contract, recorded).problems == ()


def test_a_watch_and_a_schema_of_one_requirement_are_one_problem(contract: Contract) -> None:
    validated = verdict(contract, entry("/text/a", 401, {"error": "no"}))
    assert "ERR-ENV-01" in {problem.requirement for problem in validated.problems}
    watched = [p for p in validated.problems if p.kind == "watch"]
    assert "ERR-ENV-01" not in {problem.requirement for problem in watched}


def test_a_header_counts_as_not_kept_only_if_no_response_of_the_recording_has_it(
    contract: Contract,
) -> None:
    bare, full = completed(), completed(X_Request_Id="r")
    log = {"log": {"entries": [bare, full]}}
    exchanges = list(har.loads(json.dumps(log).encode()))
    lacking = lacking_headers(exchanges)
    found = [validate(contract, one, lacking=lacking).verdict for one in exchanges]
    assert found == ["fails", "holds"]
    assert "x-request-id" in lacking_headers(exchanges[:1])
    assert verdict(contract, bare).verdict == "holds"


def test_no_watch_decides_by_what_was_not_recorded(contract: Contract) -> None:
    """Every watch either needs nothing of an empty recording, or notices that it lacks it."""
    recorded = completed()
    recorded["response"] = {"status": 200, "headers": [], "content": {"size": 5}}
    recorded["request"].pop("postData")
    recorded["request"]["bodySize"] = 80
    (exchange,) = har.loads(json.dumps({"log": {"entries": [recorded]}}).encode())
    assert exchange.response is not None
    for operation in sorted(one.id for one in contract.operations):
        seen = recorded_exchange(exchange, exchange.response, operation)
        for watch in WATCHES.values():
            try:
                assert not watch.look(seen), (operation, watch.name)
            except NotRecorded:
                continue


def test_what_is_only_recommended_is_named_and_fails_nothing(
    contract: Contract, tmp_path: Path
) -> None:
    one, other = chunk({"content": "Blue"}), chunk({}, "stop")
    other["created"] += 1
    usage = chunk({}, usage=COMPLETION["usage"], choices=[])
    recorded = streamed(events(one, other, usage))
    validated = verdict(contract, recorded)
    assert (validated.verdict, validated.problems) == ("holds", ())
    assert [problem.requirement for problem in validated.advice] == ["CHAT-STREAM-16"]
    result = run(save(tmp_path / "a.har", recorded))
    assert result.exit_code == 0
    assert "Recommended only, and not so:" in result.stdout
    assert "requirement CHAT-STREAM-16" in result.stdout
    undone = verdict(contract, streamed(stream_of({"content": "Blue"}, done=False)))
    assert undone.verdict == "holds"
    assert [problem.requirement for problem in undone.advice] == ["CHAT-STREAM-03"]
