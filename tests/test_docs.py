"""Test the generator of docs/ and of the README's table."""

import subprocess
import sys
from pathlib import Path

import pytest

from docs import generate
from pollinations_conformance.server import running

CONTRACT = """
openapi: 3.1.0
info:
  title: T
  version: "1"
  x-requirements:
    - {id: GEN-01, level: SHOULD, text: All is well., origin: observed, evidence: []}
paths:
  /things/{id}:
    get:
      operationId: getThing
      summary: Fetch a thing.
      tags: [things]
      x-sdk: {resource: things, method: retrieve}
      security: [{}, {bearerAuth: []}]
      x-requirements:
        - id: THING-01
          level: MUST
          text: A thing is either | or.
          origin: documented
          evidence: [{source: documentation, ref: page 3, date: 2026-02}]
          observable: false
          why: it happens inside
      responses:
        '200':
          description: OK
          content:
            application/json:
              x-deviations:
                - {id: DEV-1, documented: A, observed: B, contract: C, where: W, when: 2026-01}
    delete: {operationId: removeThing, deprecated: true, security: [], responses: {'204': {description: Gone}}}
components:
  schemas:
    Thing:
      x-requirements:
        - {id: THING-02, level: MUST, text: It is., origin: documented, evidence: []}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(CONTRACT)
    (tmp_path / "README.md").write_text(f"# T\n\n{generate.BEGIN}\nold\n{generate.END}\n\nrest\n")
    assert generate.main([], tmp_path) == 0
    return tmp_path


def test_check_holds_after_writing_and_names_what_is_stale_after_an_edit(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main(["--check"], root) == 0
    contract = root / "openapi.yaml"
    contract.write_text(contract.read_text().replace("It is.", "It is not."))
    assert generate.main(["--check"], root) == 1
    assert capsys.readouterr().err == "docs/requirements.md is stale; run: make docs\n"
    assert "It is not." not in (root / "docs/requirements.md").read_text()


def test_readme_keeps_its_own_text_around_the_table(root: Path) -> None:
    text = (root / "README.md").read_text()
    assert text.startswith("# T\n\n")
    assert text.endswith("\n\nrest\n")
    assert "old" not in text
    assert "| `GET /things/{id}` | Fetch a thing | `client.things.retrieve` | optional |" in text
    assert "| `DELETE /things/{id}` | removeThing (deprecated) |  | no |" in text


def test_requirements_are_found_wherever_they_are_attached(root: Path) -> None:
    text = (root / "docs/requirements.md").read_text()
    assert "- Level: 2 MUST, 1 SHOULD\n- Origin: 2 documented, 1 observed\n" in text
    assert "- Not visible to a client: 1\n" in text
    rows = [line for line in text.splitlines() if line.startswith("| <a id=")]
    assert [row.split("</a>")[1].split(" ")[0] for row in rows] == [
        "GEN-01",
        "THING-01",
        "THING-02",
    ]
    assert "A thing is either \\| or. *Not visible to a client: it happens inside*" in rows[1]
    assert "`GET /things/{id}`" in rows[1]
    assert "documentation, page 3, 2026-02" in rows[1]
    assert "schema `Thing`" in rows[2]


def test_deviations_say_what_to_rely_on(root: Path) -> None:
    text = (root / "docs/deviations.md").read_text()
    assert "Entries: 1" in text
    for part in ("### DEV-1", "Documented: A", "Observed: B", "Rely on: C", "Seen: W, 2026-01"):
        assert part in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("id: THING-02", "id: THING-01"), "THING-01 is already at"),
        (("level: SHOULD, ", ""), "needs id, text and level"),
        (("paths:", "path:"), "openapi.yaml"),
        (("openapi: 3.1.0", "openapi: ["), "not YAML"),
    ],
)
def test_contract_that_cannot_be_read_is_one_line(
    root: Path, change: tuple[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "openapi.yaml").write_text(CONTRACT.replace(*change))
    capsys.readouterr()
    assert generate.main([], root) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["openapi.yaml", "README.md"])
def test_missing_file_is_one_line(
    root: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / name).unlink()
    assert generate.main(["--check"], root) == 2
    assert name in capsys.readouterr().err


def test_readme_without_markers_is_refused(root: Path) -> None:
    (root / "README.md").write_text("# T\n")
    assert generate.main([], root) == 2


def test_readme_shows_client_code_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The code block of the README runs as it stands, but for address and key."""
    readme = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")
    code = readme.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(tmp_path)
    with running() as server:
        assert "sk_…" in code
        assert "http://127.0.0.1:8787" in code
        code = code.replace("sk_…", server.keys["secret"]).replace(
            "http://127.0.0.1:8787", server.base_url
        )
        exec(compile(code, "README.md", "exec"), {})
    assert len(capsys.readouterr().out) > 10
    assert (tmp_path / "bee.jpg").read_bytes().startswith(b"\xff\xd8\xff")


def test_reference_server_page_shows_code_that_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The context manager runs as shown; the fixture is found by a pytest of its own."""
    page = (Path(__file__).resolve().parent.parent / "docs" / "reference-server.md").read_text(
        encoding="utf-8"
    )
    fixture, manager = [block.split("```")[0] for block in page.split("```python\n")[1:]]
    exec(compile(manager, "reference-server.md", "exec"), {})
    assert "http://127.0.0.1:" in capsys.readouterr().out
    (tmp_path / "test_mine.py").write_text(fixture, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        ".",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert "1 passed" in done.stdout, done.stdout
