"""JSON as the service writes it."""

import json


def dumps(value: object) -> bytes:
    """Return JSON as the service writes it: compact, UTF-8, nothing escaped without need."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") if text.isascii() else _utf8(text)


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which JSON text may carry as \ud800
        return text.encode("utf-8", "replace")
