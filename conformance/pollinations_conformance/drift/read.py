"""Read an OpenAPI document from a file or a URL."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import yaml

from pollinations_conformance.drift.document import Document, DriftError
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.http.text import redact, redact_url

MAX_BYTES = 64 * 1024 * 1024
MAX_SECONDS = 120.0  # until a document must be complete
MAX_DEPTH = 200  # more than any real document; parsers recurse


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """YAML whose dates stay strings and whose names are unique."""


_loader: Any = _Loader  # PyYAML's class methods are not typed
_loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] not in _NOT_READ]
    for _NOT_READ in [("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")
)


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[str, Any]:
    loader.flatten_mapping(node)
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        name = str(getattr(key_node, "value", ""))
        if name in found:
            raise yaml.MarkedYAMLError(
                problem=f"{name[:60]!r} is duplicated", problem_mark=key_node.start_mark
            )
        found[name] = loader.construct_object(value_node, deep=True)
    return found


_loader.add_constructor("tag:yaml.org,2002:map", _mapping)


class _Duplicate(ValueError):
    """A name that is duplicated in a JSON object."""


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        name = next(name for name, times in Counter(n for n, _ in pairs).items() if times > 1)
        raise _Duplicate(f"{name[:60]!r} is duplicated in one object")
    return found


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
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DriftError(f"{name}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
    if not text.strip():
        raise DriftError(f"{name}: is empty; name an OpenAPI file")
    try:
        if text.lstrip()[0] in "{[":
            try:
                document: Any = json.loads(text, object_pairs_hook=_distinct)
            except json.JSONDecodeError as error:
                if text.lstrip().startswith("{") and '"' in text[:50]:
                    raise DriftError(
                        f"{name}: line {error.lineno}: not JSON ({error.msg}); correct it"
                    ) from None
                document = _parse_yaml(text, name)
        else:
            document = _parse_yaml(text, name)
    except _Duplicate as error:
        raise DriftError(f"{name}: {error}; keep one") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark is not None else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise DriftError(f"{name}: {line}not YAML ({problem}); correct it") from None
    except (RecursionError, ValueError):
        raise DriftError(
            f"{name}: nested too deeply, or with numbers too long, to be an OpenAPI document"
        ) from None
    _check_depth(document, name)
    return document


def _parse_yaml(text: str, name: str) -> Any:
    # The parser recurses in C, where too deep ends the process. Events do not recurse.
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise RecursionError
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent) and text.count("*") > 1000:
            raise DriftError(f"{name}: has too many YAML aliases; write it without them")
    return yaml.load(text, Loader=_Loader)


def _check_depth(document: Any, name: str) -> None:
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for node in level:
            if is_object(node):
                below += [child for child in node.values() if isinstance(child, (dict, list))]
            elif is_list(node):
                below += [child for child in node if isinstance(child, (dict, list))]
        level = below
        if not level:
            return
        if len(level) > 2_000_000:
            break
    raise DriftError(f"{name}: nested too deeply to be an OpenAPI document")
