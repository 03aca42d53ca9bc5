"""Test the generator of docs/ and of the README's table, and run the code of every page."""

import contextlib
import socket
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from docs import generate, layers
from pollinations_conformance.server import RunningServer, running
from pollinations_conformance.suite.keyring import ROLES
from tests import pages
from tests.honest import trace_file

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

LAYERS = """
[[tool.importlinter.contracts]]
type = "layers"
layers = ["cli", "suite", "http"]

[[tool.importlinter.contracts]]
type = "forbidden"
source_modules = ["p.cli"]
forbidden_modules = ["p.http"]
"""

MATRIX = """# Kill matrix

- **7 of 8 defects are killed** by a check that cites the requirement which the defect breaks.
- The server without defects was run with 50 seeds (1 to 50): 0 false alarms.
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(CONTRACT)
    marked = "".join(
        f"{generate.BEGIN.format(name)}\nold\n{generate.END.format(name)}\n"
        for name in ("operations", "numbers")
    )
    (tmp_path / "README.md").write_text(f"# T\n\n{marked}\nrest\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/kill-matrix.md").write_text(MATRIX)
    (tmp_path / "CONTRIBUTING.md").write_text(
        f"# C\n\n{generate.BEGIN.format('map')}\nold\n{generate.END.format('map')}\n"
    )
    (tmp_path / "pyproject.toml").write_text(LAYERS)
    for name in ("cli", "suite", "http"):
        folder = tmp_path / layers.SOURCE / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(f'"""What {name} is for.\n\nAnd more.\n"""\n')
        (folder / layers.START[name][0]).write_text("")
    assert generate.main([], tmp_path) == 0
    return tmp_path


def test_the_page_of_the_suite_names_every_role_of_a_key() -> None:
    page = (Path(__file__).parents[1] / "docs/suite.md").read_text(encoding="utf-8")
    for role, what in ROLES.items():
        assert f"| `{role}` | {what} |" in page


def test_what_looks_like_html_stays_text_and_code_stays_code() -> None:
    assert (
        generate.prose("a file\nday-<today>.csv, `<tag>`") == "a file day-&lt;today>.csv, `<tag>`"
    )


def test_check_holds_after_writing_and_names_what_is_stale_after_an_edit(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main(["--check"], root) == 0
    contract = root / "openapi.yaml"
    contract.write_text(contract.read_text().replace("It is.", "It is not."))
    assert generate.main(["--check"], root) == 1
    assert capsys.readouterr().err == "docs/requirements.md is stale; run: make docs\n"
    assert "It is not." not in (root / "docs/requirements.md").read_text()


def test_the_map_follows_the_layers_and_what_is_forbidden(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (root / "CONTRIBUTING.md").read_text()
    assert "old" not in text
    assert "  cli    What cli is for." in text
    assert text.index("  cli ") < text.index("  suite ") < text.index("  http ")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert [row.split(" | ")[-1] for row in rows] == ["`suite` |", "all below |", "nothing |"]
    (root / "pyproject.toml").write_text(LAYERS.replace('"suite", "http"', '"http", "suite"'))
    assert generate.main(["--check"], root) == 1
    assert capsys.readouterr().err == "CONTRIBUTING.md is stale; run: make docs\n"


def test_a_package_without_a_place_to_start_reading_is_named(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / layers.SOURCE / "suite" / layers.START["suite"][0]).unlink()
    assert generate.main([], root) == 2
    assert "suite/execute.py, which is not there" in capsys.readouterr().err


def test_readme_keeps_its_own_text_around_the_table(root: Path) -> None:
    text = (root / "README.md").read_text()
    assert text.startswith("# T\n\n")
    assert text.endswith("\n\nrest\n")
    assert "old" not in text
    assert "| `GET /things/{id}` | Fetch a thing | `client.things.retrieve` | optional |" in text
    assert "| `DELETE /things/{id}` | removeThing (deprecated) |  | no |" in text
    assert (
        "[3 requirements](docs/requirements.md), 2 MUST, 1 SHOULD; 2 documented, 1 observed;"
        in text
    )
    assert "[7 of 8 defects](docs/kill-matrix.md)" in text
    assert "50 runs against the server without defects raise 0 false alarms" in text
    assert "stock" not in text


def test_the_readme_has_what_stock_schemathesis_notices_when_it_was_run_against_every_defect(
    root: Path,
) -> None:
    line = "- Stock `schemathesis run`, run against all of these defects, notices **3** of 8.\n"
    (root / "docs/kill-matrix.md").write_text(MATRIX + line)
    assert generate.main([], root) == 0
    assert (
        "that it violates (stock `schemathesis run` notices 3), and"
        in (root / "README.md").read_text()
    )


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


@pytest.mark.parametrize("name", ["openapi.yaml", "README.md", "docs/kill-matrix.md"])
def test_missing_file_is_one_line(
    root: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / name).unlink()
    assert generate.main(["--check"], root) == 2
    assert name in capsys.readouterr().err


def test_readme_without_markers_is_refused(root: Path) -> None:
    (root / "README.md").write_text("# T\n")
    assert generate.main([], root) == 2


# -- code blocks ----------------------------------------------------------------------------------

PAGES = {
    path.relative_to(pages.ROOT).as_posix(): blocks
    for path in pages.documented()
    if (blocks := pages.blocks(path))
}


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running() as server:
        yield server


@contextlib.contextmanager
def opened(
    blocks: list[pages.Block],
    folder: Path,
    server: RunningServer,
    trace: Callable[[], Path] | None = None,
) -> Generator[pages.Session]:
    """Open a session for the blocks of one page.

    The addresses 8787 and 8788 are those of the page's own server where it starts one. Those of a
    reader's server, 8080 and 8081, always answer here.
    """
    own = free_port(), free_port()
    here = int(server.base_url.rpartition(":")[2]), int(server.media_url.rpartition(":")[2])
    gateway, media = own if any(block.serves for block in blocks) else here
    replacements = {
        "8787": str(gateway),
        "8788": str(media),
        "8080": str(here[0]),
        "8081": str(here[1]),
        "sk_…": server.keys["secret"],
        "pk_…": server.keys["publishable"],
    }
    (folder / ".venv").symlink_to(sys.prefix)  # as in a clone in which make was run
    session = pages.Session(folder, replacements, own, trace)
    try:
        yield session
    finally:
        session.close()


def free_port() -> int:
    """Find a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


