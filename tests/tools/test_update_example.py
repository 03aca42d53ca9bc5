"""Walk with true targets: the example of CONTRIBUTING.md from edit to end, and three failures."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.honest import trace_file
from tests.tools.checkouts import ROOT, edit, files, git, run
from tools import update

SEND = """
import httpx
from pollinations_client import Pollinations
from pollinations_conformance.server import running

seen = []
with running() as server:
    hooks = {
        "request": [lambda request: seen.append(request.url.params["max_tokens"])],
        "response": [lambda response: seen.append(response.headers["x-usage-completion-text-tokens"])],
    }
    with Pollinations(
        api_key=server.keys["secret"],
        base_url=server.base_url,
        http_client=httpx.Client(event_hooks=hooks),
    ) as client:
        client.text.generate("Tell a long story.", max_tokens=5, model="openai")
print(*seen)
"""


def loosely(line: str) -> str:
    """Take out of a line what differs from run to run, and with every other change."""
    return re.sub(r"\d+(\.\d+)*|\s+", " ", line).strip()


@pytest.mark.whole_run
@pytest.mark.longest
def test_the_example_of_contributing_is_green_from_edit_to_end(
    clone: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = guide[guide.index("### An example") :]
    edits = re.findall(r"^```diff\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    shown = re.findall(r"^```console\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)

    def apply(text: str) -> None:
        subprocess.run(
            ["git", "apply", "--recount", "-C1"], input=text, cwd=clone, text=True, check=True
        )

    # The walk is a true one; of the suite, it runs what the example can concern.
    concerned = "--requirement 'TEXT-*' --requirement 'ERR-*'"
    edit(clone, "conformance check \\", f"conformance check {concerned} \\", "Makefile")
    git(clone, "commit", "--quiet", "--all", "--message", "Some requirements")
    assert "+++ b/openapi.yaml" in edits[0]
    apply(edits[0])
    code, first, errors = run(clone, "--bump", "--write-changelog", "--no-suite")
    assert (code, errors) == (0, "")
    assert "feature: `GET /text/{prompt}`: query parameter `max_tokens` (optional)" in first
    assert "feature, added: `client.text.generate`: parameter max_tokens is new" in first
    log = (clone / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "- `GET /text/{prompt}`: query parameter `max_tokens` (optional).\n" in log
    assert "- Client: `client.text.generate`: parameter max_tokens is new.\n" in log

    for text in edits[1:]:
        apply(text)
    code, second, errors = run(clone)
    assert (code, errors) == (0, "")
    assert re.search(r"held .* \d+ requirements: \d+ pass, \d+ not tested", second)
    assert "fail" not in second
    assert "Commit together: CHANGELOG.md," in second
    # What was written before is neither written nor raised again.
    assert (clone / "CHANGELOG.md").read_text(encoding="utf-8") == log

    real = {loosely(line) for line in (first + second).splitlines()}
    for line in "".join(shown).splitlines():
        if not line.startswith("$ ") and line not in ("", "…") and "defects killed" not in line:
            known = "requirements:" in line or "running," in line  # of the run without the suite
            assert known or loosely(line) in real, line

    (clone / "send.py").write_text(SEND, encoding="utf-8")
    assert run(clone, program="send.py") == (0, "5 5\n", "")
    words = [str(trace_file(tmp_path_factory)), "mutants", "--only", "max-tokens"]
    code, killed, _ = run(clone, *words, program="tests/traced.py")
    assert killed == "1 of 1 defects killed, 0 of them make an undeclared requirement fail\n"


# --- true targets that fail ---------------------------------------------------------------------


@pytest.mark.whole_run
def test_an_edit_that_breaks_the_form_stops_at_the_first_step(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(clone, "      operationId: generateText\n", "      operationId: generateImage\n")
    before = files(clone / "generated")
    assert update.main([], clone) == 1
    out, err = capsys.readouterr()
    assert err == (
        "Error: check the contract's form: make lint-contract failed, see above; "
        "correct openapi.yaml and run it again\n"
    )
    assert re.search(r"^2 generate .* not run", out, re.MULTILINE)
    assert files(clone / "generated") == before


@pytest.mark.whole_run
def test_a_failed_generation_leaves_the_client_as_it_was(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(clone, "x-sdk: {resource: text, method: generate}", "x-sdk: {resource: text}")
    before = files(clone / "generated")
    assert update.main([], clone) == 2
    out, err = capsys.readouterr()
    assert err.startswith("Error: generate the client and the pages: make generate failed")
    assert "generated/ is as it was" in err
    assert err.count("\n") == 1
    assert "Traceback" not in out
    assert files(clone / "generated") == before


@pytest.mark.whole_run
def test_a_failure_of_the_pages_reports_that_the_client_is_new(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(clone, "enum: [low, medium, high, hd]", "enum: [low, medium, high]")
    (clone / "docs" / "kill-matrix.md").write_text("nothing", "utf-8")
    before = files(clone / "generated")
    assert update.main([], clone) == 2
    err = capsys.readouterr().err
    assert err.startswith("Error: generate the client and the pages: make docs failed")
    assert "is new already" in err
    assert files(clone / "generated") != before
