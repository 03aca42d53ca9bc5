"""The code blocks of the documentation, and a shell in which they are run as a reader would.

A page is one session: its blocks run in order, in one folder, in one bash. What differs from a
reader's terminal stands in `Session`: addresses and keys are those of a server that this test
started, `make` only resolves its target, and a run of the suite is kept short.

- ```console: lines after `$ ` are commands, the others what they print; `…` stands for anything, on
  a line or as a line. Without lines, the output is not compared. A command must exit with 0, unless
  the next one is `echo $?`.
- ```bash: a script. ```python: a program, or a file for the commands that follow when its
  first line is `# name.py`; so are the other languages that have comments.
- ```yaml, ```toml, ```json: parsed.
- ```text, ```html, ```diff: shown only.
- `<!-- not run: reason -->` on the line above keeps a block from being run; it is still parsed.
- `<!-- given: command -->` brings about what a reader of the page has already; `$CHECKOUT` is this
  repository.
"""

import ast
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parent.parent
RUN = {"console", "bash", "python", "given"}
SHOWN = {"text", "html", "mermaid", "diff"}
PARSED = {"yaml", "toml", "json"}
LIMIT = 120.0
"""Seconds that one command may take."""

SUITE = re.compile(r"\bpollinations-conformance check\b")
SHORT = re.compile(r"--(tag|requirement|max-time|no-generated|dry-run|help)\b")
MUTANTS = re.compile(r"^pollinations-conformance(?= mutants\b)")
SERVER = re.compile(r"pollinations-conformance serve\b(?!.*--(list-|help))")
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\S*)(?: .*)?$")
REASON = re.compile(r"^ *<!-- not run: (?P<reason>.+) -->$")
GIVEN = re.compile(r"^<!-- given: (?P<command>.+) -->$")
NAMED = re.compile(r"^# (?P<name>[\w/.-]+\.\w+)$")


class Block(NamedTuple):
    """One fenced block of a page."""

    page: str  # relative to the repository
    line: int  # of its first line of code
    language: str
    text: str
    reason: str | None  # why it is not run

    @property
    def place(self) -> str:
        """Return where the block is, in the form that editors open."""
        return f"{self.page}:{self.line}"

    @property
    def serves(self) -> bool:
        """Return whether the block starts a reference server."""
        lines = self.text.splitlines() if self.reason is None else []
        return any(SERVER.match(line.removeprefix("$ ")) for line in lines)

    @property
    def name(self) -> str | None:
        """Return the name of the file that the block shows, or None."""
        found = NAMED.match(self.text.partition("\n")[0])
        return found["name"] if found else None


class Command(NamedTuple):
    """One command of a console block, with the output that is shown below it."""

    line: int
    text: str
    output: list[str]


class PageError(AssertionError):
    """A block does not do what its page says."""


