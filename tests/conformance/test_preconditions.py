"""A step that only prepares a test decides about its own requirement and about no other."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from pollinations_conformance.checks import every
from pollinations_conformance.reports.build import build
from pollinations_conformance.reports.model import Line, Report
from pollinations_conformance.server import running
from pollinations_conformance.suite import Exchange, NotTested, PreconditionFailed, Session
from pollinations_conformance.suite.clock import Clock
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.keyring import Keyring, KeyUse
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.pace import Bursts
from pollinations_conformance.suite.persist import Persistence
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.registry import Check
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import Target
from tests.clocks import SkippingClock
from tests.conformance.stubs.servers import (
    KEY,
    MODELS,
    STUBS,
    Reply,
    Requested,
    Stub,
    as_json,
    is_sound,
    one_form,
    plain,
    serving,
)
from tests.properties import examples


def check_of(function: Callable[[Session], None], *requirements: str) -> Check:
    return Check(
        name=f"tests.{function.__name__}",
        function=function,
        requirements=requirements,
        operations=(),
        needs=(),
        cost={},
        exclusive=False,
        description="A check of a test.",
    )


def report_on(
    url: str,
    checks: Sequence[Check],
    media: str | None = None,
    keys: dict[str, str] | None = None,
    generated: bool = False,
    **options: Any,
) -> Report:
    ring = Keyring(keys or {"secret": KEY})
    if generated:
        target = Target(url, media, ring, timeout=10)
        chosen = Options(generated=True, **options)
    else:  # one request at a time, and what waits moves the clock on
        target = Target(url, media, ring, timeout=1000, clock=SkippingClock().of_the_suite())
        chosen = Options(generated=False, jobs=1, **options)
    run = Run(target, chosen, Ledger(None), checks=checks)
    execute(run)
    target.close()
    return build(run)


def line(report: Report, name: str) -> Line:
    return next(item for item in report.lines if item.id == name)


def fails(report: Report) -> list[str]:
    return [item.id for item in report.lines if item.verdict in {"fail", "error"}]


def test_a_failed_precondition_is_the_verdict_on_its_own_requirement_and_on_no_other() -> None:
    def prepare(t: Session) -> None:
        response = t.send("GET", "/no-such-thing", key=None)
        t.need_success(response, "GEN-QUERY-02", "what is never there")

    with serving("plain") as url:
        checks = [check_of(prepare, "GEN-CORS-01"), check_of(prepare, "GEN-QUERY-02")]
        report = report_on(url, checks, requirements=("GEN-CORS-01", "GEN-QUERY-02"))
    assert fails(report) == ["GEN-QUERY-02"]
    assert line(report, "GEN-CORS-01").because == ["GEN-QUERY-02"]
    assert line(report, "GEN-CORS-01").reason == (
        "because GEN-QUERY-02 fails: what is never there gets 404 (not found), not 200"
    )


def test_a_precondition_that_nobody_else_tests_is_reported_all_the_same() -> None:
    def prepare(t: Session) -> None:
        t.send("GET", "/no-such-thing", key=None)
        t.need(False, "GEN-QUERY-02", "the list is empty")

    with serving("plain") as url:
        report = report_on(
            url,
            [check_of(prepare, "GEN-CORS-01")],
            requirements=("GEN-CORS-01", "GEN-QUERY-02"),
        )
    assert fails(report) == ["GEN-QUERY-02"]
    assert "the list is empty" in line(report, "GEN-QUERY-02").reason


def test_a_refused_form_is_one_failure_and_the_forms_that_work_are_tested() -> None:
    checks = [item for item in every() if item.requirements[0].startswith("MEDIA-")]
    with serving("one_form") as url:
        report = report_on(url, checks, media=url, tags=frozenset({"media"}))
    assert line(report, "MEDIA-UP-01").verdict == "fail"
    assert line(report, "MEDIA-UP-07").verdict == "pass"
    assert {item.id: item.because for item in report.lines if item.verdict == "not tested"} == {
        "MEDIA-UP-03": ["MEDIA-UP-01"],  # these three are about the refused forms
        "MEDIA-UP-04": ["MEDIA-UP-01"],
        "MEDIA-UP-10": ["MEDIA-UP-01"],
        "MEDIA-UP-15": ["ERR-ENV-01"],  # there are no images, and the error is not the gateway's
    }


def test_a_status_is_a_verdict_only_where_the_simplest_request_works() -> None:
    """A key in the query that is refused says nothing about what else was in the request."""

    def streamed(t: Session) -> None:
        t.assert_success(t.chat(temperature=0.5, by="query"), "a temperature")

    def plain(t: Session) -> None:
        t.assert_success(t.chat(temperature=0.5, model="no-such-model"), "a temperature")

    with serving("plain") as url:
        checks = [check_of(streamed, "CHAT-REQ-04"), check_of(plain, "CHAT-REQ-05")]
        report = report_on(url, checks, requirements=("CHAT-REQ-0[45]", "AUTH-QUERY-01"))
    assert fails(report) == ["AUTH-QUERY-01", "CHAT-REQ-05"], [
        (x.id, x.verdict, x.reason) for x in report.lines
    ]
    assert line(report, "CHAT-REQ-04").because == ["AUTH-QUERY-01"]
    assert "a temperature gets 422" in line(report, "CHAT-REQ-05").reason


def unprocessable(requested: Requested) -> Reply:
    """Invalid requests are 422, but any stop and any number are accepted."""
    value = requested.value()
    if not is_sound(value) or set(value) - {"model", "messages", "stop", "temperature", "seed"}:
        return as_json(422, {"error": "invalid"})
    return plain(requested)


def test_another_status_for_what_is_invalid_is_one_failure_and_what_is_accepted_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(STUBS, "plain", lambda: unprocessable)
    wanted = ("CHAT-REQ-03", "CHAT-REQ-07", "CHAT-REQ-09", "CHAT-REQ-11", "ERR-VAL-0[1256]")
    names = {"CHAT-REQ-03", "CHAT-REQ-07", "CHAT-REQ-09", "CHAT-REQ-11"}
    checks = [
        item
        for item in every()
        if names & {*item.requirements} or item.requirements[0].startswith("ERR-VAL-")
    ]
    with serving("plain") as url:
        report = report_on(url, checks, requirements=wanted)
    # The temperature is tried first, and accepted; penalties come later, and are refused.
    assert fails(report) == ["CHAT-REQ-03", "CHAT-REQ-11", "ERR-VAL-01", "ERR-VAL-06"]
    assert "stop" in line(report, "CHAT-REQ-11").reason
    for name in ("CHAT-REQ-07", "CHAT-REQ-09", "ERR-VAL-02", "ERR-VAL-05"):
        assert line(report, name).because == ["ERR-VAL-01"], name


def test_what_is_tested_separately_comes_before_a_precondition_that_failed_earlier() -> None:
    def run(t: Session) -> None:
        for what in ("first", "second"):
            with t.separately():
                t.send("GET", "/no-such-thing", key=None)
                t.need(what != "first", "GEN-QUERY-02", "the first one is missing")
                t.assert_that(False, f"the {what} one is seen")

    with serving("plain") as url:
        report = report_on(
            url, [check_of(run, "GEN-CORS-01")], requirements=("GEN-CORS-01", "GEN-QUERY-02")
        )
    assert fails(report) == ["GEN-CORS-01", "GEN-QUERY-02"]
    assert line(report, "GEN-CORS-01").reason == "the second one is seen"


def test_a_request_that_a_server_refuses_is_not_the_simplest_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Speech that is refused is no failure of a body with one message."""

    def silent(requested: Requested) -> Reply:
        if (requested.method, requested.path) == ("GET", "/text/models"):
            voice = {"name": "voice", "aliases": [], "output_modalities": ["text", "audio"]}
            return as_json(200, [*MODELS, voice])
        value = requested.value()
        if isinstance(value, dict) and "audio" in value:
            return as_json(400, {"error": "no audio here"})
        return plain(requested)

    monkeypatch.setitem(STUBS, "plain", lambda: silent)
    names = ("CHAT-REQ-01", "CHAT-AUDIO-01", "CHAT-USAGE-04")
    checks = [item for item in every() if set(names) & {*item.requirements}]
    with serving("plain") as url:
        report = report_on(url, checks, requirements=names)
    assert line(report, "CHAT-REQ-01").verdict == "pass"
    assert line(report, "CHAT-AUDIO-01").verdict == "fail"


