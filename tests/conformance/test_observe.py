"""What the observer makes of responses, whichever check sent the request."""

from pollinations_conformance.contract import load
from pollinations_conformance.suite.exchange import Exchange
from pollinations_conformance.suite.observe import Observer
from pollinations_conformance.suite.target import Target

URL = "http://127.0.0.1:1"
COMPLETE = b'{"balance": 1.5}'


def violated(path: str, content: bytes, headers: dict[str, str], key: str | None) -> list[str]:
    """Return what an observer finds wrong with a success of GET, without any watch."""
    contract = load()
    observer = Observer(Target(URL), contract, ())
    sent = (("Authorization", f"Bearer {key}"),) if key else ()
    exchange = Exchange("GET", URL + path, sent, b"", 200, tuple(headers.items()), content, 0.1)
    observer.observe(exchange, contract.find("GET", path, "gateway"))
    return [outcome.reason for outcome in observer.violations.values()]


JSON = {"Content-Type": "application/json"}


def test_the_body_of_a_response_that_should_not_be_there_says_nothing() -> None:
    assert violated("/account/balance", b"{}", JSON, "sk_x") != []
    assert violated("/account/balance", b"{}", JSON, None) == []


def test_the_headers_of_a_response_that_should_not_be_there_are_validated() -> None:
    wrong = {**JSON, "X-Request-Id": ""}
    for key in ("sk_x", None):
        found = violated("/account/balance", COMPLETE, wrong, key)
        assert any("x-request-id" in reason.lower() for reason in found), key
