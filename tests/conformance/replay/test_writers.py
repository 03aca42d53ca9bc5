"""The same traffic as each browser, proxy and client writes it gets the same verdicts."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pollinations_conformance.contract import Contract
from pollinations_conformance.http import har
from pollinations_conformance.http.json import as_list, as_object
from pollinations_conformance.replay.report import Report, as_json, as_text, replay
from pollinations_conformance.replay.validate import validate
from tests.conformance.replay.entries import (
    CHAT,
    COMPLETION,
    GOOD,
    PROMPT,
    Entry,
    entry,
    save,
    stream_of,
)

JPEG = b"\xff\xd8\xff\xe0" + bytes(20)
STREAM = stream_of({"role": "assistant", "content": "Blue"})
MEDIA = "https://media.pollinations.ai"
FORM = "multipart/form-data; boundary=b"
SENT = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
    b"Content-Type: image/jpeg\r\n\r\n" + JPEG + b"\r\n--b--\r\n"
)


def traffic() -> list[Entry]:
    """Return exchanges of every kind, in the plainest form of HAR."""
    stream = entry(CHAT, 200, STREAM, "text/event-stream", "POST", {**PROMPT, "stream": True})
    image = entry("/image/a%20b?width=64&height=64", 200, "", "image/jpeg")
    stored = {
        "id": "ba7816bf8f01cfea",
        "url": f"{MEDIA}/ba7816bf8f01cfea",
        "contentType": "image/jpeg",
        "size": len(JPEG),
        "duplicate": False,
    }
    upload = entry("/upload", 200, stored, method="POST", host=MEDIA)
    upload["request"]["postData"] = {"mimeType": FORM}
    aborted = entry("/text/a", 200, None, "")
    aborted["response"] = {"status": 0, "headers": [], "content": {}}
    return [
        entry("/v1/models", 200, {"object": "list", "data": []}),
        entry(CHAT, 200, COMPLETION, method="POST", posted=PROMPT),
        stream,
        image,
        upload,
        entry(CHAT, 204, None, "", "OPTIONS", Access_Control_Allow_Headers="*"),
        entry("/v1/models", 304, None, ""),
        aborted,
    ]


VERDICTS = ["holds", "holds", "holds", "holds", "holds", "outside", "outside", "outside"]
MODELS, ASKED, STREAMED, IMAGE, UPLOAD, _, NOT_MODIFIED, ABORTED = range(8)


def with_bodies(entries: list[Entry], file: bytes | None) -> list[Entry]:
    """Fill in the image as base64, and the upload's body as text as far as it was kept."""
    entries[IMAGE]["response"]["content"] = {
        "mimeType": "image/jpeg",
        "size": len(JPEG),
        "encoding": "base64",
        "text": base64.b64encode(JPEG).decode(),
    }
    headers(entries[UPLOAD]["request"], ("Content-Type", FORM), ("Content-Length", str(len(SENT))))
    if file is not None:
        text = SENT.replace(JPEG, file).decode("utf-8", "replace")
        entries[UPLOAD]["request"]["postData"] = {"mimeType": FORM, "text": text}
    return entries


def headers(message: Entry, *pairs: tuple[str, str]) -> None:
    message["headers"] += [{"name": name, "value": value} for name, value in pairs]


def all_of(*, lower: bool = False, **members: Any) -> Callable[[Entry], None]:
    """Return a change that gives every entry further members: of request, response and itself."""

    def change(one: Entry) -> None:
        for part in ("request", "response"):
            one[part] |= copy.deepcopy(members.get(part, {}))
            if lower:
                for pair in one[part]["headers"]:
                    pair["name"] = pair["name"].lower()
        one |= copy.deepcopy(members.get("entry", {}))

    return change


