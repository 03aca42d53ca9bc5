"""The version is written once, in openapi.yaml; everything else says that one."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import pollinations_client
from pollinations_client import Pollinations
from pollinations_conformance.cli import main as cli
from pollinations_conformance.contract import contract

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = ROOT / "openapi.yaml"
VERSION, API = contract.load().version, contract.load().api_version
SHA256 = hashlib.sha256(CONTRACT.read_bytes()).hexdigest()

ASSIGNED = re.compile(
    r"""^\s*_*(?:[a-z]+_)?version_*\s*(?::[^=\n]*)?[:=]\s*["']?\d+(?:\.\d+)+""",
    re.IGNORECASE,
)
MAY_HOLD_IT = {
    "openapi.yaml",  # where it is written
    "CHANGELOG.md",  # the heading, held against it below
    "generated/pollinations_client/__init__.py",  # generated from it
    "generated/pollinations_client/client.py",  # generated, the User-Agent
    "generated/pollinations_client/manifest.json",  # generated, for copies
}
OTHER_VERSIONS = {
    "generator/generate.py": "GENERATOR_VERSION",
    "conformance/pollinations_conformance/server/media_host.py": '"version": "1.0.0"',  # the service's
}
CODE = (".py", ".toml", ".yaml", ".yml", ".json", ".jinja", ".cfg", "Makefile")


def written(root: Path, names: list[str]) -> list[str]:
    """Find the lines that write a version, or hold this one."""
    literal = re.compile(rf"(?<![\w.]){re.escape(VERSION)}(?![\w.])")
    found: list[str] = []
    for name in names:
        if not name.endswith(CODE) or name.startswith(("tests/", "typing_tests/", "benchmarks/")):
            continue
        for line in (root / name).read_text(encoding="utf-8").splitlines():
            other = OTHER_VERSIONS.get(name)
            if (ASSIGNED.match(line) or literal.search(line)) and not (other and other in line):
                found.append(f"{name}: {line.strip()}")
    return found


def test_no_second_place_writes_the_version() -> None:
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    names = [name for name in names if (ROOT / name).is_file()]
    assert "openapi.yaml" in names
    extra = [line for line in written(ROOT, names) if line.split(":")[0] not in MAY_HOLD_IT]
    assert extra == [], "the version stands in openapi.yaml alone; read it from there"
    own = [line for line in written(ROOT, ["openapi.yaml"]) if API not in line]
    assert own == [f"openapi.yaml: version: {VERSION}"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", 'version = "7.8.9"'),
        ("package/__init__.py", '__version__ = "7.8.9"'),
        ("package/module.py", '    TOOL_VERSION: Final = "7.8"'),
        ("settings.yaml", "  version: 7.8.9"),
        ("package/agent.py", f'AGENT = "contract/{VERSION}"'),
    ],
)
def test_a_second_place_would_be_found(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(f"first = 1\n{text}\n", encoding="utf-8")
    assert written(tmp_path, [name]) == [f"{name}: {text.strip()}"]


def test_the_distribution_takes_its_version_from_the_contract() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == VERSION


def test_the_changelog_begins_with_this_version() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == VERSION


def test_the_client_says_contract_and_api() -> None:
    assert pollinations_client.__version__ == VERSION
    assert pollinations_client.__api_version__ == API
    assert pollinations_client.__contract_sha256__ == SHA256
    seen: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["user-agent"])
        return httpx.Response(200, json={"object": "list", "data": []})

    with httpx.Client(transport=httpx.MockTransport(response)) as transport:
        Pollinations(http_client=transport).models.list()
    assert seen[0].split(" ")[0] == f"pollinations-client/{VERSION}"


def test_the_command_line_says_contract_and_api(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == (
        f"pollinations-conformance, version {VERSION} (API {API}, contract {SHA256[:12]})\n"
    )


def test_a_contract_that_cannot_be_read_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(contract, "default_path", lambda: tmp_path / "openapi.yaml")
    assert cli.main(["--version"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "openapi.yaml" in said


def test_reports_say_contract_and_api(tmp_path: Path) -> None:
    arguments = ["check", "--requirement", "GEN-ROUTE-01", "--no-generated"]
    assert cli.main([*arguments, "--report-dir", str(tmp_path)]) == 0
    value = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert value["tool"] == f"pollinations-contract {VERSION}"
    assert (value["contract"], value["api"]) == (VERSION, API)
    assert value["contract_sha256"] == SHA256
    page = (tmp_path / "report.html").read_text("utf-8")
    assert f"API {API}</h1>" in page
    assert f"Contract {VERSION} ({SHA256[:12]})" in page


def test_recordings_of_the_reference_server_say_its_version(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pollinations_conformance", "serve", "--json"]
    command += ["--port", "0", "--media-port", "0", "--record", str(tmp_path / "r.har")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        reported = json.loads(server.stdout.readline())
        httpx.get(f"{reported['base_url']}/v1/models")  # from now on it stops in an orderly way
        server.terminate()
    value = json.loads((tmp_path / "r.har").read_text("utf-8"))
    assert value["log"]["creator"]["version"] == VERSION
