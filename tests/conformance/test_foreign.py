"""Test that the suite says nothing untrue of servers that are not ours."""

import socket
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pollinations_conformance import budget, report, target
from pollinations_conformance.checks import every
from pollinations_conformance.runner import Check, Options, Run, Session

KEY = "sk_ForeignSecret0000000000000000001"


def judged(
    url: str,
    checks: Sequence[Check] | None = None,
    keys: dict[str, str] | None = None,
    limit: float | None = 0.0,
    timeout: float = 10.0,
    tags: frozenset[str] = frozenset(),
) -> report.Report:
    made = target.Target(url, None, target.Keyring(keys or {}), timeout=timeout)
    run = Run(made, Options(generated=False, tags=tags), budget.Ledger(limit), checks=checks)
    try:
        run.execute()
    finally:
        made.close()
    return report.build(run)


def check_of(function: Callable[[Session], None]) -> Check:
    return Check(f"test.{function.__name__}", function, ("CHAT-TOOL-06",), (), (), {}, False, "It.")


Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def serving(behave: Callable[[str, str], Answer]) -> Generator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, content = behave(self.command, self.path)
            self.send_response_only(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_HEAD = do_OPTIONS = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


# --- the network between ------------------------------------------------------------------------


def test_an_address_that_only_redirects_is_one_line_and_not_a_hundred_failures() -> None:
    def elsewhere(_: str, path: str) -> Answer:
        return 301, {"Location": f"https://gen.example.com{path}"}, b""

    with serving(elsewhere) as url, pytest.raises(target.TargetError) as caught:
        judged(url, every())
    assert (
        str(caught.value) == f"{url} redirects to https://gen.example.com; give that as --base-url"
    )


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
    def edge(_: str, __: str) -> Answer:
        return status, headers, b"<html>error code: 1020</html>"

    with serving(edge) as url:
        found = judged(url, every(), {"main": KEY}, tags=frozenset({"models"}))
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
        answers = [made.fetch("GET", made.url("/text/models"), [], b"") for _ in range(3)]
        made.close()
        stop.set()
    assert [answer.status for answer in answers] == [200, 200, 200]


def test_a_model_that_takes_its_time_breaks_nothing() -> None:
    def slow(_: str, path: str) -> Answer:
        if path.startswith("/text/hello"):
            time.sleep(1.5)
        return 200, {"Content-Type": "text/plain"}, b"Hello."

    def ask(t: Session) -> None:
        t.send("GET", "/text/hello")

    with serving(slow) as url:
        found = judged(url, [check_of(ask)], {"main": KEY}, None, timeout=0.7)
    line = next(item for item in found.lines if item.id == "CHAT-TOOL-06")
    assert (line.verdict, line.reason) == ("not tested", "no complete answer within 0.7 s")
