"""The commands that reports print: a long body is in them, compressed, unless it has a key in it."""

import random
import subprocess
import time
from dataclasses import replace

import pytest

from pollinations_conformance.reports.exchange import commands
from pollinations_conformance.suite.exchange import KEPT, Exchange
from pollinations_conformance.suite.keyring import MAIN, ROLES, Keyring
from pollinations_conformance.suite.target import Target
from tests.clocks import allowed

KEY = "sk_0123456789abcdefghij"
RUN = "1a2b3c4d"


@pytest.fixture
def target() -> Target:
    return Target("http://127.0.0.1:9", None, Keyring({MAIN: KEY}))


def exchange(body: bytes) -> Exchange:
    headers = (("Content-Type", "application/octet-stream"),)
    return Exchange("POST", "http://127.0.0.1:9/upload", headers, body, 200, (), b"", 0.1)


def written(line: str, run: str = "") -> bytes:
    """Return what a command writes to the standard input of curl."""
    source, mark, request = line.rpartition(" | curl ")
    assert mark
    assert request.endswith("--data-binary @-")
    return subprocess.run(
        ["bash", "-c", source],
        capture_output=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "RUN": run},
    ).stdout


@pytest.mark.parametrize(
    "body",
    [
        b"x" * 5000,
        b"\0\xff'\"$`\\\n" * 1000,
        "é😀".encode() * 2000,
        b"\0" * (KEPT + 1),
        b"head" + b"\0" * 10_000_000 + b"tail",
    ],
    ids=["text", "bytes", "beyond ASCII", "more than is kept", "10 MB"],
)
def test_a_long_body_is_written_as_it_was_sent(target: Target, body: bytes) -> None:
    (line,) = commands(target, [exchange(body).trimmed()], "")
    assert len(line) < 25_000
    assert written(line) == body


def test_a_prompt_in_a_long_body_is_new_each_time(target: Target) -> None:
    body = f'{{"a": "{RUN}", "b": "{"x" * 5000}", "c": "{RUN}"}}'.encode()
    _, line = commands(target, [exchange(body)], RUN)
    assert written(line, "77") == body.replace(RUN.encode(), b"77")


@pytest.mark.parametrize("size", [5000, KEPT + 1])
def test_a_long_body_with_a_key_in_it_is_not_printed(target: Target, size: int) -> None:
    body = b"x" * size + KEY.encode()
    (line,) = commands(target, [exchange(body).trimmed()], "")
    assert line.endswith(f"--data-binary @-  # {len(body)} bytes on stdin")


@pytest.mark.parametrize("filling", [b"\0", b"e"])
def test_a_key_is_found_wherever_it_is_in_a_body_that_is_filled(filling: bytes) -> None:
    key = "sk_" + "e" * 20
    target = Target("http://127.0.0.1:9", None, Keyring({MAIN: key}))
    long = filling * (KEPT + 1)
    beginning = key.encode().removesuffix(b"e" * 20 if filling == b"e" else b"")
    for body in (beginning + long, long + b" " + beginning + long, long + b" " + key.encode()):
        (line,) = commands(target, [exchange(body).trimmed()], "")
        assert line.endswith(f"--data-binary @-  # {len(body)} bytes on stdin")


def test_the_search_for_keys_in_long_bodies_takes_no_time() -> None:
    """It took five seconds for each, and so a minute of every run that uploads."""
    keys = {role: f"sk_{number:032}" for number, role in enumerate(ROLES)}
    target = Target("http://127.0.0.1:9", None, Keyring(keys))
    kept = exchange(b"head" + b"\0" * 10_000_000 + b"tail").trimmed()
    begin = time.process_time()
    commands(target, [kept], "")
    assert time.process_time() - begin < allowed(1.5)


@pytest.mark.parametrize("size", [KEPT // 2, 2 * KEPT])
def test_a_body_that_stays_long_is_not_printed(target: Target, size: int) -> None:
    body = random.Random(1).randbytes(size)
    (line,) = commands(target, [exchange(body).trimmed()], "")
    assert line.endswith(f"--data-binary @-  # {size} bytes on stdin")


def test_what_was_compressed_is_no_part_of_an_exchanges_text(target: Target) -> None:
    kept = exchange(b"x" * (KEPT + 1)).trimmed()
    assert repr(kept) == repr(replace(kept, request_packed=b""))
