"""Injected faults, the recording and the report: what `serve` offers to authors of clients."""

import http.client
import json
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from pollinations_conformance.cli.main import main
from pollinations_conformance.http import har
from pollinations_conformance.server import RunningServer
from pollinations_conformance.server.accounts import DEMO_KEY
from pollinations_conformance.server.faults import faults
from pollinations_conformance.server.options import SERVICE_DEPARTURES
from pollinations_conformance.suite.keyring import read_keys

Send = Callable[..., httpx.Response]
STREAM = {"messages": [{"role": "user", "content": "Hello"}], "stream": True}


def raw(server: RunningServer, fault: str | None) -> tuple[int, bytes, str]:
    """Request a stream; return the status, the bytes and how the response ended."""
    connection = http.client.HTTPConnection(urlsplit(server.base_url).netloc, timeout=10)
    headers = {
        "Authorization": f"Bearer {server.keys['secret']}",
        "Content-Type": "application/json",
    }
    if fault:
        headers["X-Contract-Fault"] = fault
    connection.request("POST", "/v1/chat/completions", json.dumps(STREAM), headers)
    try:
        response = connection.getresponse()
    except (http.client.RemoteDisconnected, ConnectionResetError):
        return 0, b"", "reset"
    try:
        return response.status, response.read(), "whole"
    except http.client.IncompleteRead as error:
        return response.status, error.partial, "cut"
    except ConnectionResetError:
        return response.status, b"", "cut"
    finally:
        connection.close()


@pytest.mark.parametrize("fault", sorted(faults()))
def test_every_fault_is_seen_and_the_next_request_is_honest(
    server: RunningServer, fault: str
) -> None:
    if fault in ("slow-first-byte", "stream-slow", "slow-body"):
        pytest.skip("only slow; has a test of its own")
    honest = raw(server, None)
    faulty = raw(server, fault)
    if faults()[fault].get("change", {}).get("bytes"):
        assert faulty == honest  # only the pieces differ, which no client should notice
    else:
        assert faulty != honest
    assert raw(server, None) == honest


@pytest.mark.parametrize(
    ("fault", "ending"),
    [
        ("stream-cut", "cut"),
        ("reset-at-once", "reset"),
        ("stream-stops", "whole"),
        ("edge-524", "whole"),
    ],
)
def test_how_a_faulty_response_ends(server: RunningServer, fault: str, ending: str) -> None:
    assert raw(server, fault)[2] == ending


def test_a_fault_may_stand_behind_the_key(server: RunningServer) -> None:
    marked = server.keys["secret"] + "!relayed-418"
    for request in (
        {"headers": {"Authorization": f"Bearer {marked}"}},
        {"params": {"key": marked}},
    ):
        assert httpx.get(server.base_url + "/text/x", **request).status_code == 418  # type: ignore[arg-type]


def test_pieces_of_a_stream_split_characters(server: RunningServer) -> None:
    headers = {
        "Authorization": f"Bearer {server.keys['secret']}",
        "X-Contract-Fault": "split-characters",
    }
    with httpx.stream(
        "POST", server.base_url + "/v1/chat/completions", json=STREAM, headers=headers
    ) as response:
        pieces = list(response.iter_raw())
    assert b"".join(pieces).endswith(b"data: [DONE]\n\n")
    assert len(pieces) > 20


def test_a_slow_first_byte_is_slow(server: RunningServer) -> None:
    started = time.monotonic()
    assert raw(server, "slow-first-byte")[0] == 200
    assert time.monotonic() - started >= 2


def test_an_unknown_fault_is_refused_with_the_known_ones(server: RunningServer) -> None:
    status, body, _ = raw(server, "no-such-fault")
    assert status == 400
    assert json.loads(body)["faults"] == sorted(faults())


# --- the command ----------------------------------------------------------------------------------


