"""Test the conformance suite: what it checks, how it judges, and what its reports say."""

import base64
import datetime
import html
import json
import os
import shlex
import socketserver
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import pytest

from pollinations_conformance import contract
from pollinations_conformance.checks import every
from pollinations_conformance.cli import main as cli
from pollinations_conformance.cli.mutants import meet_alone
from pollinations_conformance.cli.target import open_target
from pollinations_conformance.reports import known
from pollinations_conformance.reports.build import build
from pollinations_conformance.reports.html import to_html
from pollinations_conformance.reports.json import SCHEMA, to_json
from pollinations_conformance.reports.junit import to_junit
from pollinations_conformance.reports.model import Line, Report
from pollinations_conformance.reports.text import to_text
from pollinations_conformance.reports.write import write
from pollinations_conformance.server import running
from pollinations_conformance.server.defects import DEFECTS
from pollinations_conformance.suite import cases, keyring, pricing, target
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.registry import WATCHES, Check
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.session import Session
from tests.clocks import SkippingClock
from tests.honest import Honest

CANARY = "sk_Canary7d41f0b2c6e94a8f8d1b5a3c9e"


# --- what is checked ----------------------------------------------------------------------------


def test_every_observable_requirement_has_a_check_and_every_check_a_requirement() -> None:
    there = contract.load().requirements
    cited = {name for item in every() for name in item.requirements}
    cited |= {watch.requirement for watch in WATCHES.values()}
    assert cited - set(there) == set()
    assert {name for name, item in there.items() if item.observable} - cited == set()
    assert {name for name in cited if not there[name].observable} == set()


def test_a_check_is_in_the_package_of_its_requirements_tag() -> None:
    there = contract.load().requirements
    cited = [(item.name, name) for item in every() for name in item.requirements]
    cited += [(item.name, item.requirement) for item in WATCHES.values()]
    for check, requirement in cited:
        assert check.partition(".")[0] == there[requirement].tag, check


def test_requirements_that_cannot_be_observed_say_why() -> None:
    unseen = [item for item in contract.load().requirements.values() if not item.observable]
    assert unseen
    assert all(len(item.why.split()) > 3 for item in unseen)


def test_what_checks_need_exists() -> None:
    operations = {item.id for item in contract.load().operations}
    for item in every():
        assert set(item.operations) <= operations, item.name
        assert set(item.needs) <= set(keyring.ROLES), item.name
        assert set(item.cost) <= {"text", "image", "audio", "transcription"}, item.name


# --- a server of our own ------------------------------------------------------------------------

Reply = tuple[int, dict[str, str], bytes]
Behaviour = Callable[[str, str, dict[str, str], bytes], Reply]


def envelope(status: int, code: str, message: str = "No.") -> Reply:
    error = {"code": code, "message": message, "timestamp": stamp()}
    body = {"status": status, "success": False, "error": error}
    headers = {"Content-Type": "application/json", "X-Request-Id": "x"}
    return status, headers, json.dumps(body).encode()


