"""Cut text into tokens: what usage, limits of length and the deltas of a stream count in."""

import re

_TOKEN = re.compile(r"\s*\w{1,8}|\s*[^\w\s]|\s+")


def tokens(text: str) -> list[str]:
    """Return the tokens of a text; joined, they are the text again."""
    return _TOKEN.findall(text)