def chrome(entries: list[Entry]) -> list[Entry]:
    """Write HTTP/2 with pseudo headers, no keys, no bytes of files, and streams without a text."""
    with_bodies(entries, b"")
    change = all_of(
        lower=True,
        request={"httpVersion": "h2", "headersSize": -1, "bodySize": 0, "cookies": []},
        response={"httpVersion": "h2", "headersSize": -1, "bodySize": -1, "_transferSize": 412},
        entry={
            "_initiator": {"type": "script", "stack": {"callFrames": []}},
            "_priority": "High",
            "_resourceType": "fetch",
            "cache": {},
            "connection": "61",
            "pageref": "page_1",
            "serverIPAddress": "192.0.2.1",
            "startedDateTime": "2026-03-01T10:00:00.000Z",
            "time": 812.3,
            "timings": {"blocked": 3.1, "dns": -1, "ssl": -1, "_blocked_queueing": 2.9, "send": 0},
        },
    )
    for one in entries:
        change(one)
        one["request"]["headers"] = [
            {"name": ":authority", "value": "gen.pollinations.ai"},
            {"name": ":method", "value": one["request"]["method"]},
            {"name": "accept-encoding", "value": "gzip, deflate, br, zstd"},
            *(h for h in one["request"]["headers"] if h["name"] != "authorization"),
        ]
        headers(one["response"], ("content-encoding", "br"), ("content-length", "61"))
    entries[STREAMED]["response"]["headers"] = [
        h for h in entries[STREAMED]["response"]["headers"] if h["name"] != "content-length"
    ]
    entries[STREAMED]["response"]["content"] = {"size": 0, "mimeType": "text/event-stream"}
    entries[NOT_MODIFIED]["response"]["content"] = {"size": 900, "mimeType": "application/json"}
    entries[ABORTED]["response"] |= {"_error": "net::ERR_ABORTED", "statusText": ""}
    return entries


def firefox(entries: list[Entry]) -> list[Entry]:
    """Write parameters beside texts, sizes of bodies, and comments on what was left out."""
    with_bodies(entries, b"\xff\xd8")
    change = all_of(
        request={"httpVersion": "HTTP/3", "headersSize": 417, "bodySize": 70, "queryString": []},
        response={"httpVersion": "HTTP/3", "statusText": "", "headersSize": 505, "bodySize": 812},
        entry={"_securityState": "secure", "cache": {}, "timings": {}, "time": 0},
    )
    for one in entries:
        change(one)
        if "postData" in one["request"]:
            one["request"]["postData"] |= {"params": []}
    entries[STREAMED]["response"]["content"] |= {
        "text": STREAM[:90],
        "size": len(STREAM),
        "comment": "Response body was truncated",
    }
    entries[ABORTED]["response"] = {"status": 0, "statusText": "", "headers": [], "content": {}}
    return entries


def safari(entries: list[Entry]) -> list[Entry]:
    """Write little of requests, negative sizes, and compression."""
    with_bodies(entries, None)
    change = all_of(
        request={"httpVersion": "HTTP/2", "headersSize": -1, "bodySize": -1, "cookies": []},
        response={"httpVersion": "HTTP/2", "statusText": "", "headersSize": -1, "bodySize": -1},
        entry={"_fetchType": "Network Load", "_priority": "medium", "cache": {}, "time": -1},
    )
    for one in entries:
        change(one)
        one["response"]["content"] |= {"compression": -3}
    del entries[UPLOAD]["request"]["postData"]
    del entries[NOT_MODIFIED]["response"]["content"]
    entries[ABORTED]["response"] = {"status": -1, "_error": "cancelled", "headers": None}
    return entries


def mitmproxy(entries: list[Entry]) -> list[Entry]:
    """Write forms as parameters, and the same empty text for no body and for a streamed one."""
    with_bodies(entries, None)
    change = all_of(
        request={"httpVersion": "HTTP/2.0", "headersSize": 300, "bodySize": 0, "queryString": []},
        response={"httpVersion": "HTTP/2.0", "headersSize": 400, "bodySize": 0},
        entry={"cache": {}, "timings": {"connect": -1.0, "send": 1, "wait": 80, "ssl": -1.0}},
    )
    for one in entries:
        change(one)
        headers(one["request"], ("Host", "gen.pollinations.ai"))
        if "postData" in one["request"]:
            one["request"]["postData"] |= {"params": []}
    parts = [{"name": "file", "value": JPEG.decode("utf-8", "replace")}]
    entries[UPLOAD]["request"]["postData"] = {"mimeType": FORM, "text": "", "params": parts}
    entries[STREAMED]["response"]["content"] |= {"size": 0, "text": ""}
    entries[ABORTED] |= {"response": {"status": 0, "headers": [], "content": {}, "_error": "gone"}}
    return entries


