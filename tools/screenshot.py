"""Take the README's screenshot: the report of a run against a mock server with a defect.

`make screenshot` writes docs/static/report.png; Chromium must be on the PATH.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":  # so that `tools` is found, as it is by tests
    sys.path.insert(0, str(ROOT))

from tools.check_site import CheckError, arguments, chromium  # noqa: E402

IMAGE = ROOT / "docs" / "static" / "report.png"
DEFECTS = ("models-twice",)
SHOWN = "MODELS-V1-02"
"""The requirement that the defect violates; the screenshot begins with it."""
WIDTH, HEIGHT = 1000, 620


def report(folder: Path) -> Path:
    """Run the suite on the tag `models` and return the HTML report.

    Raises:
        CheckError: the run did not end in a report of failures.
    """
    python = (sys.executable, "-m", "pollinations_conformance")
    start = " ".join((*python, "serve", "--port", "$PORT", "--media-port", "$MEDIA_PORT"))
    start += "".join(f" --defect {name}" for name in DEFECTS)
    command = [*python, "check", "--tag", "models", "--no-generated", "--start", start]
    done = subprocess.run(
        [*command, "--report-dir", str(folder)], check=False, capture_output=True, text=True
    )
    if done.returncode != 1:
        raise CheckError(f"the run was meant to find failures, but exited with {done.returncode}")
    return folder / "report.html"


def take(page: Path, image: Path) -> None:
    """Render a report from a violated requirement on, as it looks on a desk, in the light scheme.

    Raises:
        CheckError: there is no Chromium.
    """
    from playwright.sync_api import sync_playwright

    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium(), args=arguments()) as browser,
    ):
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        tab.goto(f"{page.as_uri()}#{SHOWN}")
        tab.screenshot(path=image)


def main(arguments: Sequence[str] = ()) -> int:
    """Write the screenshot.

    Args:
        arguments: none are taken.

    Returns:
        0 when it was written, 2 when it could not be.
    """
    if arguments:
        print(f"Error: {__doc__}", file=sys.stderr)
        return 2
    try:
        with tempfile.TemporaryDirectory() as folder:
            take(report(Path(folder)), IMAGE)
    except CheckError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    print(f"wrote {IMAGE.relative_to(ROOT)}, {IMAGE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
