"""Test that every example runs as it is written against the reference server, and what it shows."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from pollinations_conformance.server import RunningServer
from tests.pages import ROOT

EXAMPLES = ROOT / "examples"
PAGE = ROOT / "docs/recipes.md"

SHOWN = {
    "async_streaming": r"\.{3,}\na bee: .+\na wasp: .+\nan ant: .+\n",
    "chat": r"model: .+\nmodel: .+\ntokens: \d+\n",
    "errors": (
        r".*a bee.*\nlimited-short: too many requests; try again in 1\.0 s\n"
        r"stream-stops: cut off after \d+ characters\nreset-at-once: not reached: APIConnectionError\n"
        r"edge-524: failed: InternalServerError\n\{'width': \[.+\]\}\n"
    ),
    "images": r"bee\.jpg image/jpeg \d+ bytes, model: flux\nbee-with-hat\.jpg \{.*image.*\}\n",
    "music": r"waltz\.mp3 audio/mpeg \{'completion_audio_seconds': 10.*\}\n",
    "raw_responses": (
        r"200 application/json \d+ bytes\nfirst model: \w+\nsaved \d+ bytes, cache: MISS\n"
    ),
    "retries": r"failed: 502\ntoo slow: APITimeoutError\navailable: \d+ models\n",
    "speech": r"morning\.wav audio/wav \d+ bytes\nnight\.mp3 audio/mpeg \{.*'completion_audio.*\}\n",
    "spending": r"pollen left: [\d.]+\n( +[\d.]+  \S+\n)+plot: spending\.svg, 1 days\n",
    "streaming": r"(.|\n)*day in the life of a bee(.|\n)*\nfinish reason: stop\n",
    "structured_output": r".+ \(\d+ minutes\)\n(- .+\n){2,}",
    "tools": r"called weather\(\{'city': .+\}\): \{.*21.*\}\nmodel: .*21.*\n",
    "transcription": r"text: Bees fly over the meadow\.\n",
    "video": r"meadow\.mp4 video/mp4 \{.*video.*\}\n",
    "vision": r".*What is in this image.*image_url.*\n",
}
"""What each script prints, as a pattern. A script that is not here, or a pattern without a script, fails."""

FILES = {
    "bee.jpg": b"\xff\xd8",
    "bee-with-hat.jpg": b"\xff\xd8",
    "large-bee.jpg": b"\xff\xd8",
    "meadow.mp4": b"ftyp",
    "morning.wav": b"RIFF",
    "night.mp3": b"",
    "recording.mp3": b"",
    "waltz.mp3": b"",
    "spending.svg": b"<svg",
}
"""What the files begin with, somewhere in their first bytes."""


@pytest.fixture
def here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pollinations_server: RunningServer
) -> Path:
    """Return an empty working folder, with the server's URLs in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BASE_URL", pollinations_server.base_url)
    monkeypatch.setenv("MEDIA_URL", pollinations_server.media_url)
    return tmp_path


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_an_example_prints_and_writes_what_it_promises(
    name: str, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = EXAMPLES / f"{name}.py"
    monkeypatch.setattr(sys, "argv", [str(script)])
    space = runpy.run_path(str(script), run_name="__main__")
    if "client" in space:
        space["client"].close()
    shown = capsys.readouterr()
    assert re.fullmatch(SHOWN[name], shown.out), shown.out
    assert shown.err == ""
    promised = [file for file in FILES if f'"{file}"' in script.read_text(encoding="utf-8")]
    for file in promised:
        assert FILES[file] in (here / file).read_bytes()[:16]
    if name == "spending":
        assert len(ElementTree.parse(here / "spending.svg").getroot()) == 1


@pytest.mark.parametrize("name", ["vision", "transcription"])
def test_an_example_takes_the_readers_own_file(
    name: str, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file has a name of its own, so that none is generated beside it."""
    monkeypatch.setattr(sys, "argv", [name])
    runpy.run_path(str(EXAMPLES / f"{name}.py"))["client"].close()
    (made,) = here.iterdir()
    own = made.rename(here / f"mine{made.suffix}")
    first = capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", [name, str(own)])
    runpy.run_path(str(EXAMPLES / f"{name}.py"))["client"].close()
    assert [path.name for path in here.iterdir()] == [own.name]
    assert capsys.readouterr().out == first


def test_the_notebook_runs_cell_by_cell(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = json.loads((EXAMPLES / "notebook.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    assert all(not c.get("outputs") for c in notebook["cells"]), "kept without outputs"
    space: dict[str, Any] = {"__name__": "__main__"}
    values: list[Any] = []
    for cell in cells:
        # As in a notebook, the last expression of a cell is its value.
        *_, last = cell.splitlines()
        exec(compile(cell, "notebook", "exec"), space)
        values.append(eval(last, space) if last.startswith(("client.", "rows")) else None)
    space["client"].close()
    assert isinstance(values[1], str)
    assert "dance" in values[1]
    assert space["image"].content_type == "image/jpeg"
    assert len(values[-1]) == 3
    assert all(row["model"] for row in values[-1])


def test_every_example_is_run_and_shown_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    scripts = {path.stem for path in EXAMPLES.glob("*.py")}
    assert scripts == set(SHOWN) | {"test_application"}
    for path in [*EXAMPLES.glob("*.py"), *EXAMPLES.glob("*.ipynb")]:
        assert f"../examples/{path.name}" in page, path.name


@pytest.mark.whole_run
def test_the_example_of_a_test_passes_with_pytest(tmp_path: Path) -> None:
    copy = tmp_path / "test_application.py"
    copy.write_bytes((EXAMPLES / copy.name).read_bytes())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", copy.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
