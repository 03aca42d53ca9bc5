"""Test recordings in the ways in which browsers, proxies and other tools write them."""

import base64
import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pollinations_conformance.contract import Contract
from pollinations_conformance.http import har
from pollinations_conformance.http.message import Request, Response
from pollinations_conformance.replay.report import replay
from pollinations_conformance.replay.validate import ValidatedExchange, validate
from pollinations_conformance.server.http import Call, Reply
from pollinations_conformance.server.recording import Recorder
from tests.conformance.replay.entries import (
    CHAT,
    COMPLETION,
    GOOD,
    KEY,
    PROMPT,
    Entry,
    entry,
    save,
    verdict,
)
from tests.conformance.replay.test_command import run

PROMPTED = json.dumps(PROMPT)


def chat(**request: Any) -> Entry:
    recorded = entry(CHAT, 200, COMPLETION, method="POST", posted=PROMPT)
    for name, value in request.items():
        if value is None:
            recorded["request"].pop(name, None)
        else:
            recorded["request"][name] = value
    return recorded


def sent(*headers: tuple[str, str]) -> list[Entry]:
    return [{"name": name, "value": value} for name, value in headers]


def by(creator: str, recorded: Entry, contract: Contract) -> ValidatedExchange:
    log = {"log": {"creator": {"name": creator}, "entries": [recorded]}}
    (exchange,) = har.loads(json.dumps(log).encode())
    return validate(contract, exchange)


LENGTH = sent(("Content-Type", "application/json"), ("Content-Length", str(len(PROMPTED))))
NOT_KEPT = {
    "size of the body": chat(postData=None, bodySize=len(PROMPTED)),
    "declared length": chat(postData=None, bodySize=-1, headers=LENGTH),
    "chunked": chat(postData=None, headers=sent(("Transfer-Encoding", "chunked"))),
    "empty text": chat(postData={"mimeType": "application/json", "text": ""}, headers=LENGTH),
    "empty text and parameters": chat(
        postData={"mimeType": "application/json", "text": "", "params": []}, bodySize=80
    ),
}


@pytest.mark.parametrize("name", NOT_KEPT)
def test_a_request_body_that_was_not_kept_is_not_validated(contract: Contract, name: str) -> None:
    validated = verdict(contract, NOT_KEPT[name])
    assert validated.verdict == "holds"
    assert validated.request_evidence == ""


def test_a_request_that_had_no_body_is_validated(contract: Contract) -> None:
    for size in (0, -1):
        validated = verdict(contract, chat(postData=None, bodySize=size))
        assert validated.verdict == "fails"
        assert validated.problems[0].part == "request"


UPLOAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n%s\r\n--b--\r\n'


@pytest.mark.parametrize(("kept", "evidence"), [(True, "accepted"), (False, "")])
def test_a_form_without_the_bytes_of_its_file_is_not_validated(
    contract: Contract, kept: bool, evidence: str
) -> None:
    whole, shown = UPLOAD % b"abc", UPLOAD % (b"abc" if kept else b"")
    kind = "multipart/form-data; boundary=b"
    body = {"id": "ba7816bf8f01cfea", "url": "https://media.pollinations.ai/ba7816bf8f01cfea"}
    recorded = entry(
        "/upload",
        200,
        {**body, "contentType": "image/png", "size": 3, "duplicate": False},
        method="POST",
        host="https://media.pollinations.ai",
    )
    recorded["request"]["postData"] = {"mimeType": kind, "text": shown.decode()}
    recorded["request"]["headers"] = sent(
        ("Content-Type", kind), ("Content-Length", str(len(whole)))
    )
    assert verdict(contract, recorded).request_evidence == evidence


RESPONSES = {
    "no text, but a size": {"size": 50, "mimeType": "application/json"},
    "an empty text, but a size": {"size": 50, "mimeType": "application/json", "text": ""},
}


@pytest.mark.parametrize("name", RESPONSES)
def test_a_response_body_that_was_not_kept_is_not_validated(contract: Contract, name: str) -> None:
    recorded = chat()
    recorded["response"]["content"] = RESPONSES[name]
    assert verdict(contract, recorded).verdict == "holds"
    recorded["response"]["headers"][0]["value"] = "https://elsewhere.example"
    assert verdict(contract, recorded).verdict == "fails"  # what was kept still counts


def test_a_body_that_mitmproxy_streamed_past_is_not_an_empty_one(contract: Contract) -> None:
    recorded = chat()
    recorded["response"]["content"] = {"size": 0, "mimeType": "application/json", "text": ""}
    assert by("mitmproxy", recorded, contract).verdict == "holds"
    assert by("Firefox", recorded, contract).verdict == "fails"
    recorded["response"]["headers"].append({"name": "Content-Length", "value": "0"})
    assert by("mitmproxy", recorded, contract).verdict == "fails"


