"""Read an OpenAPI document from a file or a URL."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import httpx

from pollinations_conformance.contract.yaml import DocumentError
from pollinations_conformance.contract.yaml import parse as parse_document
from pollinations_conformance.drift.document import Document, DriftError
from pollinations_conformance.http.text import redact, redact_url
from pollinations_conformance.suite.errors import Unreachable
from pollinations_conformance.suite.transport import inflate

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
    """Fetch a document; a thread of its own, so that the deadline holds whatever the server does."""
    outcome: list[bytes | DriftError] = []

    def work() -> None:
        try:
            outcome.append(_download(source, name))
        except DriftError as error:
            outcome.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(MAX_SECONDS)
    if not outcome:
        raise DriftError(f"{name}: is not complete after {MAX_SECONDS:g} s; fetch it by hand")
    if isinstance(outcome[0], DriftError):
        raise outcome[0]
    return outcome[0]


def _download(source: str, name: str) -> bytes:
    found = bytearray()
    try:
        with httpx.stream("GET", source, timeout=30) as response:
            if response.is_redirect:
                where = redact_url(response.headers.get("location", "elsewhere"))
                raise DriftError(f"{name}: is redirected to {where}; use that URL")
            if response.status_code != 200:
                raise DriftError(f"{name}: responded with {response.status_code}; check the URL")
            for chunk in response.iter_raw():
                found += chunk
                if len(found) > MAX_BYTES:
                    raise DriftError(
                        f"{name}: is larger than {MAX_BYTES >> 20} MiB, which is not compared"
                    )
            codings = response.headers.get_list("content-encoding", split_commas=True)
        return inflate(bytes(found), [coding.lower() for coding in codings])
    except (httpx.HTTPError, httpx.InvalidURL, Unreachable) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DriftError(f"{name}: cannot be fetched ({redact(reason)}); check the URL") from None
    except (ImportError, OSError, ValueError) as error:
        # The environment names a proxy of an unknown kind, or certificates that are not there.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DriftError(
            f"{name}: cannot be fetched with the proxy and certificate variables of this "
            f"environment ({redact(reason)}); correct or unset them"
        ) from None


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