# A page with commands starts programs as its reader would; one with Python alone is quick.
RUNNABLE = [
    pytest.param(page, marks=pytest.mark.whole_run)
    if any(block.language in {"console", "bash", "given"} for block in blocks)
    else page
    for page, blocks in PAGES.items()
]


@pytest.mark.parametrize("page", RUNNABLE)
def test_blocks_of_a_page_run_and_print_what_it_shows(
    page: str, tmp_path: Path, server: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with opened(PAGES[page], tmp_path, server, lambda: trace_file(tmp_path_factory)) as session:
        for block in PAGES[page]:
            session.run_block(block)


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    every = [b for blocks in PAGES.values() for b in blocks if b.language != "given"]
    kept = [block for block in every if block.reason is not None]
    for block in kept:
        print(f"{block.place}: not run: {block.reason}")
        assert len((block.reason or "").split()) >= 3, f"{block.place}: say why it is not run"
    assert len(kept) <= len(every) // 10, [block.place for block in kept]


PAGE = """
<!-- given: touch here -->
```python
# mine.py
print("https://example.org:8080", 6 * 7)
```

```console
$ python mine.py
https://example.org:8080 …
$ exit_code() { return 3; }; exit_code
$ echo $?
3
```

```bash
test -f here
```
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", ""),
        ("8080 …", "8080 41", "page.md:9: $ python mine.py"),
        ("$ echo $?\n3\n", "", "page.md:11: exit code 3: exit_code"),
        ("$ echo $?\n3", "$ echo $?\n4", "-- shown:\n4\n-- printed:\n3"),
        ("6 * 7", "6 / 0", "ZeroDivisionError"),
        ("6 * 7)", "6 * 7", "page.md:4: this is not python"),
        ("touch here", "touch here/there", "page.md:2: exit code 1: touch"),
        ("test -f here", "test -f there", "page.md:17: exit code 1"),
        ("```bash", "```", "page.md:17: no language"),
        ("$ python mine.py", "python mine.py", "page.md:9: a console block starts with"),
        ("```bash", "<!-- not run: it would fail here -->\n```bash\nfalse", ""),
    ],
)
def test_page_that_does_not_do_what_it_shows_fails_with_its_line(
    old: str, new: str, said: str, tmp_path: Path, server: RunningServer
) -> None:
    assert old in PAGE
    (tmp_path / "page.md").write_text(PAGE.replace(old, new, 1), encoding="utf-8")
    blocks = pages.blocks(tmp_path / "page.md", tmp_path)
    expectation = pytest.raises(pages.PageError) if said else contextlib.nullcontext()
    with opened(blocks, tmp_path, server) as session, expectation as failure:
        for block in blocks:
            session.run_block(block)
    assert failure is None or said in str(failure.value)


def test_command_that_does_not_end_is_given_up(
    tmp_path: Path, server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LIMIT", 0.5)
    with (
        opened([], tmp_path, server) as session,
        pytest.raises(pages.PageError, match="still running after"),
    ):
        session.run("sleep 60")
