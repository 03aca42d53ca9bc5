"""Responses are validated: status, headers, media type, body, events."""

import json
from typing import Any

import pytest

from pollinations_conformance.contract import (
    Contract,
    Request,
    Response,
)
from tests.conformance.contract.helpers import (
    JSON,
    chat,
    completion,
    response_violations,
)


def test_a_good_response_is_valid(contract: Contract) -> None:
    body = json.dumps(completion()).encode()
    assert response_violations(contract, body) == []
    assert response_violations(contract, body, "Application/JSON; charset=utf-8") == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (completion(id=5), "type"),
        (completion(choices=[{"index": -1, "message": {"role": "assistant"}}]), "range"),
        ({k: v for k, v in completion().items() if k != "usage"}, "missing"),
    ],
)
def test_a_bad_field_is_reported_with_a_pointer_that_leads_somewhere(
    contract: Contract, body: dict[str, Any], kind: str
) -> None:
    violations = response_violations(contract, json.dumps(body).encode())
    assert [v.kind for v in violations] == [kind]
    assert contract.node(violations[0].pointer) is not None


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b'{"a": NaN}', b'{"a": 1, "a": 2}', b'\xef\xbb\xbf{"a": 1}', b'{"a": "\xff"}'],
)
def test_a_response_must_be_strict_json(contract: Contract, body: bytes) -> None:
    (violation,) = response_violations(contract, body)
    assert violation.kind == "malformed-json"


def test_status_and_media_type_must_be_documented(contract: Contract) -> None:
    body = json.dumps(completion()).encode()
    assert [v.kind for v in response_violations(contract, body, status=302)] == ["status"]
    assert [v.kind for v in response_violations(contract, body, "text/html")] == ["media-type"]
    assert [v.kind for v in response_violations(contract, body, None)] == ["media-type"]


def test_a_relayed_status_needs_the_envelope(contract: Contract) -> None:
    envelope = {
        "status": 418,
        "success": False,
        "error": {
            "code": "UNKNOWN_ERROR",
            "message": "x",
            "timestamp": "2026-01-13T00:00:00.000Z",
        },
    }
    assert response_violations(contract, json.dumps(envelope).encode(), status=418) == []
    del envelope["error"]
    assert response_violations(contract, json.dumps(envelope).encode(), status=418)


def test_a_declared_header_must_fit_its_schema(contract: Contract) -> None:
    body = json.dumps(completion()).encode()
    good = (("X-Usage-Total-Tokens", "12"), ("X-CACHE", "MISS"))
    assert response_violations(contract, body, headers=good) == []
    for header in (("x-usage-total-tokens", "many"), ("x-cache", "PERHAPS")):
        (violation,) = response_violations(contract, body, headers=(header,))
        assert violation.where == f"header.{header[0]}"


def test_a_head_response_has_no_body(contract: Contract) -> None:
    plain = "text/plain; charset=utf-8"
    assert response_violations(contract, b"", plain, method="HEAD", path="/text/x") == []
    assert response_violations(contract, b"x", plain, method="HEAD", path="/text/x")


def test_binary_responses_must_not_be_empty(contract: Contract) -> None:
    assert (
        response_violations(contract, b"\xff\xd8", "image/jpeg", method="GET", path="/image/x")
        == []
    )
    assert response_violations(contract, b"", "image/jpeg", method="GET", path="/image/x")
    assert response_violations(contract, None, "image/jpeg", method="GET", path="/image/x") == []


CHUNK: dict[str, Any] = {
    "id": "c1",
    "object": "chat.completion.chunk",
    "created": 1760000000,
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "hé"}, "finish_reason": None}],
}


def stream(*chunks: Any) -> bytes:
    texts = [chunk if isinstance(chunk, str) else json.dumps(chunk) for chunk in chunks]
    return "".join(f"data: {text}\n\n" for text in texts).encode()


def test_each_event_of_a_stream_is_checked(contract: Contract) -> None:
    kind = "text/event-stream; charset=utf-8"
    assert response_violations(contract, stream(CHUNK, "[DONE]"), kind) == []
    (violation,) = response_violations(
        contract, stream(CHUNK, {**CHUNK, "choices": 5}, "[DONE]"), kind
    )
    assert violation.where == "event[1].data.choices"
    (broken,) = response_violations(contract, stream("{not json"), kind)
    assert broken.kind == "malformed-json"
    (empty,) = response_violations(contract, b": nothing\n\n", kind)
    assert "at least one event" in empty.message


def test_the_response_to_an_unknown_route_is_the_envelope(contract: Contract) -> None:
    request = Request.of("GET", "/nope")
    typed = (("content-type", JSON),)
    body = json.dumps(
        {
            "status": 404,
            "success": False,
            "error": {
                "code": "NOT_FOUND",
                "message": "x",
                "timestamp": "2026-01-13T00:00:00.000Z",
            },
        }
    ).encode()
    assert contract.check_unknown(request, Response(404, typed, body)) == []
    assert contract.check_unknown(request, Response(404, typed, b"{}"))
    assert contract.check_unknown(request, Response(302)) is None


def test_a_violation_names_only_requirements_that_exist(contract: Contract) -> None:
    body = json.dumps(completion(id="not-that-form")).encode()
    violations = [*chat(contract, temperature=3, stop=[]), *response_violations(contract, body)]
    violations += response_violations(contract, b": x\n\n", "text/event-stream")
    cited = {v.requirement for v in violations} - {None}
    assert cited <= set(contract.requirements)


def test_a_stored_file_may_be_empty(contract: Contract) -> None:
    """A form with an empty file is stored like any other."""
    path = "/ba7816bf8f01cfea"
    match = contract.find("GET", path, "media")
    assert match is not None
    request = Request.of("GET", path, [], None)
    stored = Response(200, (("Content-Type", "image/png"),), b"")
    assert contract.check_response(match, request, stored) == []
