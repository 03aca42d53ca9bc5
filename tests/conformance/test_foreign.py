"""Test that the suite says nothing untrue of servers that are not ours."""

import json
import socket
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pollinations_conformance.checks import every
from pollinations_conformance.contract import load
from pollinations_conformance.reports import known
from pollinations_conformance.reports.build import build
from pollinations_conformance.reports.model import Report
from pollinations_conformance.reports.text import to_text
from pollinations_conformance.server import running
from pollinations_conformance.suite import errors, keyring, pricing, target
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.keyring import ROLES
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.registry import Check
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.session import Session
from tests.clocks import SkippingClock
from tests.conformance import gateway, proxy
from tests.conformance.gateway_schemas import IMAGE_MODELS, IMAGE_QUERY

KEY = gateway.SECRET


def checked_against(
    url: str,
    checks: Sequence[Check] | None = None,
    keys: dict[str, str] | None = None,
    limit: float | None = 0.0,
    timeout: float = 10.0,
    tags: frozenset[str] = frozenset(),
    media: str | None = None,
    clock: SkippingClock | None = None,
) -> Report:
    made = target.Target(url, media, keyring.Keyring(keys or {}), timeout=timeout)
    options = Options(generated=False, tags=tags, jobs=8)
    if clock is not None:  # one request at a time, which may take until the clock was moved on
        made = target.Target(
            url, media, keyring.Keyring(keys or {}), timeout=1000.0, clock=clock.of_the_suite()
        )
        options = Options(generated=False, tags=tags, jobs=1)
    run = Run(made, options, pricing.Ledger(limit), checks=checks)
    try:
        execute(run)
    finally:
        made.close()
    return build(run, known.load(known.REAL_SERVICE, load()))


def reasons_of(found: Report, verdict: str) -> dict[str, str]:
    """Return the requirements of a verdict, with the reason."""
    return {line.id: line.reason for line in found.lines if line.verdict == verdict}


def check_of(function: Callable[[Session], None]) -> Check:
    return Check(f"test.{function.__name__}", function, ("CHAT-TOOL-06",), (), (), {}, False, "It.")


Reply = tuple[int, dict[str, str], bytes]


@contextmanager
def serving(behave: Callable[[str, str], Reply]) -> Generator[str]:
    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # or each response waits for what acknowledges its headers
        protocol_version = "HTTP/1.1"

        def response(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, content = behave(self.command, self.path)
            self.send_response_only(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_HEAD = do_OPTIONS = do_DELETE = response

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


# --- the network between ------------------------------------------------------------------------


def test_an_address_that_only_redirects_is_one_line_and_not_a_hundred_failures() -> None:
    def elsewhere(_: str, path: str) -> Reply:
        return 301, {"Location": f"https://gen.example.com{path}"}, b""

    with serving(elsewhere) as url, pytest.raises(errors.TargetError) as caught:
        checked_against(url, every())
    assert (
        str(caught.value) == f"{url} redirects to https://gen.example.com; give that as --base-url"
    )


@pytest.mark.whole_run
@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {"Server": "cloudflare", "Content-Type": "text/html", "CF-Mitigated": "challenge"}),
        (502, {"Server": "nginx", "Content-Type": "text/html"}),
        (503, {"Server": "CloudFront", "Content-Type": "text/html"}),
    ],
)
def test_pages_of_the_network_are_no_failures_of_the_service(
    status: int, headers: dict[str, str]
) -> None:
    def edge(_: str, __: str) -> Reply:
        return status, headers, b"<html>error code: 1020</html>"

    with serving(edge) as url:
        tags = frozenset({"models"})
        found = checked_against(url, every(), {"secret": KEY}, tags=tags, clock=SkippingClock())
    assert [line.id for line in found.lines if line.verdict in {"fail", "error"}] == []
    assert found.exit_code() == 2


def test_a_connection_that_was_closed_between_two_requests_is_made_anew() -> None:
    """A server may close an idle connection in the moment in which it is used again."""
    stop = threading.Event()

    def serve(listener: socket.socket) -> None:
        while not stop.is_set():
            try:
                link, _ = listener.accept()
            except OSError:
                return
            with link:
                link.recv(65536)
                link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
                link.recv(65536)  # the second request is read, and left without an answer

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        made = target.Target(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=5)
        responses = [made.fetch("GET", made.url("/text/models"), [], b"") for _ in range(3)]
        made.close()
        stop.set()
    assert [response.status for response in responses] == [200, 200, 200]