class Served:
    """`pollinations-conformance serve --json`, in a process of its own."""

    def __init__(self, *args: str) -> None:
        command = [sys.executable, "-m", "pollinations_conformance", "serve", "--json"]
        self.process = subprocess.Popen(
            [*command, "--port", "0", "--media-port", "0", *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.started: dict[str, Any] = json.loads(line) if line else {}

    def stop(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGINT)
        _, err = self.process.communicate(timeout=10)
        return self.process.returncode, err


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*args: str) -> Served:
        started.append(Served(*args))
        return started[-1]

    yield start
    for served in started:
        if served.process.poll() is None:
            served.process.kill()
        served.process.communicate()


def test_serve_records_and_reports_without_keys(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    out = tmp_path / "out.har"
    served = serve("--record", str(out), "--log")
    key = served.started["keys"]["secret"]
    httpx.get(f"{served.started['base_url']}/text/recorded?key={key}")
    headers = {"Authorization": f"Bearer {key}"}
    httpx.post(f"{served.started['base_url']}/v1/chat/completions", json=STREAM, headers=headers)
    httpx.get(f"{served.started['base_url']}/text/wrong?seed=x&key={key}")
    code, err = served.stop()
    assert code == 1
    assert key not in out.read_text("utf-8") + err
    exchanges = list(har.read(out))
    assert [e.request.path for e in exchanges] == [
        "/text/recorded",
        "/v1/chat/completions",
        "/text/wrong",
    ]
    assert exchanges[1].response is not None
    assert (exchanges[1].response.body or b"").endswith(b"data: [DONE]\n\n")
    assert "gateway GET /text/recorded -> 200" in err


def test_serve_says_what_the_profile_service_does_otherwise(serve: Callable[..., Served]) -> None:
    assert "departures" not in serve().started
    served = serve("--profile", "service")
    assert served.started["departures"] == SERVICE_DEPARTURES
    assert httpx.post(f"{served.started['base_url']}/openai", json=STREAM).status_code == 404


def test_serve_exits_with_0_when_the_contract_allows_it_all(serve: Callable[..., Served]) -> None:
    served = serve("--grade", "--seed", "5")
    key = served.started["keys"]["secret"]
    assert httpx.get(f"{served.started['base_url']}/text/fine?key={key}").status_code == 200
    code, err = served.stop()
    assert code == 0
    assert json.loads(err)["valid"] is True


def test_serve_writes_the_keys_it_prints_and_reports_in_plain_text(tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    command = [sys.executable, "-m", "pollinations_conformance", "serve", "--grade"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--media-port", "0", "--write-keys", str(keys)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    while "curl" not in lines[-1]:
        lines.append(process.stdout.readline())
    printed = dict(line.split() for line in lines if re.fullmatch(r"  [\w-]+ +[sp]k_\w+\n", line))
    base = lines[0].split()[1]
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert read_keys(keys).items() <= printed.items()
    assert DEMO_KEY in lines[-1]
    httpx.get(f"{base}/image/bee?width=wide&key={DEMO_KEY}")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 1
    assert err.startswith("1 request, not all valid: 1 kind of violations.\n")
    assert "\n  ✗ query.width: " in err


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_is_graded(serve: Callable[..., Served]) -> None:
    served = serve("--grade", "--key", "name=mine,type=pk,balance=3")
    base, media, keys = (
        served.started["base_url"],
        served.started["media_url"],
        served.started["keys"],
    )
    header = f"Authorization: Bearer {keys['mine']}"
    for args in (
        [f"{base}/text/hello", "-H", header],
        [f"{base}/v1/chat/completions", "-H", header, "-N", "--json", json.dumps(STREAM)],
        [f"{base}/v1/audio/transcriptions", "-H", header, "-F",
         "file=@-;filename=a.mp3;type=audio/mpeg", "-F", "model=whisper-1"],
        [f"{media}/upload?key={keys['secret']}", "-H", "Content-Type: image/png", "--data-binary", "picture"],
    ):  # fmt: skip
        done = subprocess.run(
            ["curl", "-sS", "--fail-with-body", *args],
            input=b"sound",
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0 or b"Rate limit" in done.stdout, done.stdout
    code, err = served.stop()
    assert (code, json.loads(err)["valid"]) == (0, True)
    assert json.loads(err)["requests"] == 4


def test_serve_refuses_what_it_does_not_understand(
    server: RunningServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = server.base_url.rpartition(":")[2]
    (tmp_path / "garbage").write_bytes(b"\xff\xfe")
    for args, text in (
        (["--defect", "no-such-defect"], "no defect of the name"),
        (["--key", "type=pk"], "no name"),
        (["--key", "name=x,budget=much"], "is no number"),
        (["--port", port], f"cannot listen on port {port} of 127.0.0.1: "),
        (["--port", "70000"], "Invalid value for '--port'"),
        (["--latency", "nan"], "Invalid value for '--latency'"),
        (["--record", str(tmp_path / "none" / "out.har")], "name another file"),
        (["--write-keys", str(tmp_path / "none" / "keys.toml")], "name another file"),
        (["--contract", str(tmp_path / "garbage")], "Error: " + str(tmp_path / "garbage")),
    ):
        assert main(["serve", "--port", "0", "--media-port", "0", *args]) == 2
        error = capsys.readouterr().err
        assert text in error
        assert "Traceback" not in error


@pytest.mark.skipif(sys.platform == "win32", reason="the time of child processes is not reported")
def test_serve_starts_with_less_than_a_second_of_work(serve: Callable[..., Served]) -> None:
    import resource

    def used() -> float:
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        return spent.ru_utime + spent.ru_stime

    before = used()
    served = serve()
    assert httpx.get(served.started["base_url"] + "/v1/models").status_code == 200
    served.stop()
    assert used() - before < 1.0  # work, not wall time: other tests may run beside this one
