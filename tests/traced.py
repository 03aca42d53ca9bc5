"""The command line, for which the run against the server without defects was made before.

python tests/traced.py TRACE mutants --only models-twice: without it, this would begin with a whole run
in each of its processes. Checks that have joined since are run here.
"""

import pickle
import sys
from pathlib import Path

from pollinations_conformance.checks import every
from pollinations_conformance.cli import effects
from pollinations_conformance.cli.main import main


def read(file: Path) -> effects.Trace:
    """Read a trace, and add the checks that it does not have."""
    made: effects.Trace = pickle.loads(file.read_bytes())
    new = [item for item in every() if item.name not in made.sent]
    if new:
        more = effects.trace_of(new)
        made.sent |= more.sent
        made.passed |= more.passed
    return made


if __name__ == "__main__":
    trace = read(Path(sys.argv[1]))
    effects.trace = lambda seed=1: trace  # type: ignore[assignment]
    sys.exit(main(sys.argv[2:]))
