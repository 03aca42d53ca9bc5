"""What the observer makes of responses, whichever check sent the request."""

import json

import pytest

from pollinations_conformance.contract import load
from pollinations_conformance.suite.exchange import Exchange
from pollinations_conformance.suite.observe import Observer
from pollinations_conformance.suite.target import Target

URL = "http://127.0.0.1:1"
COMPLETE = b'{"balance": 1.5}'
JSON = {"Content-Type": "application/json", "X-Request-Id": "a"}
CHAT = "/v1/chat/completions"
MODEL = {"id": "openai", "object": "model", "created": 1772614800000}


def observed(
    method: str, path: str, status: int, content: bytes, headers: dict[str, str], key: str | None
) -> Observer:
    """Return an observer, without any watch, that has seen one response."""
    contract = load()
    observer = Observer(Target(URL), contract, ())
    sent = (("Authorization", f"Bearer {key}"),) if key else ()
    body = b'{"messages": []}' if method == "POST" else b""
    exchange = Exchange(
        method, URL + path, sent, body, status, tuple(headers.items()), content, 0.1
    )
    observer.observe(exchange, contract.find(method, path, "gateway"))
    return observer


def violated(path: str, content: bytes, headers: dict[str, str], key: str | None) -> list[str]:
    """Return what an observer finds wrong with a success of GET."""
    observer = observed("GET", path, 200, content, headers, key)
    return [outcome.reason for outcome in observer.violations.values()]


def test_the_body_of_a_response_that_should_not_be_there_says_nothing() -> None:
    assert violated("/account/balance", b"{}", JSON, "sk_x") != []
    assert violated("/account/balance", b"{}", JSON, None) == []


def test_the_headers_of_a_response_that_should_not_be_there_are_validated() -> None:
    wrong = {**JSON, "X-Request-Id": ""}
    for key in ("sk_x", None):
        found = violated("/account/balance", COMPLETE, wrong, key)
        assert any("x-request-id" in reason.lower() for reason in found), key


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "requirement"),
    [
        ("POST", CHAT, 400, {"detail": "no"}, "ERR-ENV-01"),
        ("GET", "/account/balance", 401, {"message": "no"}, "ERR-ENV-01"),
        ("GET", "/account/balance", 200, {"balance": "1.5"}, "ACC-BAL-01"),
        (
            "GET",
            "/v1/models",
            200,
            {"object": "list", "data": [{**MODEL, "created": "1772614800"}]},
            "MODELS-V1-01",
        ),
    ],
)
def test_a_violation_of_a_documented_schema_is_that_of_a_must_at_its_place(
    method: str, path: str, status: int, body: object, requirement: str
) -> None:
    content = json.dumps(body).encode()
    found = observed(method, path, status, content, JSON, "sk_x").violations
    assert {name for name, _ in found} == {requirement}
    assert load().requirements[requirement].level == "MUST"
