"""A reverse proxy as they stand in front of real services, to see that it changes no verdict.

It keeps what HTTP lets it keep and changes the rest: the case of header names, the version, the
length of chunks, the coding of the body, when connections end, and how long everything takes.
"""

import gzip
import http.client
import random
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}


@dataclass(frozen=True)
class Manner:
    """What a proxy does to answers.

    Args:
        compress: gzip what the client takes compressed.
        pieces: longest chunk in bytes, cut anywhere; 0 for a Content-Length instead of chunks.
        lower: write header names in lower case.
        version: of HTTP, "HTTP/1.0" or "HTTP/1.1".
        close: end the connection after each answer, saying so or, with "silently", not.
        delay: longest pause before an answer, in seconds.
    """

    compress: bool = False
    pieces: int = 0
    lower: bool = False
    version: str = "HTTP/1.1"
    close: str = ""
    delay: float = 0.0


@contextmanager
def before(address: str, manner: Manner, seed: int = 1) -> Generator[str]:
    """Put a proxy before an address and give its own.

    Args:
        address: of the service behind.
        manner: what is done to answers.
        seed: of the cuts and pauses.
    """
    place = urlsplit(address).netloc
    dice = random.Random(seed)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # or each response waits for what acknowledges its headers
        protocol_version = manner.version

        def work(self) -> None:
            length = self.headers.get("Content-Length")
            body = self.rfile.read(int(length)) if length else None
            status, headers, content = self.send(body)
            with lock:
                time.sleep(0)
                pause = dice.random() * manner.delay
                cuts = [dice.randint(1, manner.pieces) for _ in range(64)] if manner.pieces else []
            time.sleep(pause)
            empty = self.command == "HEAD" or status in {204, 304}
            takes = "gzip" in self.headers.get("Accept-Encoding", "")
            if manner.compress and takes and content and not empty:
                content = gzip.compress(content)
                headers.append(("Content-Encoding", "gzip"))
            headers += [("Via", "1.1 edge"), ("CF-Ray", f"8f0c1d2e{dice.randrange(10**6)}-FRA")]
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name.lower() if manner.lower else name, value)
            chunked = bool(cuts) and manner.version == "HTTP/1.1" and not empty
            if chunked:
                self.send_header("Transfer-Encoding", "chunked")
            elif manner.version == "HTTP/1.1" and not empty:
                self.send_header("Content-Length", str(len(content)))
            if manner.close == "openly":
                self.send_header("Connection", "close")
            self.end_headers()
            if chunked:
                self.cut(content, cuts)
            elif not empty:
                self.wfile.write(content)
            if manner.close or manner.version == "HTTP/1.0":
                self.close_connection = True

        def send(self, body: bytes | None) -> tuple[int, list[tuple[str, str]], bytes]:
            """Pass the request on, and give status, headers and body of the answer."""
            link = http.client.HTTPConnection(place, timeout=60)
            link.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in {"connection", "accept-encoding"}:
                    link.putheader(name, value)
            link.putheader("Connection", "close")
            link.endheaders(body)
            response = link.getresponse()
            kept = [
                (name, value)
                for name, value in response.getheaders()
                if name.lower() not in HOP or (self.command == "HEAD" and name == "content-length")
            ]
            content = response.read()
            link.close()
            return response.status, kept, content

        def cut(self, content: bytes, cuts: list[int]) -> None:
            """Send a body in chunks of odd lengths, cut within letters and events as well."""
            place, number = 0, 0
            while place < len(content):
                size = cuts[number % len(cuts)] if len(content) < 100_000 else 65_536
                block = content[place : place + size]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(block), block))
                place, number = place + size, number + 1
            self.wfile.write(b"0\r\n\r\n")

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_TRACE = work

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
