"""Recordings are read as their many writers write them, and written without keys."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from pollinations_conformance.http import har
from pollinations_conformance.http.har import Exchange, HarError
from pollinations_conformance.http.message import Request, Response
from pollinations_conformance.http.multipart import parse_multipart

URL = "https://gen.pollinations.ai/text/hi?seed=1"


def one(request: dict[str, Any], response: dict[str, Any] | None = None, **more: Any) -> Exchange:
    """Read an entry with nothing in it but what is given."""
    entry = {"request": {"method": "GET", "url": URL, **request}, **more}
    if response is not None:
        entry["response"] = response
    (exchange,) = har.loads(json.dumps({"log": {"entries": [entry]}}).encode())
    return exchange


def test_an_entry_with_nothing_but_method_and_address_is_read() -> None:
    exchange = one({})
    assert (exchange.host, exchange.request.path) == ("gen.pollinations.ai", "/text/hi")
    assert exchange.request.query == (("seed", "1"),)
    assert exchange.request.body is None
    assert exchange.response is None
    assert exchange.name == ""


def test_a_name_is_taken_from_the_entry() -> None:
    assert one({}, _id="probe-1").name == "probe-1"
    assert one({}, comment="c").name == "c"


def test_an_aborted_request_has_no_response() -> None:
    # Browsers write status 0 when nothing came back.
    assert one({}, {"status": 0, "headers": []}).response is None


def test_pseudo_headers_are_dropped() -> None:
    pairs = [{"name": ":authority", "value": "x"}, {"name": "Accept", "value": "*/*"}]
    assert one({"headers": pairs}).request.headers == (("Accept", "*/*"),)


def test_the_query_list_counts_only_when_the_address_has_none() -> None:
    listed = [{"name": "seed", "value": "2"}, {"name": "system", "value": "a & b"}]
    assert one({"queryString": listed}).request.query == (("seed", "1"),)
    bare = one({"url": URL.split("?", 1)[0], "queryString": listed})
    assert bare.request.query == (("seed", "2"), ("system", "a & b"))


def test_a_base64_body_is_decoded() -> None:
    text = base64.b64encode(b"\xff\x00\xd8").decode()
    content = {"mimeType": "image/jpeg", "encoding": "base64", "text": text}
    found = one({}, {"status": 200, "content": content}).response
    assert found is not None
    assert found.body == b"\xff\x00\xd8"
    assert found.header("content-type") == "image/jpeg"


def test_a_body_that_was_not_kept_is_unknown_and_an_empty_one_is_empty() -> None:
    def body(content: dict[str, Any]) -> bytes | None:
        found = one({}, {"status": 200, "content": content}).response
        assert found is not None
        return found.body

    assert body({"size": 500, "mimeType": "image/png"}) is None
    assert body({"mimeType": "image/png"}) is None
    assert body({"size": 0, "mimeType": "x-unknown"}) == b""
    assert body({"size": 1, "text": "é"}) == "é".encode()


def test_the_content_type_comes_from_the_header_where_there_is_one() -> None:
    headers = [{"name": "Content-Type", "value": "text/plain; charset=utf-8"}]
    content = {"mimeType": "text/html", "text": "x"}
    found = one({}, {"status": 200, "headers": headers, "content": content}).response
    assert found is not None
    assert found.all("content-type") == ["text/plain; charset=utf-8"]


def test_posted_text_is_the_body() -> None:
    exchange = one({"method": "POST", "postData": {"mimeType": "application/json", "text": "{}"}})
    assert exchange.request.body == b"{}"
    assert exchange.request.header("content-type") == "application/json"
    untyped = one({"method": "POST", "postData": {"mimeType": "", "text": "{}"}})
    assert untyped.request.header("content-type") is None


def test_posted_parameters_become_a_form() -> None:
    params = [
        {"name": "file", "fileName": "a.wav", "contentType": "audio/wav", "value": "RIFF"},
        {"name": "model", "value": "scribe"},
    ]
    post = {"mimeType": "multipart/form-data; boundary=lost", "params": params}
    request = one({"method": "POST", "postData": post}).request
    file, model = parse_multipart(request.header("content-type") or "", request.body or b"")
    assert (file.filename, file.content_type, file.content) == ("a.wav", "audio/wav", b"RIFF")
    assert (model.name, model.text) == ("model", "scribe")
    plain = {"mimeType": "application/x-www-form-urlencoded", "params": params[1:]}
    assert one({"method": "POST", "postData": plain}).request.body == b"model=scribe"


def test_characters_that_no_request_line_carries_are_encoded() -> None:
    assert one({"url": "https://gen.pollinations.ai/text/a é"}).request.path == "/text/a%20%C3%A9"
    assert one({"url": "https://gen.pollinations.ai/text/%E4%zz"}).request.path == "/text/%E4%zz"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"<html>", "not JSON"),
        (b'{"log": {"entries": [', "cut off"),
        (b"[]", "no HAR"),
        (b'{"log": {}}', "no HAR"),
        (b'{"log": {"entries": 5}}', "no HAR"),
        (b'{"a": "\xff"}', "not UTF-8"),
        ("{}".encode("utf-16"), "UTF-16"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"log": {"entries": [5]}}', "log.entries[0].request"),
        (b'{"log": {"entries": [{"request": {"method": "GET"}}]}}', "log.entries[0].request"),
    ],
)
def test_a_bad_recording_is_refused_in_one_line(raw: bytes, said: str) -> None:
    with pytest.raises(HarError, match=re.escape(said)) as caught:
        list(har.loads(raw, "my.har"))
    assert str(caught.value).startswith("my.har: ")
    assert "\n" not in str(caught.value)


def test_broken_base64_is_refused_with_its_place() -> None:
    content = {"encoding": "base64", "text": "&&&"}
    with pytest.raises(HarError, match=re.escape("log.entries[0].response.content")):
        one({}, {"status": 200, "content": content})


def test_a_byte_order_mark_is_allowed() -> None:
    assert list(har.loads(b'\xef\xbb\xbf{"log": {"entries": []}}')) == []


def test_missing_files_directories_and_giants_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HarError, match="directory"):
        har.read(tmp_path)
    with pytest.raises(HarError, match="cannot be read"):
        har.read(tmp_path / "none.har")
    giant = tmp_path / "giant.har"
    giant.write_bytes(b"x" * 2000)
    monkeypatch.setattr(har, "MAX_BYTES", 1000)
    for file in (giant, Path("/dev/zero")) if Path("/dev/zero").exists() else (giant,):
        with pytest.raises(HarError, match="split"):
            har.read(file)


SECRET = "sk_SecretSecretSecret"
ODD = "no-known-shape-42"


def test_what_is_written_is_read_back_without_any_key(tmp_path: Path) -> None:
    url = f"https://user:{ODD}@gen.pollinations.ai/text/hi?seed=1&key={ODD}"
    request = Request.of(
        "POST",
        url,
        {
            "Authorization": f"Bearer {ODD}",
            "x-api-key": SECRET,
            "Cookie": f"s={ODD}",
            "Content-Type": "application/json",
        },
        f'{{"a": "{SECRET} and {ODD}"}}'.encode(),
    )
    headers = (("Content-Type", "text/plain"), ("Set-Cookie", ODD), ("Location", f"/?key={ODD}"))
    responses = [
        Response(200, headers, f"you are {ODD}".encode()),
        Response(200, headers, b"\xff" + ODD.encode()),
    ]
    file = tmp_path / "out.har"
    har.write(file, [har.entry(request, found, url) for found in responses], "test", "1")
    text = file.read_text("utf-8")
    for secret in (SECRET, ODD, base64.b64encode(b"\xff" + ODD.encode()).decode()):
        assert secret not in text
    first, second = har.read(file)
    assert first.request.path == "/text/hi"
    assert first.request.query[0] == ("seed", "1")
    assert first.response is not None
    assert first.response.body == b"you are [redacted]"
    assert second.response is not None
    assert second.response.body == b"\xff[redacted]"


def test_a_recording_that_cannot_be_written_is_reported_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(HarError, match="cannot be written"):
        har.write(tmp_path / "none" / "out.har", [], "test", "1")


def test_an_exchange_never_shows_a_key() -> None:
    exchange = one({"url": f"https://gen.pollinations.ai/text/hi?a=1&key={ODD}"})
    assert ODD not in repr(exchange)
    assert "a=1" in exchange.redacted_url
