"""Have the suite find the defects that a change can affect, and some of the others: `make check-mutants`.

Compared is with where this branch left the main one; on the main branch, with the commit before. Which
of the other defects are tried follows from the commit, so that they take turns and a run can be
repeated. `--all` tries all of them, and shows that none makes other requirements fail than it
declares, which takes many times as long.

Exit codes: 0 all of these are found and the honest server is silent, 1 not so.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from pollinations_conformance.cli.main import main as command_line
from pollinations_conformance.server.defects import DEFECTS
from tools.affected_defects import affected, changed_files, commit_of

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = 100
HONEST = 1
"""Seeds of the server without defects, which `make conformance` meets as well."""


def choose(names: set[str], size: int, seed: int) -> list[str]:
    """Return the names that come first, then a sample of the others.

    Args:
        names: those of the defects that a change can affect.
        size: of the sample.
        seed: of the sample.
    """
    others = [name for name in DEFECTS if name not in names]
    drawn = random.Random(seed).sample(others, min(size, len(others)))
    return [*(name for name in DEFECTS if name in names), *drawn]


def read_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--base", metavar="REF", help="the revision to compare with")
    parser.add_argument("--all", action="store_true", help="try all defects")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="how many of the others")
    parser.add_argument("--seed", type=int, help="of the sample; from the commit by default")
    parser.add_argument("--jobs", default="2", help="processes")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command; see the top of the file."""
    wanted = read_arguments(arguments)
    words = ["mutants", "--jobs", wanted.jobs]
    if wanted.all:
        return command_line([*words, "--seeds", "5"])
    commit, files = changed_files(root, wanted.base)
    if wanted.base and not commit:
        print(f"Error: --base {wanted.base}: no such revision", file=sys.stderr)
        return 2
    names = affected(root, commit, files)
    seed = int(commit_of(root, "HEAD")[:7] or "1", 16) if wanted.seed is None else wanted.seed
    chosen = choose(names, wanted.sample, seed)
    since = f"since {commit[:9]}" if commit else "with nothing to compare with"
    print(
        f"{len(files)} files changed {since}: {len(names)} of {len(DEFECTS)} defects can be "
        f"affected; {len(chosen) - len(names)} more by lot (--seed {seed})",
        flush=True,
    )
    words.append("--recall")
    for name in chosen:
        words += ["--defect", name]
    return command_line([*words, "--seeds", str(HONEST), "--first-seed", str(seed % 1000)])


if __name__ == "__main__":
    sys.exit(main())