def stamp() -> str:
    now = datetime.datetime.now(datetime.UTC)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def serving(behave: Behaviour) -> Generator[tuple[str, list[str]]]:
    """Serve a behaviour, and keep what was asked of it."""
    requested: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # or each response waits for what acknowledges its headers
        protocol_version = "HTTP/1.1"

        def response(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            requested.append(f"{self.command} {self.path} {self.headers.get('Authorization', '')}")
            status, headers, content = behave(self.command, self.path, dict(self.headers), body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_HEAD = do_OPTIONS = do_DELETE = response

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", requested
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def lists_only(method: str, path: str, _: dict[str, str], __: bytes) -> Reply:
    """Have the list /v1/models and nothing else."""
    if (method, path.partition("?")[0]) == ("GET", "/v1/models"):
        value = {"object": "list", "data": [{"id": "one", "object": "model", "created": 1}]}
        headers = {"Content-Type": "application/json", "X-Request-Id": "x"}
        return 200, headers, json.dumps(value).encode()
    return envelope(404, "NOT_FOUND")


def checked_against(
    url: str,
    checks: Sequence[Check] | None = None,
    keys: dict[str, str] | None = None,
    limit: float | None = 0.0,
    **options: Any,
) -> Report:
    return build(ran(url, checks, keys, limit, **options))


def ran(
    url: str,
    checks: Sequence[Check] | None = None,
    keys: dict[str, str] | None = None,
    limit: float | None = 0.0,
    **options: Any,
) -> Run:
    ring = keyring.Keyring(keys or {})
    if options.get("jobs") == 1:  # what waits, moves the clock on
        made = target.Target(url, None, ring, timeout=1000, clock=SkippingClock().of_the_suite())
    else:
        made = target.Target(url, None, ring, timeout=10)
    run = Run(made, Options(generated=False, **options), pricing.Ledger(limit), checks=checks)
    try:
        execute(run)
    finally:
        made.close()
    return run


def one(function: Callable[[Session], None], *requirements: str, **more: Any) -> Check:
    values: dict[str, Any] = {
        "name": f"test.{function.__name__}",
        "function": function,
        "requirements": requirements,
        "operations": (),
        "needs": (),
        "cost": {},
        "exclusive": False,
        "description": "A check of a test.",
        **more,
    }
    return Check(**values)


def line(found: Report, name: str) -> Line:
    return next(item for item in found.lines if item.id == name)


# --- verdicts -----------------------------------------------------------------------------------


def test_missing_operations_are_reported_once_and_not_as_many_failures() -> None:
    with serving(lists_only) as (url, _):
        found = checked_against(url, every(), {"secret": CANARY}, tags=frozenset({"chat", "audio"}))
    assert {item["id"] for item in found.missing()} == {
        "createChatCompletion",
        "createChatCompletionLegacy",
        "generateAudio",
        "createSpeech",
        "createTranscription",
    }
    assert found.counts()["fail"] == 0
    assert found.exit_code() == 1
    shown = to_text(found).plain
    assert "3 operations are missing (each gets 404): GET /audio/{text}, " in shown
    assert shown.count("POST /v1/audio/speech, ") == 1


def test_without_a_key_nothing_that_needs_one_passes_and_the_run_does_not_either() -> None:
    def refusing(method: str, path: str, _: dict[str, str], __: bytes) -> Reply:
        return envelope(401, "UNAUTHORIZED")

    with serving(refusing) as (url, requested):
        found = checked_against(url, every(), tags=frozenset({"account"}))
    assert line(found, "ACC-BAL-01").verdict == "not tested"
    assert line(found, "ACC-BAL-01").reason == "the run has no API key"
    assert found.exit_code() == 2
    assert "never responded with success" in found.verdict()
    invented = (keyring.NOT_A_KEY, keyring.NOT_A_KEY[3:19])
    keyed = [text for text in requested if "Bearer " in text]
    assert not [text for text in keyed if not any(key in text for key in invented)]


def test_a_requirement_that_was_selected_and_could_not_be_tested_is_no_pass() -> None:
    """Two of these can be tested without a key, by what the server refuses; the rest cannot."""
    with running(seed=1) as server:
        found = checked_against(server.base_url, every(), requirements=("CHAT-STREAM-*",))
    assert found.counts()["pass"]
    assert found.counts()["not tested"]
    assert found.exit_code() == 2
    assert "never responded with success: createChatCompletion" in found.verdict()


def test_a_refused_key_is_no_failure_of_the_server() -> None:
    def refusing(method: str, path: str, _: dict[str, str], __: bytes) -> Reply:
        return envelope(401, "UNAUTHORIZED")

    with serving(refusing) as (url, _):
        found = checked_against(
            url, every(), {"secret": CANARY}, requirements=("ACC-BAL-01",), jobs=1
        )
    assert line(found, "ACC-BAL-01").verdict == "not tested"
    assert "refuses the run's key" in line(found, "ACC-BAL-01").reason


def test_an_error_of_a_check_is_no_verdict_on_the_server() -> None:
    def clumsy(t: Session) -> None:
        raise KeyError("nothing")

    with serving(lists_only) as (url, _):
        found = checked_against(url, [one(clumsy, "MODELS-V1-01")], requirements=("MODELS-V1-01",))
    assert line(found, "MODELS-V1-01").verdict == "error"
    assert found.exit_code() == 2


def test_the_worst_of_several_checks_decides() -> None:
    def good(t: Session) -> None:
        pass

    def bad(t: Session) -> None:
        t.assert_that(False, "it is wrong")

    with serving(lists_only) as (url, _):
        checks = [one(good, "MODELS-V1-01"), one(bad, "MODELS-V1-01")]
        found = checked_against(url, checks, requirements=("MODELS-V1-01",))
    assert line(found, "MODELS-V1-01").verdict == "fail"
    assert line(found, "MODELS-V1-01").reason == "it is wrong"
    assert found.exit_code() == 1


def test_a_broken_should_fails_only_at_its_level() -> None:
    def bad(t: Session) -> None:
        t.assert_that(False, "it is wrong")

    def good(t: Session) -> None:
        t.assert_success(t.send("GET", "/v1/models", key=None))

    with serving(lists_only) as (url, _):
        checks = [one(bad, "MODELS-V1-05"), one(good, "MODELS-V1-01")]
        found = checked_against(url, checks, requirements=("MODELS-V1-0[15]",))
    assert found.exit_code() == 0
    found.level = "should"
    assert found.exit_code() == 1


def test_every_response_is_validated_against_the_contract() -> None:
    def look(t: Session) -> None:
        t.send("GET", "/v1/models", key=None)

    def wrong(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        status, sent, content = lists_only(method, path, headers, body)
        return status, sent, content.replace(b'"object": "model"', b'"object": "modell"')

    with serving(wrong) as (url, _):
        found = checked_against(url, [one(look, "MODELS-V1-02")], tags=frozenset({"models"}))
    said = [item.reason for item in found.lines if item.verdict == "fail"]
    assert any("GET /v1/models: body.data[0].object" in text for text in said), said


def test_a_response_that_breaks_http_is_one_failure_and_a_silent_address_is_none() -> None:
    def torn(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        status, sent, content = lists_only(method, path, headers, body)
        # The test's server adds the true length, so that there are two of them.
        return status, ({**sent, "Content-Length": "9999"} if "torn" in path else sent), content

    def tear(t: Session) -> None:
        t.send("GET", "/v1/models", query={"torn": 1}, key=None)

    with serving(torn) as (url, _):
        checks = [one(tear, "MODELS-V1-01"), one(tear, "MODELS-KEY-01")]
        wanted = ("MODELS-V1-01", "MODELS-KEY-01", "GEN-HTTP-01")
        found = checked_against(url, checks, requirements=wanted)
    assert [item.id for item in found.lines if item.verdict == "fail"] == ["GEN-HTTP-01"]
    assert "breaks HTTP" in line(found, "GEN-HTTP-01").reason
    for name in ("MODELS-V1-01", "MODELS-KEY-01"):
        assert line(found, name).verdict == "not tested"
        assert line(found, name).reason.startswith("because GEN-HTTP-01 fails: ")
    assert cli.main(["check", "--base-url", url, "--report-dir", "nowhere"]) == 2


@pytest.mark.parametrize("embedded", [True, False])
def test_checks_of_a_lane_run_one_after_another_and_beside_others_only_on_our_own_server(
    embedded: bool,
) -> None:
    at_work: set[str] = set()
    met: set[frozenset[str]] = set()
    lock = threading.Lock()

    def working(name: str) -> Callable[[Session], None]:
        def check(_: Session) -> None:
            with lock:
                at_work.add(name)
            for _moment in range(10):
                time.sleep(0.01)
                with lock:
                    met.add(frozenset(at_work))
            with lock:
                at_work.remove(name)

        check.__name__ = name
        return check

    requirement = next(iter(contract.load().requirements))
    lane = [one(working(f"lane{n}"), requirement, lane="publishable") for n in range(3)]
    others = [one(working(f"other{n}"), requirement) for n in range(6)]
    with serving(lists_only) as (url, _):
        made = target.Target(url, timeout=10, embedded=embedded)
        options = Options(generated=False, jobs=4)
        run = Run(made, options, pricing.Ledger(0), checks=[*lane, *others])
        execute(run)
        made.close()
    assert [item.verdict for item in run.outcomes] == ["pass"] * 9
    assert max(map(len, met)) > 1
    for names in met:
        assert sum(name.startswith("lane") for name in names) <= 1
        assert embedded or len(names) == 1 or not any(name.startswith("lane") for name in names)
    assert embedded == any({"lane0"} < names for names in met)


@pytest.mark.whole_run
def test_every_check_that_pays_with_the_publishable_key_is_in_its_lane(honest_run: Honest) -> None:
    """Its limiter notices what others do with it at the same time."""
    used = honest_run.paying
    by_name = {item.name: item for item in every()}
    assert len(used) > 5
    assert not [n for n in used if not by_name[n].exclusive and by_name[n].lane != "publishable"]


# --- money and pace -----------------------------------------------------------------------------


def paid(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
    """List one dear text model, and answer chat requests."""
    route = path.partition("?")[0]
    sent = {"Content-Type": "application/json", "X-Request-Id": "x", "X-Cache": "MISS"}
    sent["Access-Control-Allow-Origin"] = "*"
    if route == "/text/models":
        prices = {"currency": "pollen", "promptTextTokens": 0.001, "completionTextTokens": 0.001}
        return 200, sent, json.dumps([{"name": "dear", "aliases": [], "pricing": prices}]).encode()
    if route == "/v1/chat/completions" and headers.get("Authorization") == f"Bearer {CANARY}":
        sent["x-usage-prompt-text-tokens"] = "1000"
        sent["x-usage-total-tokens"] = "1000"
        return 200, sent, b"{}"
    if route == "/v1/chat/completions":
        return envelope(401, "UNAUTHORIZED")
    return envelope(404, "NOT_FOUND")


def ask_twice(t: Session) -> None:
    for _ in range(2):
        t.chat()


@pytest.mark.whole_run
def test_without_a_budget_no_paid_request_carries_a_key() -> None:
    with serving(paid) as (url, requested):
        found = checked_against(
            url, every(), {"secret": CANARY}, tags=frozenset({"chat", "general", "text"})
        )
    generations = ("/v1/chat", "/text/", "/image/", "/audio/", "/openai", "/v1/audio")
    charged = [
        text
        for text in requested
        if text.split()[1].startswith(generations)
        and CANARY in text.replace(f"?key={CANARY}", "")
        and "/models" not in text
        and f" Bearer {CANARY}" in text[-len(CANARY) - 8 :]
    ]
    assert charged == []
    assert found.ledger["spent"] == 0
    assert line(found, "CHAT-REQ-01").verdict == "not tested"
    assert "budget" in line(found, "CHAT-REQ-01").reason


def test_the_run_stops_spending_when_the_budget_is_used_up() -> None:
    with serving(paid) as (url, requested):
        check = one(ask_twice, "CHAT-REQ-01")
        found = checked_against(
            url, [check], {"secret": CANARY}, limit=3.5, requirements=("CHAT-REQ-01",)
        )
    paid_for = [text for text in requested if "POST /v1/chat" in text and CANARY in text]
    assert len(paid_for) == 1
    assert found.ledger["spent"] == pytest.approx(1.0)
    assert (
        "it may cost up to 3 pollen and 2.5 of the budget is left"
        in line(found, "CHAT-REQ-01").reason
    )


def test_cost_follows_from_prices_and_usage() -> None:
    model = pricing.read_model(
        {"name": "m", "pricing": {"currency": "pollen", "promptTextTokens": "0.002",
                                  "completionImageTokens": 0.5}}
    )  # fmt: skip
    assert model is not None
    headers = [
        ("X-Usage-Prompt-Text-Tokens", "10"),
        ("x-usage-completion-image-tokens", "1"),
        ("x-usage-completion-text-tokens", "7"),
        ("x-usage-total-tokens", "18"),
    ]
    assert pricing.cost_of(model, headers) == pytest.approx(0.52)
    assert pricing.cost_of(model, []) is None


def test_the_cheapest_model_of_a_kind_is_used() -> None:
    def made(name: str, price: float, **more: Any) -> pricing.Model:
        return pricing.Model(name, prices={"completionTextTokens": price}, **more)

    catalogue = pricing.Catalogue(
        text=(made("dear", 2), made("speaks", 0.1, outputs=("audio", "text")), made("cheap", 1),
              made("closed", 0.1, paid_only=True)),
        image=(
            pricing.Model("film", prices={"completionVideoSeconds": 1e-9}, outputs=("video",)),
            pricing.Model("tokens", prices={"completionImageTokens": 8e-6}),
            pricing.Model("flat", prices={"completionImageTokens": 2e-4}),
        ),
    )  # fmt: skip
    assert catalogue.cheapest("text") == "cheap"
    assert catalogue.cheapest("image") == "flat"
    assert pricing.Catalogue().cheapest("text") == "openai"


def test_a_retry_after_is_waited_out() -> None:
    count = {"calls": 0}

    def busy(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        if path == "/v1/models?q=1":
            count["calls"] += 1
            if count["calls"] == 1:
                status, sent, content = envelope(429, "RATE_LIMITED")
                return status, {**sent, "Retry-After": "1"}, content
        return lists_only(method, path, headers, body)

    def look(t: Session) -> None:
        t.assert_success(t.send("GET", "/v1/models", query={"q": 1}, key=None))

    with serving(busy) as (url, _):
        run = ran(url, [one(look, "MODELS-V1-01")], requirements=("MODELS-V1-01",), jobs=1)
    assert line(build(run), "MODELS-V1-01").verdict == "pass"
    assert count["calls"] == 2
    assert run.target.pace.per_second == 4.0


def test_the_limit_of_a_publishable_key_slows_down_nothing_else() -> None:
    requested: list[str] = []

    def busy(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        if headers.get("Authorization") == "Bearer pk_OfAWebPage":
            requested.append(path)
            if len(requested) == 1:
                status, sent, content = envelope(429, "RATE_LIMITED")
                return status, {**sent, "Retry-After": "1"}, content
        return lists_only(method, path, headers, body)

    def look(t: Session) -> None:
        t.assert_success(t.send("GET", "/v1/models", key="publishable"))

    with serving(busy) as (url, _):
        keys = {"publishable": "pk_OfAWebPage"}
        run = ran(url, [one(look, "MODELS-V1-01")], keys, requirements=("MODELS-V1-01",), jobs=1)
    assert line(build(run), "MODELS-V1-01").verdict == "pass"
    assert len(requested) == 2
    assert run.target.pace.per_second is None


# --- keys ---------------------------------------------------------------------------------------


def test_no_key_leaves_the_run_in_any_form(tmp_path: Path) -> None:
    def leaking(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        status, sent, content = envelope(400, "BAD_REQUEST", f"No: {path} {CANARY}")
        return status, {**sent, "X-Echo": headers.get("Authorization", "")}, content

    def leak(t: Session) -> None:
        t.send("GET", "/account/balance", by="query", headers={"X-Own": CANARY})
        response = t.send("POST", "/v1/chat/completions", json={"user": CANARY}, probe=True)
        t.assert_that(response.status == 200, f"refused: {response.text()} with {CANARY}")

    with serving(leaking) as (url, _):
        check = one(leak, "CHAT-REQ-01")
        run = ran(url, [check], {"secret": CANARY}, limit=None, tags=frozenset({"chat"}))
    found = build(run)
    assert line(found, "CHAT-REQ-01").verdict == "fail"
    files = write(found, tmp_path / "deep" / "reports")
    assert len(files) == 4
    for file in files:
        assert CANARY not in file.read_text(encoding="utf-8"), file.name
    shown = to_text(found, verbose=True).plain
    assert CANARY not in shown
    assert "$POLLINATIONS_API_KEY" in shown
    assert CANARY not in repr(run.target)
    assert CANARY not in repr(run.target.keys)


def test_the_curl_line_repeats_the_request_with_the_key_from_the_shell(tmp_path: Path) -> None:
    def look(t: Session) -> None:
        t.send(
            "POST",
            "/upload-nothing",
            json={"it's": "a \"text\" with $HOME and 'quotes'"},
            probe=True,
        )
        t.assert_that(False, "to be shown")

    with serving(lists_only) as (url, _):
        found = checked_against(
            url, [one(look, "MODELS-V1-01")], {"secret": CANARY}, requirements=("MODELS-V1-01",)
        )
        exchange = line(found, "MODELS-V1-01").exchange
        assert exchange is not None
        text = exchange["curl"]
        script = text.replace("curl", "printf '<%s>\\n'", 1)
        done = subprocess.run(
            ["bash", "-c", script],
            env={"POLLINATIONS_API_KEY": "put-in-by-the-shell", "HOME": "/nowhere", "PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert "<Authorization: Bearer put-in-by-the-shell>" in done.stdout
    body = done.stdout.split("<--data-binary>\n<")[1].removesuffix(">\n")
    assert json.loads(body) == {"it's": "a \"text\" with $HOME and 'quotes'"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        (f'secret = "{CANARY}"', "[keys]"),
        (f'[keys]\nking = "{CANARY}"', "king"),
        (f'[keys]\nsecret = "{CANARY}', "neither one bare key nor valid TOML"),
        ("[keys]\nsecret = 7", "not a string"),
    ],
)
def test_a_bad_keys_file_is_one_line_without_the_key(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "keys"
    file.write_text(text)
    code = cli.main(["check", "--base-url", "http://127.0.0.1:9", "--api-key-file", str(file)])
    error = capsys.readouterr().err
    assert code == 2
    assert error.count("\n") == 1
    assert said in error
    assert CANARY not in error


def test_a_keys_file_holds_one_key_or_keys_by_role(tmp_path: Path) -> None:
    (tmp_path / "one").write_text(f"{CANARY}\n")
    assert keyring.read_keys(tmp_path / "one") == {"secret": CANARY}
    (tmp_path / "some").write_text(f'[keys]\nsecret = "{CANARY}"\nexpired = "sk_old"\n')
    assert keyring.read_keys(tmp_path / "some") == {"secret": CANARY, "expired": "sk_old"}


@pytest.mark.parametrize(
    "address",
    [
        "gen.pollinations.ai", "localhost:80", "ftp://x", "http://u:p@host", "http://@host",
        "http://h/?key=1", "http://h:x", "http://a b", "http://..", f"http://{'a' * 300}.invalid",
    ],
)  # fmt: skip
def test_a_bad_address_is_refused_before_anything_is_sent(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", "--base-url", address]) == 2
    error = capsys.readouterr().err
    assert error.startswith("Error: --base-url ")
    assert error.count("\n") == 1


def test_an_address_from_a_file_may_end_in_a_line_end() -> None:
    assert target.parse_address("http://127.0.0.1:80/\n", "it") == "http://127.0.0.1:80"


@pytest.mark.parametrize(
    "words",
    [
        ["--budget", "nan"], ["--budget", "inf"], ["--rate", "nan"], ["--timeout", "nan"],
        ["--timeout", "inf"], ["--max-time", "1e300"], ["--start-timeout", "nan"],
    ],
)  # fmt: skip
def test_a_number_to_reckon_with_is_demanded(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", "--base-url", "http://127.0.0.1:9", *words]) == 2
    assert f"Invalid value for '{words[0]}'" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_reported_before_anything_is_paid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    words = ["--tag", "models", "--report-dir", str(tmp_path / "file" / "reports")]
    assert cli.main(["check", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert (
        said.err == f"Error: cannot write to {tmp_path / 'file' / 'reports'}: Not a directory; "
        "name another folder with --report-dir\n"
    )


@pytest.mark.parametrize("response", [b"", b"\x00\x01\x02 no HTTP\r\n\r\n"])
def test_what_does_not_speak_http_breaks_no_requirement(
    response: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Mute(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(response)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mute) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        code = cli.main(["check", "--base-url", address, "--report-dir", str(tmp_path)])
        server.shutdown()
    error = capsys.readouterr().err
    assert code == 2
    assert error.startswith(f"Error: no HTTP response comes from {address}: ")
    assert error.count("\n") == 1


def test_an_address_without_lists_of_models_is_doubted() -> None:
    def website(_: str, __: str, ___: dict[str, str], ____: bytes) -> Reply:
        return 200, {"Content-Type": "text/html"}, b"<p>It works.</p>"

    with serving(website) as (url, _):
        found = checked_against(url, [], tags=frozenset({"models"}))
    assert any("is this the URL of a gateway?" in note for note in found.notes)


def test_what_a_server_sets_as_cookies_is_forgotten() -> None:
    sent: list[str | None] = []

    def baker(_: str, __: str, headers: dict[str, str], ___: bytes) -> Reply:
        sent.append(headers.get("Cookie"))
        return 200, {"Set-Cookie": "session=open; Path=/"}, b""

    with serving(baker) as (url, _):
        made = target.Target(url)
        for _ in range(3):
            made.fetch("GET", f"{url}/", [], b"")
        made.close()
    assert sent == [None] * 3


@pytest.mark.parametrize("key", [CANARY, "it's-a\"qwz\\with+all/of&them<=>$X"])
def test_a_key_is_taken_out_however_it_is_written(key: str) -> None:
    ring = keyring.Keyring({"secret": key})
    escaped = json.dumps({"key": key})
    written = [
        key, quote(key, safe=""), "".join(f"%{ord(c):02x}" for c in key), html.escape(key),
        escaped, json.dumps(escaped), "".join(f"\\u{ord(c):04x}" for c in key),
        "".join(f"&#{ord(c)};" for c in key), shlex.quote(f"Authorization: Bearer {key}"),
    ]  # fmt: skip
    for text in written:
        said = ring.redact(f"a {text} b")
        assert "$POLLINATIONS_API_KEY" in said, text
        assert not any(key[at : at + 4] in said for at in range(len(key) - 4)), said
    for before in ("", "Bearer ", "user:", ":"):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode((before + key + ":rest").encode()).decode()
            end = (len(before) + len(key)) * 4 // 3
            said = ring.redact(text)
            assert "$POLLINATIONS_API_KEY" in said, text
            assert not any(text[at : at + 8] in said for at in range(len(before) * 4 // 3, end - 8))


# --- known failures -----------------------------------------------------------------------------


def entry(**more: Any) -> known.Known:
    values: dict[str, Any] = {
        "requirement": "MODELS-*",
        "reason": "seen",
        "date": datetime.date(2026, 1, 1),
        **more,
    }
    return known.Known(**values)


def broken_models(url: str) -> Run:
    def bad(t: Session) -> None:
        t.assert_that(False, "it is wrong")

    def good(t: Session) -> None:
        t.assert_success(t.send("GET", "/v1/models", key=None))

    made = target.Target(url, None)
    checks = [one(bad, "MODELS-V1-02"), one(good, "MODELS-V1-01")]
    options = Options(generated=False, requirements=("MODELS-V1-0[12]",))
    run = Run(made, options, pricing.Ledger(0), checks=checks)
    execute(run)
    made.close()
    return run


def test_a_known_failure_is_reported_as_known_and_an_unexpected_pass_is_named() -> None:
    with serving(lists_only) as (url, _):
        run = broken_models(url)
    found = build(run, [entry(requirement="MODELS-V1-0?")])
    assert line(found, "MODELS-V1-02").verdict == "known"
    assert found.unexpected == ["MODELS-V1-01"]
    assert found.exit_code() == 0
    found.level = "observed"
    assert found.exit_code() == 1


def test_a_known_failure_that_was_not_tested_is_reported() -> None:
    with serving(lists_only) as (url, _):
        run = broken_models(url)
    run.outcomes = [item for item in run.outcomes if item.verdict != "pass"]
    entries = [
        entry(requirement="MODELS-V1-01"),
        entry(requirement="MODELS-V1-02"),
        entry(requirement="CHAT-*"),  # of which this run says nothing
        entry(requirement="operation:generateText"),
    ]
    found = build(run, entries)
    assert line(found, "MODELS-V1-01").verdict == "not tested"
    assert found.unconfirmed == ["MODELS-V1-01"]
    assert "Known to fail, but not tested: MODELS-V1-01" in to_text(found).plain
    assert build(run, [entry(requirement="MODELS-V1-01", sometimes=True)]).unconfirmed == []


def test_an_expired_entry_fails() -> None:
    with serving(lists_only) as (url, _):
        run = broken_models(url)
    entries = [entry(requirement="MODELS-V1-02", expires=datetime.date(2026, 2, 1))]
    before = build(run, entries, today=datetime.date(2026, 2, 1))
    after = build(run, entries, today=datetime.date(2026, 2, 2))
    assert (before.exit_code(), after.exit_code()) == (0, 1)
    assert after.expired == ["MODELS-V1-02"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[known]]\nrequirement = 'A'\n", "date is missing"),
        ("[[known]]\nrequirement = 'A'\nreason = 'r'\ndate = '2026'\n", "must be a date"),
        (
            "[[known]]\nrequirement = 'A'\nreason = 'r'\ndate = 2026-01-01\nx = 1\n",
            "x means nothing",
        ),
        ("known = 7", "only [[known]] entries"),
        (
            "[[known]]\nrequirement = 'CHAT-NO-*'\nreason = 'r'\ndate = 2026-01-01\n",
            "entry 1: the contract defines nothing that 'CHAT-NO-*' names",
        ),
        ("[[", "cannot read"),
    ],
)
def test_a_bad_file_of_known_failures_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    file.write_text(text)
    with pytest.raises(known.KnownError) as caught:
        known.load(file, contract.load())
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_known_failures_of_the_real_service_speak_of_what_there_is() -> None:
    entries = known.load(known.REAL_SERVICE, contract.load())
    names = set(contract.load().requirements) | {
        f"operation:{o.id}" for o in contract.load().operations
    }
    assert entries
    for item in entries:
        assert any(item.matches(name) for name in names), item.requirement


# --- reports ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model_report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    """Return the report of a run of the model checks against the reference server."""
    with open_target(None, None, {}, None, 20.0, 3) as made:
        options = Options(tags=frozenset({"models"}), generated=False, seed=3)
        run = Run(made, options, pricing.Ledger(None))
        execute(run)
    found = build(run)
    directory = tmp_path_factory.mktemp("reports")
    write(found, directory)
    return found, directory


def test_the_honest_server_keeps_the_model_requirements(
    model_report: tuple[Report, Path],
) -> None:
    found, _ = model_report
    assert [item.id for item in found.lines if item.verdict != "pass"] == []
    assert found.exit_code() == 0


def test_the_json_form_keeps_its_schema(model_report: tuple[Report, Path]) -> None:
    _, directory = model_report
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    value = json.loads((directory / "report.json").read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(schema).validate(value)
    assert {item["tag"] for item in value["requirements"]} == {"models"}


def test_the_junit_form_counts_what_it_holds(model_report: tuple[Report, Path]) -> None:
    found, directory = model_report
    root = ET.parse(directory / "junit.xml").getroot()
    assert len(root.findall(".//testcase")) == len(found.lines)
    assert [suite.get("failures") for suite in root] == ["0"]


def test_the_page_needs_nothing_else(model_report: tuple[Report, Path]) -> None:
    found, directory = model_report
    page = (directory / "report.html").read_text(encoding="utf-8")
    for word in ('src="', "@import", "url(", 'href="http'):
        assert word not in page
    for item in found.lines:
        assert f'id="{item.id}"' in page
    assert "prefers-color-scheme" in page


def test_what_a_server_says_cannot_become_markup() -> None:
    def evil(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        status, sent, _ = envelope(400, "BAD_REQUEST")
        return status, {**sent, "X-Evil": "<script>"}, b"</script><script>alert(1)</script>\x00\x0b"

    def look(t: Session) -> None:
        response = t.send("GET", "/v1/models", key=None)
        t.assert_that(False, f"it says {response.text()}")

    with serving(evil) as (url, _):
        found = checked_against(url, [one(look, "MODELS-V1-01")], requirements=("MODELS-V1-01",))
    page = to_html(to_json(found))
    assert "<script>alert(1)" not in page
    assert page.count("<script>") == 1
    ET.fromstring(to_junit(found))


def test_an_interrupted_run_reports_what_is_known_so_far() -> None:
    def good(t: Session) -> None:
        t.assert_success(t.send("GET", "/v1/models", key=None))

    def stop(t: Session) -> None:
        raise KeyboardInterrupt

    with serving(lists_only) as (url, _):
        checks = [one(good, "MODELS-V1-01"), one(stop, "MODELS-INFO-04", exclusive=True)]
        found = checked_against(url, checks, requirements=("MODELS-V1-01", "MODELS-INFO-04"))
    assert found.interrupted
    assert line(found, "MODELS-V1-01").verdict == "pass"
    assert line(found, "MODELS-INFO-04").verdict == "not tested"
    assert found.exit_code() == 2


# --- against the reference server ---------------------------------------------------------------

SEEN = ("profile-nulls-left-out", "json-bom", "auth-before-validation", "image-no-disposition")


@pytest.mark.parametrize("name", SEEN)
def test_a_defect_is_found_by_a_check_that_cites_what_it_breaks(name: str) -> None:
    kill = meet_alone(name, DEFECTS[name].requirement, "")
    assert kill.killers
    assert not kill.whole


def test_generated_cases_stay_at_the_given_addresses_and_find_a_wrong_response(
    tmp_path: Path,
) -> None:
    requested: list[str] = []

    def behave(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        requested.append(headers.get("Host", ""))
        status, sent, content = lists_only(method, path, headers, body)
        return (
            (status, sent, b"[]")
            if status == 200 and len(requested) > 12
            else (status, sent, content)
        )

    with serving(behave) as (url, _):
        made = target.Target(url, None, timeout=10)
        options = Options(tags=frozenset({"models"}), examples=3)
        run = Run(made, options, pricing.Ledger(0), checks=[])
        execute(run)
        made.close()
    assert len(requested) > 12
    assert set(requested) == {url.removeprefix("http://")}
    assert any("GET /v1/models" in item.reason for item in run.violations.values())


def test_the_command_line_reports_and_leaves_files(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pollinations_conformance", "check", "--tag", "models",
         "--no-generated", "--report-dir", "out"],
        capture_output=True, text=True, cwd=tmp_path, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The contract holds" in done.stdout
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert names == {"report.json", "junit.xml", "report.html", "badge.svg"}


@pytest.mark.whole_run
def test_proxies_and_passwords_of_the_environment_are_not_used(tmp_path: Path) -> None:
    secrets = tmp_path / "netrc"
    secrets.write_text("machine 127.0.0.1 login ada password lovelace\n", encoding="utf-8")
    nowhere = "http://127.0.0.1:9"
    names = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
    environment = {**os.environ, "NETRC": str(secrets), **dict.fromkeys(names, nowhere)}
    done = subprocess.run(
        [sys.executable, "-m", "pollinations_conformance", "check", "--tag", "account",
         "--examples", "2", "--report-dir", "out"],
        capture_output=True, text=True, cwd=tmp_path, check=False, timeout=120, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert found["cases"]["valid"] > 0
    assert found["notes"] == []


def test_an_operation_for_which_no_case_could_be_made_is_no_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: object, __: object) -> None:
        raise ValueError("out of order")

    monkeypatch.setattr(cases.CaseValidator, "before", fail)
    with open_target(None, None, {}, None, 20.0, 1) as server:
        options = Options(tags=frozenset({"models"}), examples=2)
        run = Run(server, options, pricing.Ledger(None), checks=every())
        execute(run)
    found = build(run)
    assert line(found, "MODELS-V1-01").verdict == "error"
    assert "out of order" in line(found, "MODELS-V1-01").reason
    assert found.exit_code() == 2


def test_a_dry_run_sends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(lists_only) as (url, requested):
        assert cli.main(["check", "--base-url", url, "--dry-run", "--budget", "0.5"]) == 0
    assert requested == []
    assert "Budget: 0.5 pollen." in capsys.readouterr().out