def test_a_body_that_cannot_be_read_belongs_to_the_requirement_of_its_place() -> None:
    def read(t: Session) -> None:
        t.error_object(t.send("GET", "/no-such-thing", key=None))

    with serving("plain") as url:
        report = report_on(
            url, [check_of(read, "GEN-ROUTE-01")], requirements=("GEN-ROUTE-01", "ERR-ENV-01")
        )
    assert fails(report) == ["ERR-ENV-01"]
    assert line(report, "GEN-ROUTE-01").because == ["ERR-ENV-01"]


def test_a_violation_that_was_seen_stays_one_when_a_later_step_fails() -> None:
    def violate(t: Session) -> None:
        t.assert_that(False, "it was seen")
        raise PreconditionFailed("GEN-QUERY-02", "and then this")

    with serving("plain") as url:
        report = report_on(url, [check_of(violate, "GEN-CORS-01")], requirements=("GEN-CORS-01",))
    assert fails(report) == ["GEN-CORS-01"]


def test_what_no_response_shows_is_the_cause_of_all_that_is_about_it() -> None:
    with serving("plain") as url:
        checks = [item for item in every() if "REQID" in item.requirements[0]]
        report = report_on(url, checks, requirements=("GEN-REQID-*",))
    assert fails(report) == ["GEN-REQID-01"]
    for name in ("GEN-REQID-02", "GEN-REQID-03", "GEN-REQID-04"):
        assert line(report, name).because == ["GEN-REQID-01"]