def test_a_model_that_takes_its_time_breaks_nothing() -> None:
    def slow(_: str, path: str) -> Reply:
        if path.startswith("/text/hello"):
            time.sleep(0.6)
        return 200, {"Content-Type": "text/plain"}, b"Hello."

    def send(t: Session) -> None:
        t.send("GET", "/text/hello")

    with serving(slow) as url:
        found = checked_against(url, [check_of(send)], {"secret": KEY}, None, timeout=0.3)
    line = next(item for item in found.lines if item.id == "CHAT-TOOL-06")
    assert (line.verdict, line.reason) == ("not tested", "no complete response within 0.3 s")


# --- the gateway of January 2026 ----------------------------------------------------------------

OLD_WAYS = {"AUTH-ORDER-02", "MODELS-KEY-01"}
"""What it did otherwise and is known for, as far as it shows without further keys."""
ALWAYS_THE_SAME = {
    "CHAT-AUDIO-01",
    "CHAT-CITE-01",
    "CHAT-FORMAT-01",
    "CHAT-FORMAT-02",
    "CHAT-LOGPROB-01",
    "CHAT-RES-03",
    "CHAT-STREAM-14",
    "CHAT-TOOL-01",
    "CHAT-TOOL-05",
    "IMG-GET-15",
    "TEXT-GET-11",
}
"""What recorded answers truly break: they are old, and heed neither formats nor tools nor sizes."""
BEYOND_THE_MODEL = {"CHAT-AUDIO-01", "CHAT-FORMAT-02", "CHAT-LOGPROB-01"}
"""What the stand-in's model cannot do at all; the rest it does, if not at every time of asking."""


@pytest.mark.whole_run
def test_without_a_key_only_what_the_old_gateway_did_otherwise_is_reported() -> None:
    with gateway.serving(gateway.Gateway()) as url:
        found = checked_against(url, every())
    assert reasons_of(found, "fail") | reasons_of(found, "error") == {}
    assert set(reasons_of(found, "known")) == OLD_WAYS
    assert found.unexpected == []
    assert found.exit_code() == 1
    gone = {item["id"] for item in found.missing()}
    assert {"getAccountKey", "generateAudio", "createSpeech", "listAudioModels"} <= gone


def test_what_an_old_gateway_lacks_is_one_line_for_each_part_and_no_failure() -> None:
    with gateway.serving(gateway.Gateway()) as url:
        found = checked_against(url, every(), {"secret": KEY}, tags=frozenset({"account", "audio"}))
    assert reasons_of(found, "fail") | reasons_of(found, "error") == {}
    reasons = reasons_of(found, "not tested")
    lacking = [name for name, reason in reasons.items() if "gets 404" in reason]
    assert len(lacking) > 50
    assert reasons_of(found, "pass") == {}
    assert reasons["ACC-KEY-05"] == "the server lacks an operation: GET /account/key gets 404"
    shown = to_text(found).plain
    assert "5 operations are missing (each gets 404): GET /account/profile, " in shown
    assert "3 operations are missing (each gets 404): GET /audio/{text}, " in shown


def test_what_says_that_an_operation_is_missing_is_not_validated_as_its_response() -> None:
    """The old gateway worked once on several requests for a path that it did not have."""

    def nothing(_: str, path: str) -> Reply:
        marks = {"X-Cache": "HIT", "X-Cache-Type": "DEDUP", "Content-Type": "application/json"}
        return 404, marks, b"{}"

    checks = [item for item in every() if "CACHE-NONE-01" in item.requirements]
    with serving(nothing) as url:
        found = checked_against(url, checks, {"secret": KEY}, 5.0)
    lines = {line.id: line.verdict for line in found.lines}
    assert lines["CACHE-NONE-01"] == "not tested"