def charles(entries: list[Entry]) -> list[Entry]:
    """Write its own states, and nothing at all of what failed."""
    with_bodies(entries, JPEG)
    change = all_of(
        request={"_charlesStatus": "COMPLETE", "headers_size": 0, "headersSize": -1},
        response={"_charlesStatus": "COMPLETE", "headersSize": -1, "bodySize": -1},
        entry={"_charlesStatus": "COMPLETE", "cache": None, "timings": {"dns": -1, "send": 0}},
    )
    for one in entries:
        change(one)
        one["response"]["content"].setdefault("mimeType", None)
    entries[UPLOAD]["request"]["postData"] |= {
        "encoding": "base64",
        "text": base64.b64encode(SENT).decode(),
    }
    nothing = {"_charlesStatus": "EXCEPTION", "httpVersion": None, "headers": None, "content": None}
    entries[ABORTED]["response"] = {**nothing, "status": None}
    return entries


def proxyman(entries: list[Entry]) -> list[Entry]:
    """Write every body as base64, comments, names, and no times."""
    with_bodies(entries, JPEG)
    change = all_of(
        request={"httpVersion": "HTTP/1.1", "comment": "", "bodySize": -1, "headersSize": -1},
        response={"comment": "", "redirectURL": "", "bodySize": -1},
        entry={
            "_clientName": "Safari",
            "_name": "",
            "_serverPort": 443,
            "comment": "",
            "time": None,
        },
    )
    for one in entries:
        change(one)
        content = one["response"]["content"]
        if content.get("text") and content.get("encoding") != "base64":
            raw = content["text"].encode()
            content |= {"encoding": "base64", "text": base64.encodebytes(raw).decode()}
    post: Entry = {"mimeType": FORM, "params": [], "text": base64.b64encode(SENT).decode()}
    entries[UPLOAD]["request"]["postData"] = {**post, "encoding": "base64"}
    del entries[ABORTED]["response"]
    return entries


def insomnia(entries: list[Entry]) -> list[Entry]:
    """Write queries as a list only, -1 for every size, and files by their names."""
    with_bodies(entries, None)
    for one in entries:
        url, _, query = one["request"]["url"].partition("?")
        pairs = [part.split("=") for part in query.split("&") if part]
        one["request"] |= {
            "url": url,
            "queryString": [{"name": name, "value": value} for name, value in pairs],
            "headersSize": -1,
            "bodySize": -1,
            "settingEncodeUrl": True,
        }
        one["response"] |= {"headersSize": -1, "bodySize": -1, "redirectURL": ""}
        one |= {"comment": "My request", "timings": {"blocked": -1, "wait": 12}, "time": 12}
    parts = [{"name": "file", "fileName": "/home/me/a.jpg", "contentType": "image/jpeg"}]
    entries[UPLOAD]["request"]["postData"] = {"mimeType": "multipart/form-data", "params": parts}
    entries[ABORTED]["response"] |= {"statusText": "Error", "content": {"size": -1, "text": ""}}
    return entries


WRITERS = {
    "WebInspector": chrome,
    "Firefox": firefox,
    "WebKit Web Inspector": safari,
    "mitmproxy": mitmproxy,
    "Charles Proxy": charles,
    "Proxyman": proxyman,
    "Insomnia REST Client": insomnia,
}


