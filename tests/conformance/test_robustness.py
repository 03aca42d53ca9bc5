"""No response ends a run without a report, holds it up, or costs the machine."""

import contextlib
import functools
import gzip
import json
import random
import re
import resource
import socket
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

import pytest

from pollinations_conformance.checks import every
from pollinations_conformance.reports.build import build
from pollinations_conformance.reports.text import to_text
from pollinations_conformance.suite.errors import Unreachable
from pollinations_conformance.suite.exchange import KEPT, Exchange
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.outcome import evidence
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.registry import FEATURES, WATCHES
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import Target
from pollinations_conformance.suite.transport import MAX_BODY, inflate
from tests.clocks import allowed

Speak = Callable[[socket.socket], None]


@contextlib.contextmanager
def speaking(speak: Speak) -> Generator[str]:
    """Read each request's head, and then do to its connection what is to be done."""
    listener = socket.create_server(("127.0.0.1", 0))

    def work(link: socket.socket) -> None:
        with link, contextlib.suppress(OSError):
            link.settimeout(20)
            data = b""
            while b"\r\n\r\n" not in data:
                block = link.recv(65536)
                if not block:
                    return  # it was given up before the request was sent
                data += block
            speak(link)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _ = listener.accept()
                threading.Thread(target=work, args=(link,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


def response(body: bytes, *headers: str, status: int = 200) -> bytes:
    """Write a response in JSON."""
    lines = [f"HTTP/1.1 {status} x", "Content-Type: application/json", "Connection: close"]
    lines += [f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def trickle(link: socket.socket) -> None:
    """Send a header for as long as anybody listens."""
    link.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        link.sendall(b"a")
        time.sleep(0.05)


def hint(link: socket.socket) -> None:
    """Send one interim response after the other."""
    while True:
        link.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        time.sleep(0.005)


@functools.cache
def bomb() -> bytes:
    """Pack a long list twice, when a test first asks for it."""
    return gzip.compress(gzip.compress(b"[" + b"0," * (20 * 2**20) + b"0]", mtime=0))


@functools.cache
def long_text() -> bytes:
    """Write a response that is too long, once for all requests."""
    return response(b'"' + b"x" * (MAX_BODY + 9) + b'"')


HOSTILE: dict[str, Speak] = {
    "nested": lambda link: link.sendall(response(b"[" * 1_000_000)),
    "gzip in gzip": lambda link: link.sendall(response(bomb(), "Content-Encoding: gzip, gzip")),
    "many values": lambda link: link.sendall(response(b"[" + b"{}," * 2_000_000 + b"{}]")),
    "a long text": lambda link: link.sendall(long_text()),
    "a surrogate": lambda link: link.sendall(
        response(b'{"error":{"message":"\\ud800"}}', status=400)
    ),
    "escapes": lambda link: link.sendall(
        response(b'{"error":{"message":"\\u001b]0;owned\\u0007"}}', status=400)
    ),
    "a trickle": trickle,
    "hints": hint,
}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_whatever_a_server_sends_there_is_a_report_in_time_and_little_memory(kind: str) -> None:
    bomb()  # which takes longer than a response may
    # What never ends is given up by the clock; a busy machine may be long about the rest.
    endless = kind in {"a trickle", "hints"}
    timeout, clock = (0.4, time.monotonic) if endless else (20.0, time.process_time)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with speaking(HOSTILE[kind]) as url:
        target = Target(url, timeout=timeout)
        options = Options(
            tags=frozenset({"models"}), generated=False, max_time=1.5 if endless else 60.0
        )
        run = Run(target, options, Ledger(0), checks=every())
        begin = clock()
        execute(run)
        took = clock() - begin
        target.close()
    text = to_text(build(run), verbose=True)
    assert "MODELS-V1-01" in str(text)
    assert "\x1b" not in str(text).replace("\x1b[", "")
    assert took < allowed(5)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 2**10
    assert {item.verdict for item in run.outcomes} <= {"pass", "fail", "not tested"}


def test_a_deadline_is_one_for_the_whole_exchange() -> None:
    for speak in (trickle, hint):
        with speaking(speak) as url:
            target = Target(url, timeout=0.5)
            begin = time.monotonic()
            with pytest.raises(Unreachable, match=r"no complete response within 0\.5 s"):
                target.fetch("GET", f"{url}/x", [], b"")
            assert time.monotonic() - begin < 2
            target.close()


@pytest.mark.parametrize(
    ("codings", "content", "wanted"),
    [
        (["gzip"], gzip.compress(b"hello", mtime=0), b"hello"),
        (["gzip", "gzip"], gzip.compress(gzip.compress(b"hello", mtime=0), mtime=0), b"hello"),
        (["deflate"], b"x\x9c\xcbH\xcd\xc9\xc9\x07\x00\x06,\x02\x15", b"hello"),
        (["deflate"], b"\xcbH\xcd\xc9\xc9\x07\x00", b"hello"),
        (["identity"], b"hello", b"hello"),
        (["br"], b"hello", b"hello"),
        (["gzip"], b"", b""),
    ],
)
def test_content_codings_are_undone(codings: list[str], content: bytes, wanted: bytes) -> None:
    assert inflate(content, codings) == wanted


@pytest.mark.parametrize(
    ("codings", "content", "said"),
    [
        (["gzip"], gzip.compress(b"hello" * 99, mtime=0)[:-12], "cut off"),
        (["gzip"], b"no gzip", "is not gzip"),
        (["gzip"] * 4, b"x", "4 content codings"),
        (["gzip", "gzip"], bomb, "longer than"),
    ],
)
def test_a_body_that_is_not_encoded_as_it_says_is_refused(
    codings: list[str], content: bytes | Callable[[], bytes], said: str
) -> None:
    with pytest.raises(Unreachable, match=said):
        inflate(content if isinstance(content, bytes) else content(), codings)


NAMES = re.findall(
    r"\w+",
    """
    choices usage error details fieldErrors message delta index id model created data stream seed
    object name aliases pricing permissions expiresAt expiresIn timestamp code status count date
    cost_usd requests balance type tool_calls function arguments finish_reason content logprobs
    citations audio url contentType size duplicate prompt_tokens total_tokens models account
    """,
)
LEAVES: tuple[Any, ...] = (None, True, 0, -1, 1.5, 1e999, "x", "\ud800", 10**30, [], {}, [[]])


def anything(chance: random.Random, depth: int = 0) -> Any:
    """Make a JSON value with names that the contract knows."""
    if depth > 3 or chance.random() < 0.4:
        return chance.choice(LEAVES)
    if chance.random() < 0.3:
        return [anything(chance, depth + 1) for _ in range(chance.randrange(3))]
    names = chance.sample(NAMES, chance.randrange(1, 9))
    return {name: anything(chance, depth + 1) for name in names}


def test_no_watch_and_no_feature_fails_on_any_exchange() -> None:
    checks = every()
    operations = sorted({name for item in checks for name in item.operations})
    chance = random.Random(1)
    types = ("application/json", "text/event-stream", "text/csv", "image/png", "")
    for _ in range(1500):
        body = json.dumps(anything(chance)).encode()
        if chance.random() < 0.3:
            body = b"data: " + body + b"\n\ndata: [DONE]\n\n"
        headers = [
            ("Content-Type", chance.choice(types)),
            ("X-Cache", chance.choice(("HIT", "MISS", "?"))),
            ("x-usage-total-tokens", chance.choice(("1", "x", "nan"))),
            ("Date", "soon"),
            ("X-Cache-Date", "\x00"),
        ]
        exchange = Exchange(
            method=chance.choice(("GET", "POST", "HEAD")),
            url="http://127.0.0.1/x" + chance.choice(("", "?key=a&format=csv&seed=-1&limit=x")),
            request_headers=(("Content-Type", "application/json"),),
            request_body=json.dumps(anything(chance)).encode(),
            status=chance.choice((200, 200, 200, 400, 401, 404, 429, 500)),
            headers=tuple(headers[: chance.randrange(6)]),
            content=body,
            seconds=0.1,
            operation=chance.choice(operations),
            key=chance.choice(("", "secret", "bogus")),
        )
        for watch in WATCHES.values():
            watch.look(exchange)
        for feature in FEATURES.values():
            feature.shows(exchange)


def exchange_of(serial: int, content: bytes = b"") -> Exchange:
    return Exchange("GET", f"http://x/{serial}", (), b"", 200, (), content, 0.0, serial=serial)


def test_the_exchange_that_shows_a_failure_is_the_last_one_and_those_after_it_are_left_out() -> (
    None
):
    made = [exchange_of(number) for number in range(1, 10)]
    assert [item.serial for item in evidence(made, None)] == [4, 5, 6, 7, 8, 9]
    assert [item.serial for item in evidence(made, made[2])] == [1, 2, 3]
    assert [item.serial for item in evidence(made, exchange_of(77))] == [5, 6, 7, 8, 9, 77]


def test_of_a_long_body_only_the_beginning_is_kept_for_reports() -> None:
    kept = exchange_of(1, b"x" * (KEPT + 10)).trimmed()
    assert len(kept.content) == KEPT
    assert kept.size == KEPT + 10
    short = exchange_of(1, b"x")
    assert short.trimmed() is short


@pytest.mark.parametrize("body", [b"", b"late"])
def test_a_raw_response_is_over_soon_after_its_last_byte_though_the_connection_stays_open(
    body: bytes,
) -> None:
    released = threading.Event()

    def stay(link: socket.socket) -> None:
        link.sendall(response(b"").replace(b"Content-Length: 0", b"Content-Length: 4"))
        time.sleep(0.1)
        link.sendall(body)
        released.wait(20)

    with speaking(stay) as url:
        target = Target(url, timeout=5)
        begin = time.monotonic()
        found = target.raw(
            "gateway", lambda host, _: f"HEAD / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        )
        took = time.monotonic() - begin
        released.set()
        target.close()
    assert found.partition(b"\r\n\r\n")[2] == body
    assert took < allowed(1)
