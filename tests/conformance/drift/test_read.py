"""Test how documents are read from files and URLs, and what is refused."""

from __future__ import annotations

import contextlib
import gzip
import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pollinations_conformance.drift import read as read_module
from pollinations_conformance.drift.document import Document
from pollinations_conformance.drift.read import parse
from tests.conformance.drift.documents import (
    BASE,
    base,
    differences,
    run,
    save,
)

DEEP = '{"openapi": "3.1.0", "paths": ' + '{"a": ' * 5000 + "1" + "}" * 5001


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("[1]", "the top is not an object"),
        ("just words", "the top is not an object"),
        ("swagger: '2.0'", "is Swagger 2.0"),
        ("openapi: 3.1.0", "nothing to compare"),
        ("openapi: 3.1.0\npaths: {}", "nothing to compare"),
        ("openapi: 4.0.0\npaths: {}", "is not known"),
        ("openapi: 3.1\npaths: {}", "not an OpenAPI document"),
        ("title: x", "not an OpenAPI document"),
        ('{"openapi": "3.1.0", "openapi": "3.1.0"}', "'openapi' is duplicated"),
        ("openapi: 3.1.0\nopenapi: 3.0.0", "line 2: not YAML ('openapi' is duplicated)"),
        ('{"openapi": ', "not JSON"),
        ("a: [", "not YAML"),
        ("a: &a [*a]", "not YAML"),
        ("\tx: 1", "not YAML"),
        (DEEP, "nested too deeply"),
        ("[" * 100000, "nested too deeply"),
        ("a: " + "[" * 100000, "nested too deeply"),
        ("a: " + "{b: " * 3000, "nested too deeply"),
        ("[" + "9" * 5000 + "]", "too long"),
    ],
    ids=range(21),
)
def test_unusable_input_is_one_line(
    tmp_path: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(text)
    assert run(file) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert str(file) in captured.err


@pytest.mark.parametrize("name", ["absent.yaml", "", ".", "nul\0byte", "/dev/zero"])
def test_missing_file_is_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(name) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_bytes_that_are_not_utf8_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(b"\xff\xfe\x00")
    assert run(file) == 2
    assert "not UTF-8 at byte 0" in capsys.readouterr().err


def test_unprintable_characters_spoil_no_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = base()
    theirs["info"]["title"] = "half \ud800"
    theirs["paths"]["/clear\x1b[2J\x9b2J"] = theirs["paths"]["/things"]
    other = save(tmp_path, "other", theirs)
    files = [tmp_path / "out.md", tmp_path / "out.json"]
    args: list[str | Path] = ["--contract", save(tmp_path, "ours", base()), other]
    assert run(*args, "--markdown", files[0], "--json", files[1]) == 1
    for text in (capsys.readouterr().out, files[0].read_text("utf-8")):
        assert "half \ufffd" in text
        assert not {"\x1b", "\x9b"} & set(text)
    assert json.loads(files[1].read_text("utf-8"))["theirs"] == str(other)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = BASE.encode()
        if self.path == "/slow":  # a byte of the headers now and then
            with contextlib.suppress(OSError):
                for _ in range(50):
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n"[:1])
                    time.sleep(0.1)
            return
        if self.path == "/gzip":
            body = gzip.compress(gzip.compress(bytes(80 * 2**20)))
        self.send_response({"/gone": 404, "/moved": 302}.get(self.path, 200))
        self.send_header("Location", "http://elsewhere.example/x?key=sk_abcdefgh12345")
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/gzip":
            self.send_header("Content-Encoding", "gzip, gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def origin() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_url_is_fetched_and_its_failures_are_one_line(
    origin: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = save(tmp_path, "a.json", base())
    assert run("--contract", ours, f"{origin}/openapi.json") == 0
    capsys.readouterr()
    for url, message in (
        (f"{origin}/gone", "responded with 404"),
        (f"{origin}/moved", "is redirected to http://elsewhere.example/x"),
        ("http://127.0.0.1:1/x?key=sk_abcdefgh12345", "cannot be fetched"),
    ):
        assert run("--contract", ours, url) == 2
        shown = capsys.readouterr().err
        assert message in shown
        assert shown.count("\n") == 1
        assert "abcdefgh" not in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:9"),
        ("ALL_PROXY", "gopher://127.0.0.1:9"),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("SSL_CERT_FILE", "/nowhere/certificates.pem"),
        ("SSL_CERT_DIR", "/nowhere"),
    ],
)
def test_proxies_and_certificates_of_the_environment_are_one_line(
    name: str, value: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    monkeypatch.setenv(name, value)
    assert run("http://127.0.0.1:1/openapi.json") == 2
    shown = capsys.readouterr().err
    assert "cannot be fetched" in shown
    assert "fault of" not in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    ("path", "message"), [("/slow", "not complete after"), ("/gzip", "longer")]
)
def test_a_server_costs_neither_time_nor_memory(
    origin: str,
    path: str,
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(read_module, "MAX_SECONDS", 0.5 if path == "/slow" else 60.0)
    assert run(f"{origin}{path}") == 2
    assert message in capsys.readouterr().err


YAML_12 = """
openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /a:
    get:
      parameters:
        - {name: r, in: query, schema: {enum: [16:9, 1_000, 010, =, no, 2020-01-01]}}
        - {name: m, in: query, schema: {type: number, maximum: 1e3}}
      responses: {200: {description: x}}
"""


def test_yaml_is_read_as_yaml_1_2() -> None:
    document = Document(parse(YAML_12.encode(), "a.yaml"), "a.yaml")
    ratio, maximum = document.operations[0].params
    assert ratio.raw["schema"]["enum"] == ["16:9", "1_000", 10, "=", "no", "2020-01-01"]
    assert maximum.raw["schema"]["maximum"] == 1000
    same = json.loads(json.dumps(document.raw))
    assert differences(document.raw, same) == []