def test_bytes_that_were_kept_as_text_are_not_validated(contract: Contract) -> None:
    recorded = entry("/image/a", 200, "\ufffdPNG", "image/png")
    recorded["response"]["headers"] += sent(("Cache-Control", "x"))
    lossy = [p.requirement for p in verdict(contract, recorded).problems]
    recorded["response"]["content"] |= {
        "text": base64.b64encode(b"GIF89a").decode(),
        "encoding": "base64",
    }
    whole = [p.requirement for p in verdict(contract, recorded).problems]
    assert "IMG-GET-01" in whole
    assert "IMG-GET-01" not in lossy


def test_a_response_without_recorded_headers_is_validated_by_its_body(contract: Contract) -> None:
    recorded = chat()
    recorded["response"]["headers"] = []
    assert verdict(contract, recorded).verdict == "holds"
    recorded["response"]["content"]["text"] = "{}"
    assert verdict(contract, recorded).verdict == "fails"


def not_modified() -> Entry:
    recorded = entry("/v1/models", 304, None, "")
    recorded["request"]["headers"].append({"name": "If-None-Match", "value": '"a"'})
    return recorded


def partial() -> Entry:
    return entry("/text/a", 206, "h", "text/plain", Content_Range="bytes 0-0/2")


def upgraded() -> Entry:
    recorded = entry("/text/a", 307, None, "", Non_Authoritative_Reason="HSTS")
    recorded["response"]["statusText"] = "Internal Redirect"
    return recorded


def asked(status: int, name: str = "", value: str = "") -> Entry:
    recorded = entry("/text/a", status, "", "text/plain")
    recorded["request"]["headers"].append({"name": name or "Accept", "value": value or "*/*"})
    return recorded


def preflight() -> Entry:
    return entry(CHAT, 204, None, "", "OPTIONS", Access_Control_Allow_Headers="*")


OF_HTTP = {
    "304": not_modified(),
    "206": partial(),
    "redirect of the browser": upgraded(),
    "preflight": preflight(),
    "412": asked(412, "If-Match", '"a"'),
    "416": asked(416, "Range", "bytes=900-"),
    "407": asked(407),
    "101": asked(101, "Upgrade", "websocket"),
}


@pytest.mark.parametrize("recorded", OF_HTTP.values(), ids=OF_HTTP)
def test_what_http_itself_does_is_outside_the_contract(contract: Contract, recorded: Entry) -> None:
    assert verdict(contract, recorded).verdict == "outside"


@pytest.mark.parametrize("status", [412, 416])
def test_what_no_request_header_asked_for_is_the_services_own(
    contract: Contract, status: int
) -> None:
    assert verdict(contract, asked(status)).verdict == "fails"


def test_a_status_that_http_has_not_is_no_response(contract: Contract) -> None:
    assert verdict(contract, asked(10**30)).verdict == "outside"


def test_a_part_that_nobody_declared_is_no_part(contract: Contract) -> None:
    assert verdict(contract, entry("/text/a", 206, "h", "text/plain")).verdict == "fails"


def test_a_page_of_a_proxy_is_not_the_services_response(contract: Contract) -> None:
    page = entry("/text/a", 524, "<h1>A timeout occurred</h1>", "text/html", Server="cloudflare")
    assert verdict(contract, page).verdict == "outside"


# --- broken entries -----------------------------------------------------------------------------

