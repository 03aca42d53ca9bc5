"""Query strings, credentials, pointers and foreign text have one reader each in the whole package."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from pollinations_conformance.http import pointer
from pollinations_conformance.http.credentials import credential, presented_key
from pollinations_conformance.http.message import Request
from pollinations_conformance.http.query import encode_query, parse_query, query_of
from pollinations_conformance.http.text import key_pattern, printable, printable_line
from pollinations_conformance.server.http import Call

QUERIES = [
    ("", ()),
    ("a=1&&b", (("a", "1"), ("b", ""))),
    ("a+b=c%20d", (("a b", "c d"),)),
    ("=1&a=%zz", (("a", "%zz"),)),
    # A run of escapes that is not UTF-8 stays as it is; an unencoded image URL takes the rest.
    (
        "a=%ff&image=https://h/p?x=1&y=2",
        (("a", "%ff"), ("image", "https://h/p?x=1&y=2")),
    ),
    ("key=A&key=B", (("key", "A"), ("key", "B"))),
]


@pytest.mark.parametrize(("raw", "pairs"), QUERIES)
def test_server_and_contract_read_a_query_alike(
    raw: str, pairs: tuple[tuple[str, str], ...]
) -> None:
    call = Call("GET", "/text/a", raw, [], b"")
    assert parse_query(raw) == pairs
    assert tuple(call.query) == pairs
    assert call.request.query == pairs
    assert query_of(f"https://host/text/a?{raw}#end") == pairs
    assert Request.of("GET", f"/text/a?{raw}").query == pairs


@pytest.mark.parametrize("pairs", [pairs for _, pairs in QUERIES])
def test_an_encoded_query_is_read_back(pairs: tuple[tuple[str, str], ...]) -> None:
    assert parse_query(encode_query(pairs)) == pairs


@pytest.mark.parametrize(
    ("query", "authorization", "key"),
    [
        ("", None, None),
        ("key=A&key=B", None, "A"),
        ("key=&key=B", None, None),
        ("k%65y=A", None, "A"),
        ("key=A", "Bearer B", "B"),
        ("key=A", "Bearer  B ", "B"),
        ("key=A", "bearer B", "A"),
        ("key=A", "Basic B", "A"),
        ("key=A", "Bearer ", "A"),
        ("key=A", "Bearer", "A"),
    ],
)
def test_suite_server_and_contract_find_the_same_key(
    query: str, authorization: str | None, key: str | None
) -> None:
    headers = [] if authorization is None else [("Authorization", authorization)]
    assert presented_key(Request.of("GET", f"/a?{query}", headers)) == key
    assert credential(f"https://host/a?{query}", headers) == key
    lower = [(name.lower(), value) for name, value in headers]
    assert presented_key(Call("GET", "/a", query, lower, b"").request) == key


def test_a_pointer_leads_through_escaped_names_and_lists() -> None:
    document = {"a/b": [{"~": 1}, {"~1": 2}], "": 3}
    place = pointer.join("", "a/b", 1, "~1")
    assert place == "/a~1b/1/~01"
    assert pointer.split(place) == ["a/b", "1", "~1"]
    assert pointer.get(document, place) == 2
    assert pointer.get(document, "/") == 3
    assert pointer.get(document, "") is document
    for nowhere in ("/a", "/a~1b/2", "/a~1b/-1", "/a~1b/x", "/a~1b/0/~0/deeper"):
        with pytest.raises(KeyError):
            pointer.get(document, nowhere)
    assert [where for where, _ in pointer.walk(document)] == ["", "/a~1b/0", "/a~1b/1"]


def test_foreign_text_cannot_move_a_cursor_or_break_an_encoding() -> None:
    hostile = "a\x1b]0;owned\x07\x1b[2J\r\x9b2Jb\ud800\u202ec\uffff"
    for shown in (printable(hostile), printable_line(hostile)):
        assert shown.replace("\ufffd", "") == "a]0;owned[2J2Jbc"
        shown.encode()
        ET.fromstring(f"<a>{shown}</a>")
    assert printable("a\tb\nc é\u200d🌸") == "a\tb\nc é\u200d🌸"
    assert printable_line("a\tb\nc\u2028d") == "a\ufffdb\ufffdc\ufffdd"


def test_a_key_is_found_however_it_is_escaped() -> None:
    key = "sk_a+b/ü'"
    pattern = key_pattern(key)
    escaped = json.dumps(key)[1:-1]
    for text in (key, escaped, "sk%5Fa%2bb%2F\u00fc%27", "sk_a&#43;b&#x2f;ü&#39;"):
        assert pattern.search(f"({text})"), text
    assert not pattern.search("sk_a-b/ü'")
