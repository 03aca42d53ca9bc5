"""Test what the proxy reports, records, rewrites, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pollinations_conformance.cli.main import main
from pollinations_conformance.contract import load
from pollinations_conformance.http import har
from pollinations_conformance.proxy.page import to_html
from pollinations_conformance.proxy.report import Report
from pollinations_conformance.replay.base_urls import BaseURL
from pollinations_conformance.replay.report import replay
from pollinations_conformance.server import RunningServer, running
from tests.proxy.places import Running, exchange, get, proxied, responding, upstream

PROMPT = {"messages": [{"role": "user", "content": "Name a colour."}]}
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running() as started:
        yield started


@pytest.fixture
def key(server: RunningServer) -> str:
    return server.keys["secret"]


def chat(proxy: Running, key: str, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{proxy.url}/v1/chat/completions", json={**PROMPT, **body}, headers=headers)


def upload(proxy: Running, key: str) -> httpx.Response:
    files = {"file": ("a.png", PNG, "image/png")}
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{proxy.media_url}/upload", files=files, headers=headers)


def test_valid_traffic_ends_with_0(server: RunningServer, key: str) -> None:
    with proxied(server.base_url, server.media_url) as proxy:
        assert chat(proxy, key).status_code == 200
        assert chat(proxy, key, stream=True).text.endswith("data: [DONE]\n\n")
        assert httpx.get(f"{proxy.url}/v1/models").status_code == 200
        assert httpx.get(f"{proxy.url}/image/bee", params={"key": key}).status_code == 200
        assert upload(proxy, key).status_code == 200
    assert proxy.lines == []
    assert proxy.report.exit_code == 0
    assert proxy.report.verdicts == {"holds": 5}
    assert proxy.report.operations["uploadMedia"] == {"holds": 1}
    assert "All traffic is valid." in proxy.report.as_text()


def test_each_violation_of_either_side_is_one_line_with_its_requirement() -> None:
    with running(defects=["stream-never-finished"]) as server:
        own = server.keys["secret"]
        with proxied(server.base_url, server.media_url) as proxy:
            chat(proxy, own, stream=True)
            chat(proxy, own, top_p=7)  # the server refuses it; the client is at fault
    assert proxy.report.exit_code == 1
    names = [line.partition(": ")[0] for line in proxy.lines]
    assert "createChatCompletion response CHAT-STREAM-04" in names
    assert names[-1].startswith("createChatCompletion request CHAT-REQ-")
    assert "top_p" in proxy.lines[-1]
    assert all(line.count("\n") == 0 and own not in line for line in proxy.lines)


def test_what_the_other_side_sends_is_shown_harmlessly() -> None:
    body = b'{"\\u001b]0;owned\\u0007": 1, "data": "\\ud800"}'
    raw = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        len(body),
        body,
    )
    with upstream(responding(raw)) as url, proxied(url) as proxy:
        exchange(
            proxy.port, get("/v1/models?a=%1b[2J\x1b[2J&key=sk_secretsecret1".replace("\x1b", ""))
        )
    shown = "".join(proxy.lines) + proxy.report.as_text() + json.dumps(proxy.report.as_json(""))
    assert proxy.report.exit_code == 1
    assert "\x1b" not in shown
    assert "sk_secretsecret1" not in shown


def test_the_report_is_served_beside_the_traffic(server: RunningServer, key: str) -> None:
    with proxied(server.base_url, server.media_url) as proxy:
        chat(proxy, key)
        chat(proxy, key, top_p=7)
        chat(proxy, key, top_p=8)
        report = httpx.get(f"{proxy.url}/__contract__/report").json()
        assert httpx.get(f"{proxy.url}/__contract__/other").status_code == 404
        assert httpx.head(f"{proxy.url}/__contract__/report").status_code == 200
    assert (report["valid"], report["exit"], report["complete"]) == (False, 1, True)
    assert report["totals"] == {"holds": 1, "fails": 2, "outside": 0}
    (violation,) = report["violations"]
    assert violation["count"] == 2
    assert violation["part"] == "request"
    assert violation["first"] == "POST /v1/chat/completions -> 400"
    assert key not in json.dumps(report)


def test_browsers_get_the_report_as_a_page_and_programs_json(
    server: RunningServer, key: str
) -> None:
    places: list[tuple[str, str, str]] = [
        ("report", "*/*", "application/json"),
        ("report", "application/json, text/html", "application/json"),
        ("report", "text/html,*/*;q=0.8", "text/html; charset=utf-8"),
        ("report.html", "*/*", "text/html; charset=utf-8"),
    ]
    with proxied(server.base_url, server.media_url) as proxy:
        chat(proxy, key, top_p=7)
        for name, accept, kind in places:
            place = f"{proxy.media_url}/__contract__/{name}"
            response = httpx.get(place, headers={"Accept": accept})
            assert response.headers["content-type"] == kind
            head = httpx.head(place, headers={"Accept": accept})
            assert (head.headers["content-type"], head.content) == (kind, b"")
        page = httpx.get(f"{proxy.url}/__contract__/report.html")
        assert httpx.post(f"{proxy.url}/__contract__/report").status_code == 405
    assert "1 exchange violated the contract." in page.text
    assert "CHAT-REQ-" in page.text
    assert "POST /v1/chat/completions -&gt; 400" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_nothing_that_passed_is_markup_of_the_page() -> None:
    body = b'{"<b>bold</b>": 1, "data": "<script>"}'
    raw = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
    with upstream(responding(raw % (len(body), body))) as url, proxied(url) as proxy:
        exchange(proxy.port, get("/v1/models?a=<script>alert(1)</script>"))
        exchange(proxy.port, get("/<i>x</i>"))
        page = httpx.get(f"{proxy.url}/__contract__/report.html").text
    assert not any(tag in page for tag in ("<script", "<b>", "<i>"))
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    ("exit_code", "sentence"),
    [(0, "2 exchanges passed, all valid."), (1, "2 exchanges violated"), (2, "not all of it")],
)
def test_the_page_has_the_verdict_of_the_exit_code(exit_code: int, sentence: str) -> None:
    report = Report(lambda _: None)
    report.verdicts.update({"fails" if exit_code == 1 else "holds": 2})
    if exit_code == 2:
        report.add("the process that validates has died")
    assert report.exit_code == exit_code
    assert sentence in to_html(report.as_json("1.0.0")).decode()


def test_keys_are_passed_on_and_are_nowhere_else(tmp_path: Path) -> None:
    secrets = ["sk_HeaderHeaderHeader01", "sk_QueryQueryQuery02", "sk_BodyBodyBody03", "odd-key-04"]
    seen: list[bytes] = []

    async def handle(reader: Any, writer: Any) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"POST"):  # the lists of models, which this server does not have
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        seen.append(head + await reader.readexactly(len(sent)))
        body = f"{head.decode()} {sent.decode()} {secrets[3]}"
        writer.write(
            "HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\n"
            f"X-Request-Id: {secrets[0]}\r\nLocation: /x?key={secrets[1]}\r\n"
            f"Set-Cookie: k={secrets[2]}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        await writer.drain()

    sent = json.dumps({"messages": [], "user": secrets[2], "top_p": secrets[2]}).encode()
    target = f"/v1/chat/completions?key={secrets[1]}"
    headers = [f"Authorization: Bearer {secrets[0]}", f"Content-Length: {len(sent)}",
               "Content-Type: application/json", f"Cookie: a={secrets[3]}", f"X-Api-Key: {secrets[3]}"]  # fmt: skip
    file = tmp_path / "out.har"
    with upstream(handle) as url, proxied(url, record=file) as proxy:
        exchange(proxy.port, get(target, "POST", *headers) + sent)
        shown = httpx.get(f"{proxy.url}/__contract__/report").text
        shown += httpx.get(f"{proxy.url}/__contract__/report.html").text
    shown += file.read_text() + "".join(proxy.lines) + proxy.report.as_text()
    assert all(secret.encode() in seen[0] for secret in secrets)
    assert "CHAT-REQ-" in shown
    assert not [secret for secret in secrets if secret in shown]


def test_nothing_of_the_contract_is_inconclusive(server: RunningServer) -> None:
    with proxied(server.base_url, server.media_url) as proxy:
        httpx.options(f"{proxy.url}/v1/models")
    assert proxy.report.exit_code == 2


def test_a_fault_of_ours_is_inconclusive_and_costs_one_exchange(
    server: RunningServer, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with proxied(server.base_url, server.media_url) as proxy:
        chat(proxy, key)
        httpx.get(f"{proxy.url}/__contract__/report")  # waits for it
        monkeypatch.setattr("pollinations_conformance.proxy.validation.validate", fail)
        assert chat(proxy, key).status_code == 200
    assert proxy.report.verdicts == {"holds": 1}
    assert "ZeroDivisionError" in next(iter(proxy.report.unvalidated))
    assert proxy.report.exit_code == 2


def test_the_first_violation_ends_it_on_request(server: RunningServer, key: str) -> None:
    with proxied(server.base_url, server.media_url, fail_fast=True) as proxy:
        chat(proxy, key)
        chat(proxy, key, top_p=7)
        assert proxy.proxy is not None
        deadline = time.monotonic() + 10
        while not proxy.proxy.stop.is_set() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert proxy.proxy.stop.is_set()
    assert proxy.report.exit_code == 1


def test_a_recording_has_everything_but_keys_and_replays(
    server: RunningServer, key: str, tmp_path: Path
) -> None:
    file = tmp_path / "out.har"
    with proxied(server.base_url, server.media_url, record=file) as proxy:
        chat(proxy, key, stream=True)
        httpx.get(f"{proxy.url}/text/hello", params={"key": key})
        list(har.read(file))  # it is whole at any time
        upload(proxy, key)
        faulty = {"X-Contract-Fault": "edge-524"}
        httpx.get(f"{proxy.url}/text/hello", params={"key": key}, headers=faulty)
    assert key not in file.read_text()
    exchanges = list(har.read(file))
    assert [one.request.path for one in exchanges] == [
        "/v1/chat/completions",
        "/text/hello",
        "/upload",
        "/text/hello",
    ]
    assert exchanges[0].response is not None
    assert (exchanges[0].response.body or b"").endswith(b"data: [DONE]\n\n")
    assert exchanges[3].fault == "edge-524"
    places = [BaseURL.parse(server.base_url, "gateway"), BaseURL.parse(server.media_url, "media")]
    report = replay(load(), [file], places)
    assert report.exit_code == 0
    assert report.counts == {"holds": 3, "outside": 1}


def test_redirects_and_urls_of_uploads_lead_through_the_proxy_on_request(
    server: RunningServer, key: str
) -> None:
    with proxied(server.base_url, server.media_url) as proxy:
        plain = upload(proxy, key).json()
    assert not plain["url"].startswith(proxy.media_url)

    def moved(origin: str) -> bytes:
        return f"HTTP/1.1 302 Found\r\nLocation: {origin}/x?y\r\nContent-Length: 0\r\n\r\n".encode()

    with upstream(responding(b"")) as media:
        body = json.dumps({"id": "0123456789abcdef", "url": f"{media}/0123456789abcdef"}).encode()
        raw = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        with upstream(responding(raw % (len(body), body))) as origin:
            with proxied(media, origin, rewrite=True) as proxy:
                response = httpx.post(f"{proxy.media_url}/upload")
            assert response.json()["url"] == f"{proxy.url}/0123456789abcdef"
    with (
        upstream(responding(moved("http://elsewhere.example"))) as origin,
        proxied(origin, rewrite=True) as proxy,
    ):
        assert httpx.get(f"{proxy.url}/a").headers["location"] == "http://elsewhere.example/x?y"


@pytest.mark.parametrize("size", [100, 300_000])
def test_the_response_to_an_upload_is_rewritten_unless_it_is_too_long_for_one(size: int) -> None:
    requests: list[bytes] = []
    body: list[bytes] = []

    async def handle(reader: Any, writer: Any) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"
        writer.write(head + b"\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body[0]), body[0]))
        await writer.drain()

    with upstream(handle) as origin:
        url = f"{origin}/0123456789abcdef"
        body.append(json.dumps({"url": url, "pad": "x" * size}).encode())
        with proxied(origin, rewrite=True) as proxy:
            headers = {"Accept-Encoding": "gzip, br"}
            response = httpx.post(f"{proxy.url}/upload", headers=headers)
    assert response.json()["url"] == (url.replace(origin, proxy.url) if size < 1000 else url)
    assert len(response.json()["pad"]) == size
    assert b"Accept-Encoding: identity\r\n" in requests[0]


def test_a_redirect_to_the_server_leads_through_the_proxy() -> None:
    places: list[str] = []

    async def handle(reader: Any, writer: Any) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            f"HTTP/1.1 302 Found\r\nLocation: {places[0]}/x?y\r\nContent-Length: 0\r\n\r\n".encode()
        )
        await writer.drain()

    with upstream(handle) as origin:
        places.append(origin)
        with proxied(origin, rewrite=True) as proxy:
            assert httpx.get(f"{proxy.url}/a").headers["location"] == f"{proxy.url}/x?y"
        with proxied(origin) as proxy:
            assert httpx.get(f"{proxy.url}/a").headers["location"] == f"{origin}/x?y"


# --- the command ----------------------------------------------------------------------------------


class Command:
    """The command in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "pollinations_conformance", "proxy", "--json"]
        self.process = subprocess.Popen(
            [*command, "--port", "0", "--media-port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.urls = json.loads(self.process.stdout.readline())

    def megabytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if "VmHWM" in line)

    def stop(self) -> tuple[int, str, str]:
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.mark.whole_run
def test_the_command_prints_urls_violations_and_a_report(
    server: RunningServer, key: str, tmp_path: Path
) -> None:
    places = ["--upstream", server.base_url, "--media-upstream", server.media_url]
    command = Command(*places, "--record", str(tmp_path / "out.har"))
    headers = {"Authorization": f"Bearer {key}"}
    url = f"{command.urls['base_url']}/v1/chat/completions"
    assert httpx.post(url, json=PROMPT, headers=headers).status_code == 200
    assert httpx.post(url, json={**PROMPT, "top_p": 7}, headers=headers).status_code == 400
    code, out, err = command.stop()
    assert code == 1
    assert json.loads(out)["totals"] == {"holds": 1, "fails": 1, "outside": 0}
    assert err.startswith("createChatCompletion request ")
    assert err.count("\n") == 1
    assert key not in out + err + (tmp_path / "out.har").read_text()


@pytest.mark.whole_run
def test_the_command_ends_by_itself_with_the_first_violation(
    server: RunningServer, key: str
) -> None:
    places = ["--upstream", server.base_url, "--media-upstream", server.media_url]
    command = Command(*places, "--fail-fast")
    headers = {"Authorization": f"Bearer {key}"}
    httpx.get(f"{command.urls['base_url']}/text/a", params={"seed": "x"}, headers=headers)
    out, err = command.process.communicate(timeout=60)
    assert command.process.returncode == 1
    assert json.loads(out)["totals"]["fails"] == 1
    assert "TEXT-GET-05" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing option '--upstream'"),
        (["--upstream", "x", "--media-upstream", "http://a"], "--upstream x: is no http"),
        (["--upstream", "http://a?b", "--media-upstream", "http://a"], "has more than scheme"),
        (
            ["--upstream", "http://a", "--media-upstream", "http://a", "--contract", "none"],
            "none",
        ),
        (
            ["--upstream", "http://a", "--media-upstream", "http://a", "--record", "/none/x"],
            "cannot be written",
        ),
    ],
)
def test_wrong_usage_is_inconclusive(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["proxy", "--port", "0", "--media-port", "0", *arguments]) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert "Traceback" not in shown


