"""The server shows its contract beside the API, and the API does not notice."""

import base64
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from pollinations_conformance.cli.main import main
from pollinations_conformance.contract import default_path, load
from pollinations_conformance.server import RunningServer, running

REFERENCE = "/__contract__/reference"
DOCUMENTS = (REFERENCE, "/__contract__/openapi.yaml", "/__contract__/openapi.json")


def test_both_addresses_serve_the_reference_with_requests_that_go_to_them(
    server: RunningServer, http: httpx.Client
) -> None:
    page = http.get(server.base_url + REFERENCE)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert 'id="createChatCompletion"' in page.text
    assert f"curl {server.base_url}/v1/models" in page.text
    assert f"curl {server.media_url}/upload" in page.text
    assert http.get(server.media_url + REFERENCE).text == page.text


def test_the_policy_of_the_page_allows_its_own_style_and_script_only(
    server: RunningServer, http: httpx.Client
) -> None:
    page = http.get(server.base_url + REFERENCE)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"


def test_the_contract_is_served_as_it_is(server: RunningServer, http: httpx.Client) -> None:
    text = http.get(server.base_url + "/__contract__/openapi.yaml")
    assert text.content == default_path().read_bytes()
    assert text.headers["content-type"] == "application/yaml"
    document = http.get(server.base_url + "/__contract__/openapi.json")
    assert document.json() == load().document
    assert document.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", DOCUMENTS)
def test_an_unchanged_document_is_not_sent_again(
    path: str, server: RunningServer, http: httpx.Client
) -> None:
    mark = http.get(server.base_url + path).headers["etag"]
    for known in (mark, f'"other", {mark}', f"W/{mark}", "*"):
        again = http.get(server.base_url + path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == mark
    other = http.get(server.base_url + path, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize("path", DOCUMENTS)
def test_head_tells_what_get_would_send(
    path: str, server: RunningServer, http: httpx.Client
) -> None:
    whole, head = http.get(server.base_url + path), http.head(server.base_url + path)
    assert head.content == b""
    for name in ("content-length", "content-type", "etag"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(method: str, server: RunningServer, http: httpx.Client) -> None:
    response = http.request(method, server.base_url + REFERENCE)
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


def test_addresses_beside_them_are_unknown_routes_as_before(
    server: RunningServer, http: httpx.Client
) -> None:
    for path in ("/__contract__/", "/__contract__/reference/", "/__contract__/nothing"):
        response = http.get(server.base_url + path)
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "NOT_FOUND"


def test_who_opens_the_gateway_in_a_browser_is_led_to_the_reference(
    server: RunningServer, http: httpx.Client
) -> None:
    for path in ("/", "/docs", "/api/docs"):
        page = http.get(server.base_url + path, follow_redirects=True)
        assert page.url.path == REFERENCE
        assert page.status_code == 200


def test_readers_are_neither_graded_nor_recorded() -> None:
    with running(record=True) as server, httpx.Client() as http:
        for path in DOCUMENTS:
            assert http.get(server.base_url + path).status_code == 200
        grader = server.app.grader
        assert grader is not None
        assert grader.report()["requests"] == 0
        assert grader.valid
        assert server.app.recorder is not None
        assert not server.app.recorder.entries
        assert server.app.service.backend.calls == 0


def test_a_server_starts_without_making_the_page() -> None:
    code = (
        "import sys\n"
        "from pollinations_conformance.server import running\n"
        "with running():\n"
        "    sys.exit('pollinations_conformance.reference.page' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_another_contract_has_its_own_page(tmp_path: Path) -> None:
    text = default_path().read_text(encoding="utf-8")
    other = tmp_path / "other.yaml"
    other.write_text(text.replace("title: pollinations.ai API", "title: Another API"), "utf-8")
    with running(contract=other) as server:
        assert "<h1>Another API</h1>" in httpx.get(server.base_url + REFERENCE).text
        served = httpx.get(server.base_url + "/__contract__/openapi.yaml")
        assert served.content == other.read_bytes()


def test_the_help_of_reference_names_the_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference", "--help"]) == 0
    assert REFERENCE in capsys.readouterr().out


@pytest.mark.parametrize("form", [["--json"], []])
def test_serve_says_where_the_reference_is(form: list[str]) -> None:
    command = [sys.executable, "-m", "pollinations_conformance", "serve", *form]
    command += ["--port", "0", "--media-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            reported = "".join(process.stdout.readline() for _ in range(1 if form else 3))
        finally:
            process.terminate()
    assert re.search(rf"http://127\.0\.0\.1:\d+{REFERENCE}\b", reported)
