"""Metadata that depends on where the project is published: its URLs, and the links of the README.

On a package index a relative link leads nowhere. No file here names the project's place; the
environment variable PROJECT_URL does, such as https://example.org/owner/pollinations-contract, and the
release sets it. Without it the links stay relative, as in a checkout.
"""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

VARIABLE = "PROJECT_URL"
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)")
"""A Markdown link or image whose target is relative."""


class ProjectURLs(MetadataHookInterface):
    """Fills in `readme` and `urls`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add both to the metadata.

        Args:
            metadata: that of pyproject.toml, with the version.
        """
        url = os.environ.get(VARIABLE, "").rstrip("/")
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        tag = f"v{metadata['version']}"
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": absolute(text, url, tag) if url else text,
        }
        metadata["urls"] = urls(url, tag) if url else {"API": "https://pollinations.ai"}


def absolute(text: str, url: str, tag: str) -> str:
    """Return a page with absolute links, to the files of a tag.

    Args:
        text: Markdown.
        url: of the repository, without a slash at the end.
        tag: of the release.
    """
    return LINK.sub(
        lambda found: (
            f"{found[1]}[{found[2]}]({url}/{'raw' if found[1] else 'blob'}/{tag}/{found[3]})"
        ),
        text,
    )


def urls(url: str, tag: str) -> dict[str, str]:
    """Return the project's URLs, by the labels that package indexes know."""
    return {
        "Homepage": url,
        "Documentation": f"{url}/blob/{tag}/docs/index.md",
        "Changelog": f"{url}/blob/{tag}/CHANGELOG.md",
        "Source": url,
        "Issues": f"{url}/issues",
        "API": "https://pollinations.ai",
    }