@pytest.mark.whole_run
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_uploads_and_downloads_of_any_size_cost_constant_memory() -> None:
    size = 150 * 2**20
    received: list[int] = []

    async def handle(reader: Any, writer: Any) -> None:
        await reader.readuntil(b"\r\n\r\n")
        count = 0
        while count < size:
            count += len(await reader.read(65536))
        received.append(count)
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: %d\r\n\r\n" % size
        )
        for _ in range(size // 2**16):
            writer.write(bytes(2**16))
            await writer.drain()

    with upstream(handle) as url:
        command = Command("--upstream", url, "--media-upstream", url)
        before = command.megabytes()

        def blocks() -> Iterator[bytes]:
            for _ in range(size // 2**16):
                yield bytes(2**16)

        count = 0
        place = f"{command.urls['media_url']}/upload"
        headers = {"Content-Length": str(size)}
        with httpx.stream("POST", place, content=blocks(), headers=headers, timeout=60) as got:
            for part in got.iter_raw():
                count += len(part)
        grown = command.megabytes() - before
        code, out, _ = command.stop()
    assert (received, count) == ([size], size)
    assert grown < 48
    assert code in (0, 1)  # what was not kept is not validated, the rest is
    assert json.loads(out)["incomplete"] == {}


def test_a_model_that_the_contract_does_not_know_is_looked_up_once(key: str) -> None:
    seen: list[str] = []
    name = "brand-new-model"
    models: list[dict[str, Any]] = [
        {"name": name, "aliases": [], "pricing": {"currency": "pollen"}}
    ]

    async def handle(reader: Any, writer: Any) -> None:
        while True:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            target = request.split(" ")[1]
            seen.append(target)
            body, kind = (json.dumps(models), "application/json")
            if not target.endswith("/models"):
                body, kind = "hello", "text/plain; charset=utf-8"
            writer.write(
                f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nX-Request-Id: a\r\n"
                f"Access-Control-Allow-Origin: *\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            await writer.drain()

    with upstream(handle) as url, proxied(url) as proxy:
        for _ in range(2):
            httpx.get(f"{proxy.url}/text/hello", params={"model": name})
        httpx.get(f"{proxy.url}/text/hello", params={"model": "unknown-still"})
        httpx.get(f"{proxy.url}/__contract__/report")
    requests = [line for line in proxy.lines if " request " in line]
    assert len(requests) == 1
    assert "unknown-still" in requests[0]
    assert seen.count("/text/models") == 1