def test_a_reason_without_a_failure_names_no_cause() -> None:
    def want(t: Session) -> None:
        raise NotTested("there is none")

    with serving("plain") as url:
        report = report_on(url, [check_of(want, "GEN-CORS-01")], requirements=("GEN-CORS-01",))
    assert line(report, "GEN-CORS-01").verdict == "not tested"
    assert line(report, "GEN-CORS-01").because == []


@pytest.mark.parametrize("status", [405, 501])
def test_a_media_host_without_head_lacks_one_operation_and_violates_nothing(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    def headless() -> Stub:
        media = one_form()

        def respond(requested: Requested) -> Reply:
            if requested.method == "HEAD":
                return Reply(status)
            return media(requested)

        return respond

    monkeypatch.setitem(STUBS, "one_form", headless)
    checks = [item for item in every() if item.requirements[0].startswith("MEDIA-")]
    with serving("one_form") as url:
        report = report_on(url, checks, media=url, tags=frozenset({"media"}))
    assert fails(report) == ["MEDIA-UP-01", "MEDIA-UP-13", "MEDIA-UP-14"]  # as with HEAD
    assert "headMedia" in {item["id"] for item in report.operations if item["missing"]}
    for name in ("MEDIA-GET-02", "MEDIA-GET-04", "MEDIA-GET-07"):
        assert line(report, name).verdict == "pass", line(report, name).reason


def test_an_undocumented_status_belongs_to_what_is_wrong_with_the_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def strict() -> Stub:
        media = one_form()

        def respond(requested: Requested) -> Reply:
            reply = media(requested)
            return replace(reply, status=422) if reply.status == 400 else reply

        return respond

    monkeypatch.setitem(STUBS, "one_form", strict)
    names = ("MEDIA-GET-05", "MEDIA-HEAD-03")
    checks = [item for item in every() if item.requirements[0] in names]
    with serving("one_form") as url:
        wanted = ("MEDIA-GET-01", *names, "MEDIA-HEAD-01")
        report = report_on(url, checks, media=url, requirements=wanted)
    assert fails(report) == ["MEDIA-GET-05"]
    assert line(report, "MEDIA-HEAD-03").because == ["MEDIA-GET-05"]


def test_a_host_that_needs_a_key_fails_for_that_alone() -> None:
    names = ("MEDIA-GET-02", "MEDIA-GET-05")
    with running(defects=["media-needs-key"]) as server:
        target = Target(server.base_url, server.media_url, Keyring(server.keys), embedded=True)
        options = Options(requirements=names, generated=False)
        run = Run(target, options, Ledger(None), checks=every())
        execute(run)
        target.close()
        assert fails(build(run)) == ["MEDIA-GET-02"]


def test_lists_that_need_a_key_are_read_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(requested: Requested) -> Reply:
        if not requested.known:
            return as_json(401, {"error": "unauthorized"})
        if requested.path == "/text/models":
            return as_json(200, MODELS)
        return plain(requested)

    monkeypatch.setitem(STUBS, "plain", lambda: closed)
    with serving("plain") as url:
        target = Target(url, None, Keyring({"secret": KEY}))
        run = Run(target, Options(generated=False), Ledger(None), checks=[])
        execute(run)
        target.close()
    assert [model.name for model in run.catalogue.text] == ["parrot"]


# --- HTTP itself --------------------------------------------------------------------------------


@pytest.mark.parametrize("defect", ["stream-chunk-missing", "stream-chunk-size"])
def test_a_stream_that_breaks_http_is_one_failure(defect: str) -> None:
    checks = [item for item in every() if item.name.startswith("chat.stream")]
    with running(seed=1, defects=[defect]) as server:
        report = report_on(
            server.base_url,
            checks,
            keys={"secret": server.keys["secret"]},
            requirements=("CHAT-STREAM-*", "GEN-HTTP-01"),
        )
    assert fails(report) == ["GEN-HTTP-01"]
    assert line(report, "CHAT-STREAM-04").because == ["GEN-HTTP-01"]
    assert line(report, "GEN-HTTP-01").exchange is not None


# --- operations and keys ------------------------------------------------------------------------


def test_missing_operations_are_found_behind_authentication() -> None:
    with serving("guarded") as url, serving("plain") as open_url:
        gone = [
            {
                item["id"]
                for item in report_on(each, [], tags=frozenset()).operations
                if item["missing"]
            }
            for each in (url, open_url)
        ]
    assert gone[0] == gone[1]
    assert "generateImage" in gone[0]
    assert "createChatCompletion" not in gone[0]


def test_a_key_that_the_gateway_knows_and_the_media_host_does_not_is_no_failure_of_either() -> None:
    checks = [item for item in every() if item.requirements[0].startswith(("MEDIA-", "CHAT-REQ-0"))]
    with serving("lenient") as url, serving("one_form") as media:
        keys = {"secret": "sk_OnlyTheLenientOneTakesThis1"}
        report = report_on(url, checks, media=media, keys=keys, tags=frozenset({"media", "chat"}))
    assert line(report, "CHAT-REQ-01").verdict == "pass"
    assert [name for name in fails(report) if name.startswith("MEDIA-")] == []
    assert "refuses the run's key" in line(report, "MEDIA-UP-01").reason


def test_accepted_and_refused_keys_are_distinguished_by_host() -> None:
    keys = KeyUse()
    keys.accept("secret", "gateway")
    keys.refuse("secret", "media")
    keys.refuse("secret", "gateway")
    assert keys.is_accepted("secret")
    assert not keys.is_refused("secret")
    assert keys.is_refused("secret", "media")
    keys.accept("secret", "media")
    assert not keys.is_refused("secret", "media")


class Waits:
    """A clock that counts what was waited instead of waiting."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now, now=lambda: self.now, sleep=self.sleep)


def responding(target: Target, statuses: list[int]) -> list[int]:
    """Let a target respond with some statuses, the last one again and again."""
    sent: list[int] = []

    def fetch(method: str, url: str, headers: Any, body: bytes) -> Exchange:
        target.key_pace.wait(KEY)
        status = statuses[min(len(sent), len(statuses) - 1)]
        sent.append(status)
        return Exchange(method, url, (), b"", status, (), b"{}", 0.0)

    target.fetch = fetch  # type: ignore[method-assign]
    return sent


def persistent(waits: Waits) -> tuple[Target, Persistence]:
    target = Target("http://127.0.0.1:9", None, Keyring({"secret": KEY}), clock=waits.clock())
    return target, Persistence(target, KeyUse())


def test_a_place_where_a_key_never_worked_is_given_one_pause() -> None:
    waits = Waits()
    target, persistence = persistent(waits)
    sent = responding(target, [401])
    send = functools.partial(persistence.send, "GET", "http://127.0.0.1:9/x?key=a", [], None)
    for _ in range(20):
        assert send("secret", False).status == 401
    assert len(sent) == 21
    assert waits.slept == pytest.approx(Bursts.PAUSE, abs=0.01)
    assert not target.key_pace.active


def test_a_key_that_works_again_after_a_pause_is_used_less_often_from_then_on() -> None:
    waits = Waits()
    target, persistence = persistent(waits)
    responding(target, [200, 200, 401, 200])
    send = functools.partial(persistence.send, "GET", "http://127.0.0.1:9/x", [], None)
    assert [send("secret", False).status for _ in range(3)] == [200, 200, 200]
    assert target.key_pace.active
    assert waits.slept >= Bursts.PAUSE


def test_a_key_that_stopped_working_is_not_waited_for_without_end() -> None:
    waits = Waits()
    target, persistence = persistent(waits)
    responding(target, [200, 401])
    send = functools.partial(persistence.send, "GET", "http://127.0.0.1:9/x", [], None)
    for _ in range(30):
        send("secret", False)
    assert waits.slept < 4 * Bursts.PAUSE
    assert not target.key_pace.active


# --- generated requests -------------------------------------------------------------------------


@pytest.mark.whole_run
def test_no_value_in_a_generated_request_is_an_error_of_the_suite() -> None:
    with serving("lenient") as url:
        report = report_on(
            url,
            every(),
            tags=frozenset({"chat"}),
            requirements=("CHAT-RES-01", "CHAT-STREAM-11"),
            generated=True,
            examples=examples(10),
        )
    assert not [note for note in report.notes if "schemathesis" in note]
    assert not [item.reason for item in report.lines if item.verdict == "error"]
    assert report.cases["generated"] > 5 * examples(10)
