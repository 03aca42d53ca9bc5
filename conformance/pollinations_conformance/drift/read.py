"""Read an OpenAPI document from a file or a URL."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import httpx

from pollinations_conformance.contract.yaml import DocumentError
from pollinations_conformance.contract.yaml import parse as parse_document
from pollinations_conformance.drift.document import Document, DriftError
from pollinations_conformance.http.text import redact, redact_url

MAX_BYTES = 64 * 1024 * 1024
MAX_SECONDS = 120.0  # until a document must be complete


def read(source: str) -> Document:
    """Read an OpenAPI document.

    Args:
        source: a file, or an http(s) URL; only a URL is fetched.

    Raises:
        DriftError: it cannot be read, or cannot be compared.
    """
    name = redact_url(source)
    raw = _fetch(source, name) if re.match(r"https?://", source) else _read_file(source)
    return Document(parse(raw, name), name)


def _read_file(source: str) -> bytes:
    file = Path(source)
    try:
        if file.is_dir():
            raise DriftError(f"{source}: is a directory; name the document in it")
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise DriftError(f"{source}: cannot be read ({reason}); name an OpenAPI file") from None
    if len(raw) > MAX_BYTES:
        raise DriftError(f"{source}: is larger than {MAX_BYTES >> 20} MiB, which is not compared")
    return raw


def _fetch(source: str, name: str) -> bytes:
    found = bytearray()
    end = time.monotonic() + MAX_SECONDS
    try:
        with httpx.stream("GET", source, timeout=30) as response:
            if response.is_redirect:
                where = redact_url(response.headers.get("location", "elsewhere"))
                raise DriftError(f"{name}: is redirected to {where}; use that URL")
            if response.status_code != 200:
                raise DriftError(f"{name}: responded with {response.status_code}; check the URL")
            for chunk in response.iter_bytes():
                found += chunk
                if time.monotonic() > end:
                    raise DriftError(
                        f"{name}: is not all there after {MAX_SECONDS:g} s; fetch it by hand"
                    )
                if len(found) > MAX_BYTES:
                    raise DriftError(
                        f"{name}: is larger than {MAX_BYTES >> 20} MiB, which is not compared"
                    )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DriftError(f"{name}: cannot be fetched ({redact(reason)}); check the URL") from None
    return bytes(found)


def parse(raw: bytes, name: str) -> Any:
    """Parse JSON or YAML.

    Args:
        raw: the text, in UTF-8.
        name: what to call it in messages.

    Raises:
        DriftError: it is neither, has a duplicated name, or is nested too deeply.
    """
    if not raw.strip():
        raise DriftError(f"{name}: is empty; name an OpenAPI file")
    try:
        return parse_document(raw)
    except DocumentError as error:
        raise DriftError(f"{name}: {error}") from None