def documented() -> list[Path]:
    """List the pages whose blocks are run."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(path: Path, root: Path = ROOT) -> list[Block]:
    """Read the fenced blocks of a page; directives of Sphinx (```{name}) are none."""
    found: list[Block] = []
    lines = path.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        given, start = GIVEN.match(lines[number]), FENCE.match(lines[number])
        number += 1
        if given is not None:
            page = path.relative_to(root).as_posix()
            found.append(Block(page, number, "given", given["command"], None))
        if start is None:
            continue
        first, indent = number, start["indent"]
        while number < len(lines) and lines[number] != indent + "```":
            number += 1
        note = REASON.match(lines[first - 2]) if first > 1 else None
        if not start["language"].startswith("{"):
            text = "".join(line.removeprefix(indent) + "\n" for line in lines[first:number])
            page = path.relative_to(root).as_posix()
            reason = note["reason"] if note else None
            found.append(Block(page, first + 1, start["language"], text, reason))
        number += 1
    return found


def commands(block: Block) -> Iterator[Command]:
    """Read the commands of a console block; a backslash at the end of a line continues it."""
    command: Command | None = None
    continued = False
    for number, line in enumerate(block.text.splitlines(), block.line):
        if continued and command is not None:
            command = command._replace(text=f"{command.text}\n{line}")
        elif line.startswith("$ "):
            if command is not None:
                yield command
            command = Command(number, line[2:], [])
        elif command is None:
            raise PageError(
                f"{block.page}:{number}: a console block starts with a line '$ command'"
            )
        else:
            command.output.append(line)
            continue
        continued = line.endswith("\\")
    if command is not None:
        yield command


def parse(block: Block) -> None:
    """Read a block that is data, or a program, without running it.

    Raises:
        PageError: it is not what its language says.
    """
    known = RUN | SHOWN | PARSED
    if block.language not in known:
        raise PageError(
            f"{block.place}: {block.language or 'no language'} after ```; "
            f"known are {', '.join(sorted(known - {'given'}))}"
        )
    try:
        match block.language:
            case "yaml":
                list(yaml.safe_load_all(block.text))
            case "toml":
                tomllib.loads(block.text)
            case "json":
                json.loads(block.text)
            case "python":
                ast.parse(block.text)
            case "console":
                list(commands(block))
            case _:
                pass
    except (ValueError, SyntaxError, yaml.YAMLError) as error:
        raise PageError(f"{block.place}: this is not {block.language}: {error}") from error


class Session:
    """A bash in which the blocks of one page are run, one after the other.

    Args:
        folder: where it starts; an empty one.
        replacements: words that stand in pages, and what stands for them here, outputs included.
        ports: two free ones, for a server that the page starts.
        trace: gives a file with what a run against the server without defects sends.
    """

    def __init__(
        self,
        folder: Path,
        replacements: Mapping[str, str],
        ports: tuple[int, int],
        trace: Callable[[], Path] | None = None,
    ) -> None:
        self.folder = folder
        self.replacements = replacements
        self.ports = ports
        self.trace = trace
        foreign = ("PYTEST_", "POLLINATIONS_", "MAKE", "MFLAGS")
        environment = {n: v for n, v in os.environ.items() if not n.startswith(foreign)} | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT / 'conformance'}{os.pathsep}{ROOT / 'generated'}",
            "CHECKOUT": str(ROOT),
            "COLUMNS": "100",
            "NO_COLOR": "1",
        }
        self.bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-o", "pipefail"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._number = 0

    def close(self) -> None:
        """End the shell and all that it started."""
        if self.bash.poll() is None:
            os.killpg(self.bash.pid, signal.SIGKILL)
        self.bash.wait()
        for pipe in (self.bash.stdin, self.bash.stdout):
            if pipe is not None:
                pipe.close()

    def run_block(self, block: Block) -> None:
        """Run a block, and compare what it prints with what it shows.

        Raises:
            PageError: it fails or prints something else.
        """
        parse(block)
        text = self.replaced(block.text)
        if block.name is not None:
            file = self.folder / block.name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif block.reason is not None or block.language not in RUN:
            return
        elif block.language == "console":
            self._console(block)
        elif block.language == "given":
            self._must(block.place, text, text)
        else:
            self._number += 1
            file = self.folder / f".block-{self._number}"
            file.write_text(text, encoding="utf-8")
            self._must(block.place, f"{block.language} {file.name}", text)

    def replaced(self, text: str) -> str:
        """Put this session's addresses and keys in the place of the page's."""
        for old, new in self.replacements.items():
            text = re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", new, text)
        return text

    def _console(self, block: Block) -> None:
        steps = list(commands(block))
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            place = f"{block.page}:{step.line}"
            text = self._adapted(step.text)
            if following is not None and following.text == "echo $?":
                output, _ = self.run(text)
            else:
                output = self._must(place, text, step.text)
            if any(line.strip() for line in step.output) and not text.startswith("make -n"):
                expected = self.replaced("\n".join(step.output)).strip()
                if not matches(expected, output.strip()):
                    raise PageError(
                        f"{place}: $ {step.text}\n-- shown:\n{expected}\n-- printed:\n{output.strip()}"
                    )

    def _adapted(self, command: str) -> str:
        """Return what is typed here for a command of a page."""
        text = self.replaced(command)
        # Targets are run by CI itself, in a virtual environment of their own.
        text = re.sub(r"^((?:\w+=\S* )*)make\b", rf"\1make -n -C '{ROOT}'", text)
        if SUITE.search(text) and not SHORT.search(text):
            text = SUITE.sub(r"\g<0> --no-generated --tag models", text)
        if "pytest --pyargs" in text and " -k " not in text:
            text = re.sub(r" -n \d+", " -n 2", text) + " -k MODELS"
        if self.trace is not None and MUTANTS.match(text):
            # Other tests need the whole run that it begins with as well.
            text = MUTANTS.sub(f"python '{ROOT}/tests/traced.py' '{self.trace()}'", text)
        if SERVER.match(text):
            # A reader has another terminal for it, or sees when it is ready.
            if "--port" not in text:
                text = SERVER.sub(
                    rf"\g<0> --port {self.ports[0]} --media-port {self.ports[1]}", text
                )
            text = (
                f"rm -f .serve; {text.rstrip(' &')} > .serve 2>&1 & "
                "until grep -qs http .serve || ! kill -0 $!; do sleep 0.1; done; cat .serve"
            )
        return text

    def _must(self, place: str, command: str, shown: str) -> str:
        output, code = self.run(command)
        if code != 0:
            raise PageError(f"{place}: exit code {code}: {shown.strip()}\n-- printed:\n{output}")
        return output

    def run(self, command: str) -> tuple[str, int]:
        """Type one command, and wait for its end.

        Returns:
            What it printed, and its exit code.
        """
        assert self.bash.stdin is not None
        assert self.bash.stdout is not None
        mark = f"--- end {os.urandom(8).hex()} "
        # The exit code is left as it was, for a following `echo $?`.
        line = f"{command}\n__code=$?; printf '\\n%s%d\\n' '{mark}' $__code; (exit $__code)\n"
        self.bash.stdin.write(line.encode())
        self.bash.stdin.flush()
        end = re.compile(rf"\n{mark}(\d+)\n".encode())
        seen = b""
        deadline = time.monotonic() + LIMIT
        while (found := end.search(seen)) is None:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self.bash.stdout], [], [], max(left, 0))
            piece = os.read(self.bash.stdout.fileno(), 65536) if ready else b""
            if not piece:
                why = "the shell ended" if ready else f"still running after {LIMIT:.0f} s"
                raise PageError(f"{why}: {command}\n-- printed:\n{seen.decode(errors='replace')}")
            seen += piece
        return seen[: found.start()].decode(errors="replace"), int(found[1])


def matches(expected: str, output: str) -> bool:
    """Compare output with what a page shows, but for blanks; `…` or `...` stands for anything."""
    parts = [part.split() for part in re.split(r"…|\.\.\.", expected)]
    pattern = ".*".join(r"\s+".join(map(re.escape, words)) for words in parts)
    return re.fullmatch(pattern, output, re.DOTALL) is not None