BROKEN: dict[str, Any] = {
    "null": None,
    "a number": 5,
    "no request": {"response": {"status": 200}},
    "no base64": {
        **GOOD,
        "response": {"status": 200, "content": {"text": "plain text!", "encoding": "base64"}},
    },
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_entry_costs_one_entry_and_is_named(tmp_path: Path, name: str) -> None:
    result = run(save(tmp_path / "a.har", GOOD, BROKEN[name], GOOD))
    assert result.exit_code == 0
    assert "a.har: log.entries[1]" in result.stderr
    assert "2 exchanges" in result.stdout
    out = run("--json", "-", save(tmp_path / "a.har", BROKEN[name], GOOD)).stdout
    assert "log.entries[0]" in json.loads(out)["broken"][0]


def test_a_recording_of_broken_entries_only_is_inconclusive(tmp_path: Path) -> None:
    assert run(save(tmp_path / "a.har", BROKEN["null"])).exit_code == 2


def test_half_a_surrogate_pair_is_text_like_any_other(tmp_path: Path) -> None:
    lone = json.loads('"\\ud800"')
    posted = {"messages": [{"role": "user", "content": lone}]}
    completion = json.loads(json.dumps(COMPLETION))
    completion["choices"][0]["message"]["content"] = lone
    recorded = [
        entry(CHAT, 200, completion, method="POST", posted=posted),
        entry(f"/text/{lone}?seed={lone}", 200, "hi", "text/plain; charset=utf-8"),
        entry("/text/a", 200, lone, "text/plain; charset=utf-8"),
    ]
    recorded[0]["_id"] = f"{lone}\x1b[2J"
    recorded[1]["request"]["method"] = f"GET{lone}"
    file = tmp_path / "a.har"
    file.write_text(json.dumps({"log": {"entries": recorded}}), "utf-8")
    for arguments in (["-v"], ["--json", "-"], ["-v", "--json", str(tmp_path / "out.json")]):
        result = run(*arguments, str(file))
        assert result.exit_code in (0, 1)
        assert "\x1b" not in result.output
        assert "Traceback" not in result.output


def test_a_fault_of_ours_costs_one_entry_and_is_inconclusive(
    contract: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_at_first(*arguments: Any) -> ValidatedExchange:
        if arguments[1].index == 0:
            raise ZeroDivisionError
        return validate(*arguments)

    monkeypatch.setattr("pollinations_conformance.replay.report.validate", fails_at_first)
    report = replay(contract, [Path(save(tmp_path / "a.har", GOOD, GOOD))])
    assert "log.entries[0]: could not be validated (ZeroDivisionError)" in report.unreadable[0]
    assert (report.counts, report.exit_code) == ({"holds": 1}, 2)


# --- standard input and injected faults -----------------------------------------------------------


def test_a_dash_is_standard_input(
    contract: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = Path(save(tmp_path / "a.har", GOOD)).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    report = replay(contract, [Path("-")])
    assert report.exit_code == 0
    assert report.exchanges[0].label.startswith("standard input[0]")


def test_an_injected_fault_is_marked_and_left_out(contract: Contract) -> None:
    request = Request.of("GET", f"https://gen.pollinations.ai/text/a?key={KEY}")
    response = Response(524, (("Content-Type", "text/html"),), b"<p>")
    url = "https://gen.pollinations.ai/text/a"
    marked = har.entry(request, response, url, fault="edge-524")
    assert marked[har.FAULT] == "edge-524"
    validated = verdict(contract, marked)
    assert (validated.verdict, validated.note) == ("outside", "an injected fault: edge-524")
    asked_for = entry("/text/a", 200, "<p>", "text/html")
    asked_for["request"]["headers"].append({"name": "X-Contract-Fault", "value": "wrong-type"})
    assert verdict(contract, asked_for).verdict == "outside"


def test_serve_marks_what_it_injected(contract: Contract) -> None:
    recorder = Recorder(clock=lambda: 1_760_000_000.0)
    call = Call("GET", "/text/a", headers=[("host", "gen.pollinations.ai")])
    call.origin = "https://gen.pollinations.ai"
    page = Reply(524, [("Content-Type", "application/json")], b"{}")
    recorder.take(call, page, fault="edge-524")
    recorder.take(call, page)
    verdicts = [verdict(contract, recorded).verdict for recorded, _ in recorder.entries]
    assert verdicts == ["outside", "fails"]


@pytest.mark.parametrize(
    ("posted", "body"),
    [
        ({"messages": [{"role": "user", "content": [1] * 30_000}]}, COMPLETION),
        (PROMPT, "[" * 100_000),
        (PROMPT, {**COMPLETION, "choices": [1] * 30_000}),
        ({**PROMPT, "stream": True}, f"data: {'[' * 100_000}\n\n"),
    ],
    ids=["errors in the request", "nesting", "errors in the response", "a deep event"],
)
def test_one_exchange_costs_neither_time_nor_memory(
    contract: Contract, posted: Entry, body: Any
) -> None:
    started = time.process_time()
    kind = "text/event-stream; charset=utf-8" if posted.get("stream") else "application/json"
    validated = verdict(contract, entry(CHAT, 200, body, kind, "POST", posted))
    assert validated.verdict == "fails"
    assert time.process_time() - started < 3
    assert len(repr(validated)) < 20_000


def test_a_stream_of_many_bad_events_is_decoded_once(contract: Contract) -> None:
    kind = "text/event-stream; charset=utf-8"

    def seconds(count: int) -> float:
        body = "data: {}\n\n" * count
        streamed = entry(CHAT, 200, body, kind, "POST", {**PROMPT, "stream": True})
        started = time.process_time()
        assert verdict(contract, streamed).verdict == "fails"
        return time.process_time() - started

    # The first bound is for a machine that is busy; what decodes anew for each watch takes longer still.
    assert seconds(60_000) < 12
    assert seconds(40_000) < 3 * seconds(20_000)
