"""Numbers, JSON and keys are read as JavaScript servers read them; keys are never shown."""

import pytest

from pollinations_conformance.contract import Request, presented_key
from pollinations_conformance.http.errors import BodyError
from pollinations_conformance.http.json import parse_json
from pollinations_conformance.http.number import js_number
from pollinations_conformance.http.text import redact


def test_numbers_are_read_as_javascript_reads_them() -> None:
    assert [js_number(text) for text in ("", " 42 ", "1e3", "0x10", "-.5", "5.", "0b11")] == [
        0,
        42,
        1000,
        16,
        -0.5,
        5,
        3,
    ]
    for text in ("abc", "NaN", "Infinity", "1e999", "1_000", "-0x10", "1 2", "1n"):
        assert js_number(text) is None, text


def test_the_header_key_wins_and_an_empty_key_is_none() -> None:
    def key(url: str, authorization: str = "") -> str | None:
        return presented_key(Request.of("GET", url, {"Authorization": authorization}))

    assert key("/x?key=q", "Bearer h") == "h"
    assert key("/x?key=q", "bearer h") == "q"
    assert key("/x?key=q", "Bearer ") == "q"
    assert key("/x?key=") is None
    assert key("/x") is None


def test_a_request_never_shows_its_key() -> None:
    request = Request.of("GET", "/x?key=sk_verysecret", {"Authorization": "Bearer sk_verysecret"})
    assert "verysecret" not in repr(request)
    text = "GET /x?key=abc&b=1 with Authorization: Bearer tok3nvalue or pk_Publishable1"
    assert redact(text) == (
        "GET /x?key=[redacted]&b=1 with Authorization: Bearer [redacted] or pk_[redacted]"
    )
    said = "header (Bearer token) or ?key= query parameter, task_list, disk_usage_1"
    assert redact(said) == said
    for before in ("%20", "%3d", r"\n", r"\u003d"):
        assert redact(f"is{before}sk_verysecret") == f"is{before}sk_[redacted]"


def test_lenient_json_is_what_a_javascript_server_reads() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": 1, "a": 2}', strict=False) == {"a": 2}
    with pytest.raises(BodyError, match="duplicated"):
        parse_json(b'{"a": 1, "a": 2}')
