"""The command line, for which the run against the server without defects was made before.

python tests/traced.py TRACE mutants --only models-twice: without it, this would begin with a whole run
in each of its processes.
"""

import pickle
import sys
from pathlib import Path

from pollinations_conformance.cli import effects
from pollinations_conformance.cli.main import main

if __name__ == "__main__":
    made = pickle.loads(Path(sys.argv[1]).read_bytes())
    effects.trace = lambda seed=1: made  # type: ignore[assignment]
    sys.exit(main(sys.argv[2:]))