@pytest.mark.parametrize(("off", "verdict"), [(0, "pass"), (60, "fail")])
def test_a_date_that_was_written_some_time_before_does_not_make_expires_in_wrong(
    off: int, verdict: str
) -> None:
    def key_document(_: str, path: str) -> Reply:
        if not path.startswith("/account/key"):
            return 404, {}, b"{}"
        now = datetime.now(UTC)
        body = {
            "valid": True,
            "type": "secret",
            "name": None,
            "expiresAt": f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%S.000Z}",
            "expiresIn": 3600 + off,
        }
        stale = format_datetime(now - timedelta(seconds=9), usegmt=True)
        headers = {"Date": stale, "Content-Type": "application/json"}
        return 200, headers, json.dumps(body).encode()

    checks = [item for item in every() if "ACC-KEY-05" in item.requirements]
    with serving(key_document) as url:
        found = checked_against(url, checks, {"secret": KEY, "expiring": "sk_" + "e" * 32})
    line = next(line for line in found.lines if line.id == "ACC-KEY-05")
    assert line.verdict == verdict, line.reason


@pytest.mark.whole_run
def test_violations_are_attributed_to_recorded_responses_for_what_they_are_and_nothing_else() -> (
    None
):
    with gateway.serving(gateway.Gateway("replay")) as url:
        keys = {
            "secret": KEY,
            "restricted": gateway.RESTRICTED,
            "empty-balance": gateway.EMPTY_BALANCE,
        }
        found = checked_against(url, every(), keys, 5.0)
    assert set(reasons_of(found, "fail")) == ALWAYS_THE_SAME
    assert set(reasons_of(found, "known")) == {*OLD_WAYS, "AUTH-BUDGET-02", "IMG-GET-12"}
    said = next(line.reason for line in found.lines if line.id == "IMG-GET-12")
    assert "is decoded twice" in said
    # A function is called that was not offered, so nothing is known of the one that was named.
    reason = reasons_of(found, "not tested")["CHAT-TOOL-04"]
    assert reason.startswith("because CHAT-TOOL-01 fails: ")
    assert reasons_of(found, "error") == {}


@pytest.mark.whole_run
@pytest.mark.parametrize("seed", [1, 2])
def test_nondeterministic_output_is_no_failure_of_the_gateway(seed: int) -> None:
    clock = SkippingClock()
    with gateway.serving(gateway.Gateway("model", seed, clock=clock.of_the_suite())) as url:
        found = checked_against(url, every(), {"secret": KEY}, 5.0, clock=clock)
    assert set(reasons_of(found, "fail")) == BEYOND_THE_MODEL, reasons_of(found, "fail")
    assert reasons_of(found, "error") == {}


@pytest.mark.whole_run
def test_a_balance_that_runs_empty_is_no_failure_of_the_gateway() -> None:
    with gateway.serving(gateway.Gateway("replay", balance=0.003)) as url:
        found = checked_against(url, every(), {"secret": KEY}, 5.0)
    # Where the pollen is gone before CHAT-TOOL-01 is tested, this does not count as its consequence.
    known = ALWAYS_THE_SAME | {"CHAT-TOOL-04"}
    assert set(reasons_of(found, "fail")) <= known, reasons_of(found, "fail")
    assert any("pollen" in reason for reason in reasons_of(found, "not tested").values())


@pytest.mark.whole_run
def test_a_key_that_may_use_some_models_only_is_no_failure_of_the_gateway() -> None:
    tags = frozenset({"general", "image"})
    with gateway.serving(gateway.Gateway("replay")) as url:
        found = checked_against(url, every(), {"secret": gateway.RESTRICTED}, 5.0, tags=tags)
    assert set(reasons_of(found, "fail")) <= ALWAYS_THE_SAME, reasons_of(found, "fail")


def test_a_publishable_key_is_not_expected_to_go_unlimited() -> None:
    checks = [item for item in every() if "LIMIT-PK-02" in item.requirements]
    with gateway.serving(gateway.Gateway("replay")) as url:
        found = checked_against(url, checks, {"secret": gateway.PUBLISHABLE}, 5.0)
    assert reasons_of(found, "not tested")["LIMIT-PK-02"] == "the run's key is a publishable one"


