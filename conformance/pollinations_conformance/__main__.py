"""Start the command line: `pollinations-conformance` and `python -m pollinations_conformance`."""

import importlib.util
import sys


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    if importlib.util.find_spec("click") is None:  # the base install has the client only
        sys.stderr.write(
            "Error: this command needs the conformance extra; "
            "install it with: pip install 'pollinations-contract[conformance]'\n"
        )
        sys.exit(2)
    from pollinations_conformance.cli import main as cli

    sys.exit(cli.main())


if __name__ == "__main__":
    main()
