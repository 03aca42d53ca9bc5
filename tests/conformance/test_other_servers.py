"""What servers of other makes do in their own way is one failure, of the requirement it belongs to."""

import base64
import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from pollinations_conformance.checks import every
from pollinations_conformance.checks.common.accounts import wait_for_balance
from pollinations_conformance.http.json import is_object
from pollinations_conformance.reports.model import Report
from pollinations_conformance.reports.text import ledger_lines
from pollinations_conformance.suite import MAIN, Session
from tests.conformance.stubs.servers import (
    KEY,
    STUBS,
    Reply,
    Requested,
    Stub,
    as_json,
    completion,
    one_form,
    plain,
    serving,
)
from tests.conformance.test_preconditions import check_of, fails, line, report_on

LISTED = {"pricing": {"currency": "pollen", "completionTextTokens": 0.001}, "name": "parrot"}
OTHER_KEY = "pk_StubsKnowThisKeyToo"


def report_of(
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[], Stub],
    *requirements: str,
    media: bool = False,
    keys: dict[str, str] | None = None,
) -> Report:
    """Return the report on a server of one's own."""
    monkeypatch.setitem(STUBS, "own", make)
    with serving("own") as url:
        return report_on(
            url, every(), media=url if media else None, keys=keys, requirements=requirements
        )


def as_form(requested: Requested) -> Requested:
    """Return an upload of another form as a form."""
    kind = requested.headers.get("content-type", "application/octet-stream")
    data = requested.body
    if kind.startswith("multipart/"):
        return requested
    if kind == "application/json":
        value = requested.value()
        value = value if is_object(value) else {}
        data = base64.b64decode(str(value.get("data") or "").rpartition(",")[2])
        kind = str(value.get("contentType") or "application/octet-stream")
    head = f'--b\r\nContent-Disposition: form-data; name="file"\r\nContent-Type: {kind}\r\n\r\n'
    headers = {**requested.headers, "content-type": "multipart/form-data; boundary=b"}
    return replace(requested, headers=headers, body=head.encode() + data + b"\r\n--b--\r\n")


def unlike(known: Stub) -> Stub:
    """Return a media host with a status and bodies of its own for what is missing or incomplete."""

    def media(requested: Requested) -> Reply:
        if requested.method == "POST" and requested.path != "/upload":
            return as_json(404, {"code": 404, "message": "no such place"})
        if requested.method == "POST":
            requested = as_form(requested)
            body = requested.body
            complete = b'name="file"' in body and b"\r\n\r\n\r\n--" not in body
            if not complete and requested.known:
                return as_json(422, {"error": "nothing was sent"})
        reply = known(requested)
        if reply.status in {400, 404} and requested.method in {"GET", "HEAD"}:
            return as_json(404, {"code": 404, "message": "no such file"})
        return reply

    return media