def test_a_key_used_too_often_is_waited_for() -> None:
    """The old gateway answered 401 then, as if the key were none, until a second was quiet."""
    tags = frozenset({"text"})
    clock = SkippingClock()
    with gateway.serving(gateway.Gateway("replay", clock=clock.of_the_suite())) as url:
        found = checked_against(
            url, every(), {"secret": gateway.LIMITED}, 5.0, tags=tags, clock=clock
        )
    assert set(reasons_of(found, "fail")) <= ALWAYS_THE_SAME, reasons_of(found, "fail")
    assert reasons_of(found, "not tested") == {}
    assert len(reasons_of(found, "pass")) > 8


@pytest.mark.whole_run
def test_what_keys_used_too_often_get_is_no_failure() -> None:
    """A model list did not even say so: it was the one for somebody without a key."""
    wanted = ("AUTH-MODEL-", "AUTH-QUERY-", "MODELS-", "LIMIT-PK-")
    checks = [item for item in every() if item.requirements[0].startswith(wanted)]
    clock = SkippingClock()
    service = gateway.Gateway("replay", clock=clock.of_the_suite())
    for key in service.keys.values():
        key.per_second = 5
    keys = {"secret": KEY, "restricted": gateway.RESTRICTED, "publishable": gateway.PUBLISHABLE}
    with gateway.serving(service) as url:
        found = checked_against(url, checks, keys, 5.0, clock=clock)
    assert set(reasons_of(found, "fail")) <= ALWAYS_THE_SAME, reasons_of(found, "fail")
    passed = set(reasons_of(found, "pass"))
    assert passed >= {"AUTH-MODEL-01", "AUTH-QUERY-01", "MODELS-INFO-04", "MODELS-V1-03"}
    assert passed >= {"LIMIT-PK-01", "LIMIT-PK-02", "LIMIT-PK-03", "LIMIT-PK-04"}


@pytest.mark.whole_run
def test_keys_that_nobody_has_are_no_failure_of_the_gateway() -> None:
    """It answered the model lists with them, so that these do not tell that a key is good."""
    keys = {
        "secret": "sk_Mistyped000000000000000000000001",
        "restricted": "sk_Mistyped000000000000000000000002",
        "empty-balance": "sk_Mistyped000000000000000000000003",
        "publishable": "pk_Mistyped0000001",
    }
    clock = SkippingClock()
    with gateway.serving(gateway.Gateway("replay", clock=clock.of_the_suite())) as url:
        found = checked_against(url, every(), keys, 5.0, clock=clock)
    assert reasons_of(found, "fail") | reasons_of(found, "error") == {}
    refused = [name for name, why in reasons_of(found, "not tested").items() if "refuses" in why]
    assert len(refused) > 60
    vain = {"AUTH-MODEL-01", "AUTH-MODEL-02", "AUTH-MODEL-03", "MODELS-INFO-04", "MODELS-V1-03"}
    assert vain <= set(reasons_of(found, "not tested"))


def test_a_key_that_is_taken_back_is_not_waited_for_without_end() -> None:
    """After three requests that waiting did not help, a 401 is taken for what it is."""
    seen: list[str] = []

    def once(_: str, path: str) -> Reply:
        if path.startswith("/text/models"):
            seen.append(path)
        if len(seen) == 1:
            return 200, {"Content-Type": "application/json"}, b"[]"
        return 401, {"Content-Type": "application/json"}, b"{}"

    def send(t: Session) -> None:
        for _ in range(12):
            t.send("GET", "/text/models", probe=True)

    with serving(once) as url:
        checked_against(url, [check_of(send)], {"secret": KEY}, clock=SkippingClock())
    assert 4 < len(seen) < 12 * 4


def test_while_a_publishable_key_waits_only_what_is_there_is_validated() -> None:
    """The old gateway answered 429 then on paths that it did not have as well."""
    checks = [item for item in every() if item.requirements[0].startswith("LIMIT-PK-")]
    keys = {"secret": KEY, "publishable": gateway.PUBLISHABLE}
    clock = SkippingClock()
    with gateway.serving(gateway.Gateway("replay", clock=clock.of_the_suite())) as url:
        found = checked_against(url, checks, keys, 5.0, clock=clock)
    lines = {line.id: line.verdict for line in found.lines if line.id.startswith("LIMIT-PK-")}
    assert lines == {f"LIMIT-PK-0{number}": "pass" for number in range(1, 5)}, reasons_of(
        found, "fail"
    )


