"""Build wheel and source distribution, look into them, install them elsewhere and try them: `make dist`.

Exit codes: 0 they hold, 1 they do not, 2 inconclusive. Only what holds is left in dist/.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it also runs as a script

from tools.dist_contents import (  # noqa: E402
    FILE,
    NAME,
    check_release,
    check_sdist,
    check_wheel,
    tracked,
    version,
)
from tools.dist_report import DistError, Table  # noqa: E402
from tools.dist_trial import LONGEST, clean_environment, last_line, try_installed  # noqa: E402


def build(root: Path, target: Path, epoch: str, *kinds: str) -> tuple[Path, Path]:
    """Build both distributions of a folder; the wheel from the sdist when no kinds are named.

    Raises:
        DistError: the build failed.
    """
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        str(target),
        *kinds,
        ".",
    ]
    done = subprocess.run(
        command,
        cwd=root,
        env=clean_environment(SOURCE_DATE_EPOCH=epoch),
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST,
    )
    if done.returncode:
        raise DistError(f"the build failed: {last_line(done.stderr or done.stdout)}")
    try:
        (wheel,), (sdist,) = target.glob("*.whl"), target.glob("*.tar.gz")
    except ValueError:
        raise DistError(f"the build did not give one wheel and one sdist in {target}") from None
    return wheel, sdist


def epoch(root: Path) -> str:
    """Return the time that archives carry: SOURCE_DATE_EPOCH, or that of the last commit."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return given
    command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "1577836800"


def copy(root: Path, names: Iterable[str], target: Path) -> None:
    """Copy the files under version control to another place."""
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target / name)


def make(root: Path, output: Path, install: bool, tag: str | None, table: Table) -> None:
    """Build, look, try; leave the distributions in `output` when all holds.

    Raises:
        DistError: something of it cannot be done.
    """
    names = tracked(root)
    clear(output)
    with tempfile.TemporaryDirectory(prefix="dist-") as folder:
        scratch = Path(folder)
        if tag is not None:
            table.judge("release", check_release(tag, root), tag)
        print(f"      building {NAME} {version(root)}", flush=True)
        time = epoch(root)
        wheel, sdist = build(root, scratch / "first", time, "--sdist", "--wheel")
        found = {**check_wheel(wheel, root, names), **check_sdist(sdist, root, names)}
        for name, problems in found.items():
            table.judge(name, problems)
        elsewhere = scratch / "elsewhere"
        copy(root, names, elsewhere)
        again, source = build(elsewhere, scratch / "second", time)
        table.judge(
            "sdist: same bytes built elsewhere",
            [] if source.read_bytes() == sdist.read_bytes() else ["they differ"],
        )
        table.judge(
            "wheel: same bytes from the sdist",
            [] if again.read_bytes() == wheel.read_bytes() else differing(wheel, again),
        )
        if not install:
            table.add("installing and trying", "skipped", "--no-install")
        elif table.exit_code() == 0:
            try_installed(wheel, root, scratch, table)
        else:
            table.add("installing and trying", "skipped", "what is in them has to be right first")
        if table.exit_code() == 0:
            output.mkdir(parents=True, exist_ok=True)
            for file in (wheel, sdist):
                shutil.copyfile(file, output / f".{file.name}")
                (output / f".{file.name}").replace(output / file.name)
                print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {output / file.name}")


def clear(output: Path) -> None:
    """Remove distributions of before, so that none is taken for the one that was judged."""
    for pattern in (f"{FILE}-*.whl", f"{FILE}-*.tar.gz"):
        for file in output.glob(pattern):
            file.unlink()


def differing(one: Path, other: Path) -> list[str]:
    """Name the members in which two wheels differ."""
    with zipfile.ZipFile(one) as a, zipfile.ZipFile(other) as b:
        ours, theirs = ({i.filename: i for i in z.infolist()} for z in (a, b))
        names = [
            name
            for name in sorted(ours.keys() | theirs.keys())
            if name not in ours or name not in theirs or a.read(name) != b.read(name)
        ]
    return [f"{name} differs" for name in names] or ["their order, times or modes differ"]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; see the top of the file."""
    parser = argparse.ArgumentParser(
        description="Build wheel and source distribution, look into them, install and try them."
    )
    parser.add_argument(
        "--output", type=Path, default=ROOT / "dist", help="where they go when they hold (dist)"
    )
    parser.add_argument(
        "--no-install",
        action="store_true",
        help="leave out what needs a package index: installing and trying; see the last line",
    )
    parser.add_argument(
        "--tag", help="also demand that this tag, version, changelog and commit fit together"
    )
    options = parser.parse_args(arguments)
    table = Table()
    try:
        make(ROOT, options.output, not options.no_install, options.tag, table)
    except DistError as error:
        table.add("make dist", "unknown", str(error))
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    except subprocess.TimeoutExpired as error:
        table.add("make dist", "unknown", f"no end after {error.timeout:g} s: {error.cmd[0]}")
    except OSError as error:
        table.add("make dist", "unknown", f"{error.filename}: {error.strerror}")
    print(table.sentence())
    return table.exit_code()


if __name__ == "__main__":
    raise SystemExit(main())
