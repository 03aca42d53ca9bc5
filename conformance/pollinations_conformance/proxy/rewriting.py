"""Lead clients that follow redirects and URLs of uploads through the proxy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from pollinations_conformance.http.json import is_object
from pollinations_conformance.proxy.wire import Origin

Header = tuple[bytes, bytes]
MAX_UPLOAD_RESPONSE = 64 * 1024


def through_proxy(url: str, places: Mapping[Origin, str]) -> str:
    """Return a URL of one of the servers as one of the proxy, and any other as it is.

    Args:
        url: absolute.
        places: the proxy's base URL of each server.
    """
    try:
        parts = urlsplit(url)
        here = Origin.parse(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        return url
    for origin, base in places.items():
        same = (origin.scheme, origin.host, origin.port) == (here.scheme, here.host, here.port)
        rest = url[len(f"{parts.scheme}://{parts.netloc}") :]
        if same and (rest == origin.prefix or rest.startswith((f"{origin.prefix}/", "?", "#"))):
            return base + rest.removeprefix(origin.prefix)
    return url


def rewrite_location(headers: list[Header], places: Mapping[Origin, str]) -> list[Header]:
    """Return headers whose `Location` leads through the proxy."""
    return [
        (name, through_proxy(value.decode("latin-1"), places).encode("latin-1"))
        if name.lower() == b"location"
        else (name, value)
        for name, value in headers
    ]


def is_upload(method: bytes, target: bytes) -> bool:
    """Return whether a request uploads a file."""
    return (method, target.partition(b"?")[0]) == (b"POST", b"/upload")


def is_upload_response(method: bytes, target: bytes, status: int, headers: list[Header]) -> bool:
    """Return whether a response has the URL of an upload in a body that can be rewritten."""
    found = {name.lower(): value for name, value in headers}
    length = found.get(b"content-length", b"0")
    return (
        is_upload(method, target)
        and status in (200, 201)
        and found.get(b"content-type", b"").lower().startswith(b"application/json")
        and found.get(b"content-encoding", b"identity") == b"identity"
        and length.isdigit()
        and int(length) <= MAX_UPLOAD_RESPONSE
    )


def rewrite_upload(body: bytes, places: Mapping[Origin, str]) -> bytes:
    """Return the response to an upload with a `url` that leads through the proxy."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not is_object(document) or not isinstance(document.get("url"), str):
        return body
    url = through_proxy(document["url"], places)
    if url == document["url"]:
        return body
    return json.dumps({**document, "url": url}, separators=(",", ":")).encode()