@pytest.mark.parametrize("number", [1, 3, 4])
def test_each_requirement_of_the_limiter_is_broken_on_its_own(number: int) -> None:
    defect = {1: "limit-envelope", 3: "retry-after-long", 4: "limit-everywhere"}[number]
    checks = [item for item in every() if item.requirements[0].startswith("LIMIT-PK-")]
    clock = SkippingClock()
    with running(seed=1, defects=[defect], clock=clock.now) as server:
        keys = {role: server.keys[role] for role in ROLES}
        found = checked_against(server.base_url, checks, keys, None, clock=clock)
    broken = [name for name in reasons_of(found, "fail") if name.startswith("LIMIT-")]
    assert broken == [f"LIMIT-PK-0{number}"], reasons_of(found, "fail")


def test_videos_that_do_not_play_are_one_line() -> None:
    """Recordings that were kept as text are no videos any more, but still of type video/mp4."""

    class Kept(gateway.Gateway):
        def image(
            self,
            target: str,
            pairs: list[tuple[str, str]],
            _: bytes,
            key: gateway.Key | None,
            __: dict[str, str],
        ) -> gateway.Reply:
            requested = self.query(IMAGE_QUERY, pairs).get("model", "zimage")
            if self.authorize(key, requested, IMAGE_MODELS)["name"] != "veo":
                return super().image(target, pairs, _, key, __)
            headers = {
                "Content-Type": "video/mp4",
                "Content-Disposition": 'inline; filename="a-cat-waving.mp4"',
                "x-model-used": "veo",
                "x-usage-completion-video-seconds": "4",
                "x-usage-total-tokens": "4",
            }
            broken = b"\x00\x00\x00 ftypisom" + "\ufffd".encode() * 999
            return gateway.Reply(200, [*headers.items(), *gateway.OPEN], broken)

    with gateway.serving(Kept("replay")) as url:
        found = checked_against(url, every(), {"secret": KEY}, 5.0, tags=frozenset({"image"}))
    assert set(reasons_of(found, "fail")) - ALWAYS_THE_SAME == {"IMG-GET-01"}, reasons_of(
        found, "fail"
    )
    assert "cannot be decoded" in reasons_of(found, "fail")["IMG-GET-01"]
    assert "IMG-GET-16" in reasons_of(found, "not tested")


@pytest.mark.parametrize("defect", ["text-stream-ignored", "stream-called-json"])
def test_what_is_no_stream_is_not_held_against_what_streams_must_be(defect: str) -> None:
    checks = [item for item in every() if "STREAM" in item.requirements[0]]
    with running(seed=1, defects=[defect]) as server:
        keys = {role: server.keys[role] for role in ROLES}
        found = checked_against(server.base_url, checks, keys, None)
    broken = {
        name for name in reasons_of(found, "fail") if "STREAM" in name or name == "TEXT-GET-08"
    }
    assert broken == {"text-stream-ignored": {"TEXT-GET-08"},
                      "stream-called-json": {"CHAT-STREAM-01"}}[defect]  # fmt: skip


# --- a proxy in front ---------------------------------------------------------------------------


@pytest.mark.whole_run
@pytest.mark.parametrize(
    "manner",
    [
        proxy.Manner(compress=True, lower=True, close="openly"),
        proxy.Manner(pieces=3, delay=0.01),
        proxy.Manner(version="HTTP/1.0"),
        proxy.Manner(pieces=700, close="silently"),
    ],
    ids=["gzip", "cut", "old", "closing"],
)
def test_a_proxy_in_front_of_an_honest_server_changes_no_verdict(manner: proxy.Manner) -> None:
    tags = frozenset({"text", "media"})
    with (
        running(seed=1) as server,
        proxy.before(server.base_url, manner) as url,
        proxy.before(server.media_url, manner, 2) as media,
    ):
        keys = {role: server.keys[role] for role in ROLES}
        found = checked_against(url, every(), keys, None, tags=tags, media=media)
    assert set(reasons_of(found, "pass")) == {line.id for line in found.lines}, reasons_of(
        found, "fail"
    )