def recording(creator: str, entries: list[Entry]) -> bytes:
    """Return a file as a tool writes it: with a byte order mark and pages, too."""
    log = {"version": "1.2", "creator": {"name": creator, "version": "1"}, "entries": entries}
    if creator in ("WebInspector", "Firefox", "WebKit Web Inspector"):
        log |= {"pages": [{"id": "page_1", "title": "x", "pageTimings": {"onLoad": -1}}]}
    mark = b"\xef\xbb\xbf" if creator == "Charles Proxy" else b""
    return mark + json.dumps({"log": log}, ensure_ascii=creator != "Proxyman").encode()


@pytest.mark.parametrize("creator", WRITERS)
def test_the_same_traffic_gets_the_same_verdicts(contract: Contract, creator: str) -> None:
    raw = recording(creator, WRITERS[creator](traffic()))
    found = [validate(contract, one) for one in har.loads(raw)]
    assert [one.verdict for one in found] == VERDICTS, [one.problems for one in found]


@pytest.mark.parametrize("creator", WRITERS)
@pytest.mark.parametrize("place", [MODELS, ASKED, IMAGE])
def test_what_a_writer_kept_is_validated(contract: Contract, creator: str, place: int) -> None:
    entries = WRITERS[creator](traffic())
    content = entries[place]["response"]["content"]
    bad = base64.b64encode(b"no").decode() if content.get("encoding") == "base64" else "no"
    content |= {"text": bad, "size": 2}
    found = [validate(contract, one) for one in har.loads(recording(creator, entries))]
    assert [one.verdict for one in found].count("fails") == 1
    assert found[place].verdict == "fails"


@pytest.mark.parametrize("creator", ["Charles Proxy", "Proxyman", "Insomnia REST Client"])
def test_a_stream_that_was_kept_must_have_its_end(contract: Contract, creator: str) -> None:
    entries = traffic()
    entries[STREAMED]["response"]["content"]["text"] = STREAM.replace('"stop"', "null")
    raw = recording(creator, WRITERS[creator](entries))
    assert validate(contract, list(har.loads(raw))[STREAMED]).verdict == "fails"


# --- what no tool should write ------------------------------------------------------------------

JUNK: list[Any] = [
    None, True, -1, 1e308, float("nan"), "", "\ud800", "http://[::1", "é%", [], {}, [None],
    {"a": {}}, [{"name": None, "value": None}], "base64", "multipart/form-data",
]  # fmt: skip


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    listed = enumerate(as_list(value))
    members: list[tuple[Any, Any]] = [*as_object(value).items(), *listed]
    inner = [deeper for name, member in members for deeper in places(member, (*place, name))]
    return [*([place] if place else []), *inner]


@pytest.mark.parametrize("place", places(insomnia(traffic())[UPLOAD]), ids=str)
def test_junk_at_any_place_costs_at_most_its_entry(
    contract: Contract, place: tuple[Any, ...]
) -> None:
    report = Report("1")
    for junk in JUNK:
        recorded = insomnia(traffic())[UPLOAD]
        parent = recorded
        for step in place[:-1]:
            parent = parent[step]
        parent[place[-1]] = junk
        broken: list[int] = []
        raw = json.dumps({"log": {"entries": [recorded, GOOD]}}).encode()

        def take(index: int, _: har.HarError, broken: list[int] = broken) -> None:
            broken.append(index)

        read = list(har.loads(raw, "a.har", take))
        assert len(read) + len(broken) == 2
        report.exchanges += [validate(contract, one) for one in read]
        assert report.exchanges[-1].verdict == "holds"
    as_text(report, contract, verbose=True).encode()
    as_json(report).encode()


def test_flows_of_mitmproxy_are_refused_with_the_way_to_convert_them(
    contract: Contract, tmp_path: Path
) -> None:
    flows, good = tmp_path / "flows", save(tmp_path / "a.har", GOOD)
    flows.write_bytes(b"1234:9:websocket;0:~8:response;...")
    report = replay(contract, [flows, Path(good)])
    assert "mitmdump -nr FLOWS --set hardump=OUT.har" in report.unreadable[0]
    assert report.exit_code == 2
    assert report.counts == {"holds": 1}