def test_a_media_host_is_there_whatever_its_404_looks_like(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = ("MEDIA-ERR-01", "MEDIA-GET-0[1-6]", "MEDIA-HEAD-0[12]")
    report = report_of(monkeypatch, lambda: unlike(one_form()), *ids, media=True)
    assert not [item for item in report.operations if item["id"] == "getMedia" and item["missing"]]
    assert fails(report) == ["MEDIA-ERR-01", "MEDIA-GET-05"]
    assert line(report, "MEDIA-HEAD-02").verdict == "pass"


def test_one_status_for_every_incomplete_upload_is_one_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = report_of(monkeypatch, lambda: unlike(one_form()), "MEDIA-UP-1[01]", media=True)
    assert fails(report) == ["MEDIA-UP-11"], line(report, "MEDIA-UP-10").reason
    assert line(report, "MEDIA-UP-10").because == ["MEDIA-UP-11"]


@pytest.mark.whole_run
def test_a_generated_request_that_is_wrong_in_two_ways_has_no_failure_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(STUBS, "own", lambda: unlike(one_form()))
    with serving("own") as url:
        report = report_on(
            url, every(), media=url, generated=True, requirements=("MEDIA-UP-*",), examples=10
        )
    assert not {"MEDIA-UP-09", "MEDIA-UP-10"} & {*fails(report)}
    assert "MEDIA-UP-11" in fails(report)


def worded() -> Stub:
    """Return a chat server whose usage headers have units, and whose words of the cache are small."""
    seen: dict[bytes, Reply] = {}
    numbers = itertools.count(1)

    def serve(requested: Requested) -> Reply:
        if requested.path == "/text/models":
            return as_json(200, [LISTED])
        refusal = plain(requested)
        if refusal.status != 200:
            return refusal
        if requested.body in seen:
            reply = seen[requested.body]
            kind = {"Content-Type": "application/json", "X-Cache": "hit"}
            return Reply(200, reply.body, kind)
        units = {
            "x-model-used": "parrot",
            "x-usage-prompt-text-tokens": "3 tokens",
            "x-usage-completion-text-tokens": "2 tokens",
            "x-usage-total-tokens": "5 tokens",
            "X-Cache": "miss",
            "X-Number": str(next(numbers)),
        }
        reply = as_json(200, completion(), **units)
        seen[requested.body] = reply
        return reply

    return serve


def test_usage_headers_that_are_no_numbers_are_one_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    report = report_of(monkeypatch, worded, "CHAT-USAGE-0*")
    assert fails(report) == ["CHAT-USAGE-02"]
    assert "'3 tokens', which is no number" in line(report, "CHAT-USAGE-02").reason
    assert line(report, "CHAT-USAGE-01").verdict == "pass"
    for name in ("CHAT-USAGE-03", "CHAT-USAGE-04"):
        assert line(report, name).because == ["CHAT-USAGE-02"]


def test_a_cache_with_words_of_its_own_still_distinguishes(monkeypatch: pytest.MonkeyPatch) -> None:
    report = report_of(monkeypatch, worded, "CACHE-HIT-01", "CACHE-HIT-07")
    assert fails(report) == ["CACHE-HIT-01"]
    assert line(report, "CACHE-HIT-07").verdict == "pass"


def unpermitted(requested: Requested) -> Reply:
    """An account where a key without a permission gets 401."""
    key = requested.headers.get("authorization", "").removeprefix("Bearer ")
    if key not in {KEY, OTHER_KEY}:
        return as_json(401, {"error": "unauthorized"})
    permissions = {"models": None, "account": ["balance"] if key == KEY else None}
    if requested.path == "/account/key":
        kind = "secret" if key == KEY else "publishable"
        times = {"expiresAt": None, "expiresIn": None, "pollenBudget": None}
        value = {"valid": True, "type": kind, "name": None, "rateLimitEnabled": True, **times}
        return as_json(200, {**value, "permissions": permissions})
    if requested.path == "/account/balance":
        return as_json(200, {"balance": 1}) if key == KEY else as_json(401, {"error": "not yours"})
    return as_json(404, {"error": "not found"})


def test_a_key_that_lacks_a_permission_says_nothing_about_balances(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = {"secret": KEY, "publishable": OTHER_KEY}
    report = report_of(monkeypatch, lambda: unpermitted, "ACC-BAL-0[24]", keys=keys)
    assert fails(report) == ["ACC-BAL-02"]
    assert line(report, "ACC-BAL-04").verdict == "not tested"


def slashes(requested: Requested) -> Reply:
    """A gateway with lists and texts, whose prompts may hold slashes, and without HEAD."""
    if requested.method == "HEAD":
        return Reply(501, b"", {"Content-Type": "text/html"})
    if requested.path in {"/text/models", "/image/models", "/audio/models"}:
        return as_json(200, [LISTED])
    if requested.path == "/v1/models":
        return as_json(200, {"object": "list", "data": []})
    if requested.path.startswith("/text/") and requested.method == "GET":
        if not requested.known:
            return as_json(401, {"error": "unauthorized"})
        return Reply(200, b"Hello.", {"Content-Type": "text/plain; charset=utf-8"})
    return as_json(404, {"error": "not found"})


def test_slashes_in_prompts_and_at_the_end_of_paths_are_two_things(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = report_of(monkeypatch, lambda: slashes, "TEXT-GET-03", "GEN-ROUTE-03")
    assert fails(report) == ["TEXT-GET-03"]
    assert line(report, "GEN-ROUTE-03").verdict == "pass"

    def slashless(requested: Requested) -> Reply:
        path = requested.path.rstrip("/")
        if path.startswith("/text/") and "/" in path.removeprefix("/text/"):
            return as_json(404, {"error": "not found"})
        return slashes(replace(requested, path=path))

    report = report_of(monkeypatch, lambda: slashless, "TEXT-GET-03", "GEN-ROUTE-03")
    assert fails(report) == ["GEN-ROUTE-03"]
    assert line(report, "TEXT-GET-03").because == ["GEN-ROUTE-03"]


def test_a_request_with_head_is_repeated_with_head(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = line(report_of(monkeypatch, lambda: slashes, "GEN-HEAD-01"), "GEN-HEAD-01")
    assert failed.exchange is not None
    assert "--head" in failed.exchange["curl"]
    assert "/v1/models" in failed.exchange["curl"]


def test_an_upload_has_its_preflight_on_a_server_without_generations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    media = one_form()

    def serve(requested: Requested) -> Reply:
        if requested.method == "OPTIONS":
            allowed = {"Access-Control-Allow-Methods": "GET, POST"}
            return Reply(204, b"", {**allowed, "Access-Control-Allow-Headers": "Content-Type"})
        return media(requested)

    report = report_of(monkeypatch, lambda: serve, "GEN-CORS-02", media=True)
    assert "/upload allows the headers content-type" in line(report, "GEN-CORS-02").reason


def test_one_url_for_both_hosts_has_the_errors_of_the_gateway_where_no_operation_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = report_of(monkeypatch, one_form, "GEN-ROUTE-01", media=True)
    assert "GEN-ROUTE-01" in fails(report)  # 400 is the status of what is no hash

    report = report_of(
        monkeypatch, lambda: unlike(one_form()), "GEN-ROUTE-01", "ERR-ENV-01", media=True
    )
    assert fails(report) == ["ERR-ENV-01"]
    assert line(report, "GEN-ROUTE-01").because == ["ERR-ENV-01"]


def test_what_led_to_a_failed_precondition_is_repeated_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = report_of(monkeypatch, worded, "CACHE-HIT-0[13]")
    failed = line(report, "CACHE-HIT-01")
    assert failed.exchange is not None
    assert len(failed.exchange["before"]) >= 1


def test_what_no_response_shows_is_not_called_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STUBS, "own", lambda: plain)
    with serving("own") as url:
        report = report_on(url, every(), requirements=("CHAT-REQ-01",))
    assert ledger_lines(report)[0].startswith("No response shows what it cost; ")


def without_json(known: Stub) -> Stub:
    """Return a media host that takes raw bytes and forms, and no JSON."""

    def media(requested: Requested) -> Reply:
        if requested.method == "POST" and requested.known:
            kind = requested.headers.get("content-type", "")
            if kind == "application/json":
                return as_json(415, {"error": "no JSON here"})
            if not kind.startswith("multipart/") and not requested.body:
                return as_json(400, {"error": "nothing was sent"})
            requested = as_form(requested)
        return known(requested)

    return media


def test_what_holds_for_every_upload_is_tested_by_the_forms_that_a_server_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = report_of(monkeypatch, lambda: without_json(one_form()), "MEDIA-*", media=True)
    assert fails(report) == ["MEDIA-UP-01", "MEDIA-UP-13", "MEDIA-UP-14"]  # as the stub itself
    waiting = {item.id: item.because for item in report.lines if item.verdict == "not tested"}
    assert waiting == {
        "MEDIA-UP-04": ["MEDIA-UP-01"],
        "MEDIA-UP-09": ["MEDIA-UP-13"],
        "MEDIA-UP-10": ["MEDIA-UP-13"],
        "MEDIA-UP-15": ["ERR-ENV-01"],
    }


def test_a_form_that_is_refused_is_reported_by_whichever_check_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = report_of(monkeypatch, lambda: without_json(one_form()), "MEDIA-UP-0[14]", media=True)
    assert fails(report) == ["MEDIA-UP-01"]
    assert line(report, "MEDIA-UP-04").because == ["MEDIA-UP-01"]


def uncounted(requested: Requested) -> Reply:
    """A gateway for chat and images that reports no usage in headers."""
    if requested.path == "/image/models":
        return as_json(200, [{**LISTED, "output_modalities": ["image"]}])
    if requested.path.startswith("/image/"):
        if not requested.known:
            return as_json(401, {"error": "unauthorized"})
        return Reply(200, b"\xff\xd8\xff\xd9", {"Content-Type": "image/jpeg"})
    return plain(requested)


def test_usage_that_no_response_reports_is_one_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    report = report_of(monkeypatch, lambda: uncounted, "CHAT-USAGE-0[234]", "IMG-GET-13")
    assert fails(report) == ["CHAT-USAGE-04"]
    for name in ("CHAT-USAGE-02", "CHAT-USAGE-03", "IMG-GET-13"):
        assert line(report, name).because == ["CHAT-USAGE-04"], line(report, name).reason

    # Where that one is not tested, it is a failure of the one that demands it as well.
    report = report_of(monkeypatch, lambda: uncounted, "CHAT-USAGE-02", "IMG-GET-13")
    assert fails(report) == ["IMG-GET-13"]
    assert line(report, "CHAT-USAGE-02").because == ["CHAT-USAGE-04"]


def unnamed(requested: Requested) -> Reply:
    """A gateway whose texts are UTF-8 without being called so, and the same for everything."""
    if requested.path.startswith("/text/") and requested.path != "/text/models":
        if not requested.known:
            return as_json(401, {"error": "unauthorized"})
        return Reply(200, b"Hello.", {"Content-Type": "text/plain"})
    return slashes(requested)


def test_a_type_that_names_no_encoding_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    report = report_of(monkeypatch, lambda: unnamed, "TEXT-GET-01", "TEXT-GET-02", "TEXT-GET-11")
    assert fails(report) == ["TEXT-GET-01", "TEXT-GET-11"]

    def silent(requested: Requested) -> Reply:
        reply = unnamed(requested)
        return replace(reply, body=b"") if reply.body == b"Hello." else reply

    report = report_of(monkeypatch, lambda: silent, "TEXT-GET-01", "TEXT-GET-02", "TEXT-GET-11")
    assert fails(report) == ["TEXT-GET-01"]
    assert line(report, "TEXT-GET-11").because == ["TEXT-GET-01"]


def test_control_requests_are_never_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that refuses what it has got already gets nothing twice from them."""
    media = one_form()

    def once_only(requested: Requested) -> Reply:
        reply = media(requested)
        if requested.method == "POST" and b'"duplicate": true' in reply.body:
            return as_json(409, {"error": "it is there already"})
        return reply

    report = report_of(monkeypatch, lambda: once_only, "MEDIA-UP-0[125]", media=True)
    assert line(report, "MEDIA-UP-02").verdict == "fail", line(report, "MEDIA-UP-02").reason
    assert "409" in line(report, "MEDIA-UP-02").reason
    assert "409" not in line(report, "MEDIA-UP-01").reason


@pytest.mark.parametrize("moves", [False, True])
def test_balances_that_never_move_are_waited_for_once(
    monkeypatch: pytest.MonkeyPatch, moves: bool
) -> None:
    spent = 1.0 if moves else 0.0
    took: list[float] = []

    def serve(requested: Requested) -> Reply:
        return as_json(200, {"balance": 5 - spent})

    def wait(t: Session) -> None:
        for before in (5.0, 5.0 - spent, 5.0 - spent):
            begin = t.clock.monotonic()
            wait_for_balance(t, MAIN, before, before.__gt__)
            took.append(t.clock.monotonic() - begin)

    monkeypatch.setitem(STUBS, "own", lambda: serve)
    with serving("own") as url:
        report_on(url, [check_of(wait, "ACC-BAL-04")], requirements=("ACC-BAL-04",))
    waits = [round(seconds, -1) for seconds in took]
    assert waits == ([0, 20, 20] if moves else [20, 0, 0])


def test_of_several_uploads_the_one_that_led_to_a_failure_is_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    media = one_form()

    def forgetful(requested: Requested) -> Reply:
        reply = media(requested)
        if requested.method == "HEAD" and reply.headers.get("Content-Type") == "audio/mpeg":
            return replace(reply, body=b"")
        return reply

    report = report_of(monkeypatch, lambda: forgetful, "MEDIA-HEAD-02", media=True)
    assert fails(report) == ["MEDIA-HEAD-02"]
    failed = line(report, "MEDIA-HEAD-02").exchange
    assert failed is not None
    uploads = [command for command in failed["before"] if "POST" in command]
    assert len(uploads) == 1
    assert b"audio/mpeg" in base64.b64decode(uploads[0].split()[2])
