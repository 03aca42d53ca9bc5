"""Print how fast the client is beside its goals and its peers, all measured in one run.

    python benchmarks/run.py            make a clean virtualenv in build/benchmarks, measure, print the table
    python benchmarks/run.py --json     the same as JSON

The peers are openai, the unchanged output of openapi-python-client for the same contract, models of pydantic and
msgspec for the same records, and plain httpx. Every value is a ratio to plain httpx or json.loads in the same run, so
that the machine matters little. Exit code 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WORK = ROOT / "build" / "benchmarks"
GOALS: list[tuple[str, str, float, str]] = [
    # measure, what it is, goal, and whether less or more is better
    ("import", "import and construct / import httpx", 0.5, "less"),
    ("first", "import, construct, request the balance / the same with httpx", 1.5, "less"),
    ("first_chat", "import, construct, chat / the same with httpx", 1.5, "less"),
    ("call", "one call over a mock transport / httpx + json.loads", 1.3, "less"),
    ("parse", "parse a 2 KB completion / json.loads", 2.2, "less"),
    ("usage", "parse 1,000 usage records / json.loads", 1.4, "less"),
    ("sse", "typed events per second of CPU / httpx-sse + json.loads", 0.85, "more"),
    ("sse_packed", "the same, 50 events in a piece", 0.75, "more"),
    ("sse_sizes", "bytes per second, slowest event size / small events", 0.5, "more"),
    ("memory", "peak over idle of a 100 MB download to a file, MB", 2.0, "less"),
]
NOTES = {
    "parse_read": "parse a 2 KB completion and read text, finish reason and usage / json.loads",
    "usage_read": "parse 1,000 usage records and add up their cost / json.loads",
}
PEERS = ("ours", "openai", "stock", "pydantic", "msgspec")


def environment() -> Path:
    """Make the clean virtualenv, or take the one that is there.

    Returns:
        Its interpreter.
    """
    wanted = hashlib.sha256((HERE / "requirements.txt").read_bytes()).hexdigest()
    folder = WORK / "venv"
    stamp = folder / "requirements.sha256"
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        print("making a clean virtualenv", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*install, "-r", str(HERE / "requirements.txt")], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return python


def packages() -> Path:
    """Put the client and the unchanged output of the generator side by side.

    Returns:
        The directory that holds both.
    """
    folder = WORK / "packages"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ignore = shutil.ignore_patterns("__pycache__")
    ours = ROOT / "generated" / "pollinations_client"
    shutil.copytree(ours, folder / "pollinations_client", ignore=ignore)
    generator = Path(sys.executable).with_name("openapi-python-client")
    command = [str(generator), "generate", "--path", str(ROOT / "openapi.yaml"), "--meta", "none"]
    subprocess.run(
        [*command, "--output-path", str(folder / "stock_client")], check=True, capture_output=True
    )
    return folder


def measure() -> dict[str, Any]:
    """Run all measures in the clean virtualenv."""
    python, path = environment(), packages()
    compiled = [str(python), "-m", "compileall", "-q", str(path)]
    subprocess.run(compiled, check=True)
    done = subprocess.run(
        [str(python), str(HERE / "measure.py")],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(path), "PATH": ""},
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def table(found: dict[str, Any]) -> tuple[list[str], bool]:
    """Lay the values out beside the goals.

    Returns:
        The lines, and whether every goal is met.
    """
    rows: list[tuple[str, ...]] = [("", "goal", *PEERS, "")]
    met = True
    for name, what, goal, better in GOALS:
        values = found[name]
        good = values["ours"] <= goal if better == "less" else values["ours"] >= goal
        met = met and good
        sign = "≤" if better == "less" else "≥"
        rows.append((what, f"{sign} {goal:g}", *shown(values), "met" if good else "missed"))
    for name, what in NOTES.items():
        rows.append((what, "", *shown(found[name]), ""))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    base = found["base"]
    lines += [
        "",
        f"Python {base['python']}, {base['versions']}",
        f"best of all rounds; import httpx {base['import_ms']:.1f} ms, bare call {base['call_us']:.0f} µs, "
        f"json.loads {base['parse_us']:.1f} µs and {base['usage_us']:.0f} µs, "
        f"httpx-sse {base['sse']:,.0f} and {base['sse_packed']:,.0f} events/s",
    ]
    return lines, met


def shown(values: dict[str, float]) -> list[str]:
    """Write the values of the peers; a dash where one has no such thing."""
    return [f"{values[peer]:.2f}" if peer in values else "–" for peer in PEERS]


def main() -> int:
    """Run the command; see the top of the file."""
    parser = argparse.ArgumentParser(description="Measure the client beside its goals and peers.")
    parser.add_argument("--json", action="store_true", help="print the values as JSON")
    options = parser.parse_args()
    found = measure()
    lines, met = table(found)
    print(json.dumps(found, indent=2) if options.json else "\n".join(lines))
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
