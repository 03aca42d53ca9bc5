"""Read and write HAR 1.2 recordings, as browsers, mitmproxy, schemathesis and our server write."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_plus

from pollinations_conformance.http.credentials import sent_secrets
from pollinations_conformance.http.errors import BodyError, HarError, TooDeepError
from pollinations_conformance.http.json import as_object, is_list, objects, parse_json
from pollinations_conformance.http.message import Request, Response, media_type
from pollinations_conformance.http.query import Pairs, decode_percent, encode_query, host_of
from pollinations_conformance.http.text import (
    HIDDEN,
    SECRET_HEADERS,
    SECRET_PARAMETERS,
    redact,
    redact_keys,
    redact_url,
)

FAULT = "_injectedFault"
"""Name of the member that marks an entry whose response was injected."""
_FLOWS = re.compile(rb"[0-9]{1,12}:[0-9]{1,12}:")  # mitmproxy writes netstrings
_BOUNDARY = "recorded-form-boundary"
MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class Exchange:
    """One recorded request with its response."""

    index: int  # in its file, from 0
    name: str  # `_id` or comment of the entry, "" when it has none
    host: str  # host[:port]
    request: Request
    response: Response | None  # None: nothing came back
    redacted_url: str
    body_cut: bool = False  # the recorder kept only a part of the body
    seconds: float = 0.0  # from the request to the end of the response
    request_recorded: bool = True  # False: a body was sent, and not kept
    headers_recorded: bool = True  # False: no header of the response was kept
    fault: str = ""  # what was injected on request, "" for a true response
    from_browser: bool = False  # the response was made by the browser, nothing was sent

    def __repr__(self) -> str:
        return f"<Exchange {self.index} {self.request.method} {self.redacted_url}>"


# --- reading ------------------------------------------------------------------------------------


Broken = Callable[[int, HarError], None]
"""Takes the index of an entry that cannot be read, and why."""


def read(path: Path | str, broken: Broken | None = None) -> Iterator[Exchange]:
    """Read a recording.

    Args:
        path: a HAR 1.2 file.
        broken: is called for each entry that cannot be read, and the rest is read on.

    Returns:
        Its exchanges, one by one, in the order of the file.

    Raises:
        HarError: it cannot be read, or is not a HAR 1.2 recording. Raised by this call for the
            file as a whole, and while iterating for a single broken entry if there is no `broken`.
    """
    file = Path(path)
    try:
        if file.is_dir():
            raise HarError(f"{file}: is a directory; name the .har files in it")
        raw, size = b"", file.stat().st_size
        if size <= MAX_BYTES:
            with file.open("rb") as stream:  # a device has no size, and perhaps no end
                raw = stream.read(MAX_BYTES + 1)
        if max(size, len(raw)) > MAX_BYTES:
            raise HarError(
                f"{file}: is more than the {MAX_BYTES // 1048576} MiB that are read at once; "
                "split the recording"
            )
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise HarError(f"{file}: cannot be read ({reason}); name a HAR file") from None
    return loads(raw, str(file), broken)


def loads(
    raw: bytes, source: str = "recording", broken: Broken | None = None
) -> Iterator[Exchange]:
    """Read a recording from bytes.

    Args:
        raw: the file's content; a UTF-8 byte order mark is allowed.
        source: its name, for messages.
        broken: as for `read`.

    Raises:
        HarError: as `read`.
    """
    if not raw.strip():
        raise HarError(f"{source}: is empty; record the traffic again")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise HarError(f"{source}: is UTF-16, a HAR is UTF-8; save it as UTF-8")
    if _FLOWS.match(raw):
        raise HarError(
            f"{source}: holds flows of mitmproxy; convert them: "
            "mitmdump -nr FLOWS --set hardump=OUT.har"
        )
    try:
        document = parse_json(raw.removeprefix(b"\xef\xbb\xbf").decode(), constants=True)
    except UnicodeDecodeError as error:
        raise HarError(
            f"{source}: not UTF-8 at byte {error.start}; a HAR is JSON in UTF-8, export it again"
        ) from None
    except TooDeepError as error:
        raise HarError(f"{source}: {error}; this is no HAR that a recorder writes") from None
    except BodyError as error:
        cut = raw.rstrip()[-1:] not in (b"}", b"]")
        advice = "it seems cut off, export it again" if cut else "export it as HAR (JSON)"
        raise HarError(f"{source}: {error}; {advice}") from None
    log = as_object(as_object(document).get("log"))
    entries = log.get("entries")
    if not is_list(entries):
        raise HarError(
            f"{source}: JSON, but no HAR (no list at log.entries); export the traffic as HAR 1.2"
        )
    creator = str(as_object(log.get("creator")).get("name", ""))
    return _entries(entries, source, creator, broken)


def _entries(
    entries: list[Any], source: str, creator: str, broken: Broken | None
) -> Iterator[Exchange]:
    for index, entry in enumerate(entries):
        try:
            yield _exchange(as_object(entry), index, f"{source}: log.entries[{index}]", creator)
        except HarError as error:
            if broken is None:
                raise
            broken(index, error)


def _exchange(entry: dict[str, Any], index: int, place: str, creator: str) -> Exchange:
    request = as_object(entry.get("request"))
    method, url = request.get("method"), _url(request)
    if not isinstance(method, str) or not method or not url:
        raise HarError(f"{place}.request: has no method or no url; export the recording again")
    headers = _headers(request.get("headers"))
    body, headers = _request_body(as_object(request.get("postData")), headers, f"{place}.request")
    recorded = as_object(entry.get("response"))
    response, cut = _response(recorded, f"{place}.response.content", creator, method)
    name = entry.get("_id", entry.get("comment", ""))
    milliseconds = entry.get("time")
    return Exchange(
        index=index,
        name=str(name) if isinstance(name, str | int) else "",
        host=host_of(url) if "://" in url else _host_header(headers),
        request=Request.of(method, _encoded(url), headers, body),
        response=response,
        redacted_url=redact_url(url),
        body_cut=cut,
        seconds=max(milliseconds, 0) / 1000 if isinstance(milliseconds, int | float) else 0.0,
        request_recorded=_is_whole(body, headers, _integer(request.get("bodySize"))),
        headers_recorded=bool(_headers(recorded.get("headers"))),
        fault=str(entry.get(FAULT) or "") or header_value(headers, "x-contract-fault"),
        from_browser=recorded.get("statusText") == "Internal Redirect"
        or any(
            name.lower() == "non-authoritative-reason"
            for name, _ in _headers(recorded.get("headers"))
        ),
    )


def _url(request: dict[str, Any]) -> str:
    url = request.get("url")
    if not isinstance(url, str):
        return ""
    if "?" not in url.split("#", 1)[0]:
        # Some recorders keep the query in its own list only.
        query = [
            (str(pair.get("name", "")), str(pair.get("value", "")))
            for pair in objects(request.get("queryString"))
        ]
        if query:
            # Each writer decides by itself whether the values are still encoded.
            url += "?" + encode_query(
                (decode_percent(name), decode_percent(value)) for name, value in query
            )
    return url


def _is_whole(body: bytes | None, headers: Pairs, size: int | None) -> bool:
    """Return whether a request's body was kept as it was sent; none is whole if none was sent."""
    declared = _integer(header_value(headers, "content-length"))
    if not body:
        chunked = "chunked" in header_value(headers, "transfer-encoding").lower()
        return not chunked and (declared or 0) <= 0 and (size or 0) <= 0
    kind = media_type(header_value(headers, "content-type"))
    if kind == "multipart/form-data":
        if _BOUNDARY.encode() in body:  # of parameters, of which some recorders keep no file names
            return b"filename=" in body
        # Browsers leave the bytes of files out of it.
        return declared in (None, len(body))
    text = kind.startswith("text/") or "json" in kind or "urlencoded" in kind
    return text or (b"\xef\xbf\xbd" not in body and HIDDEN.encode() not in body)


def _response(
    recorded: dict[str, Any], place: str, creator: str, method: str
) -> tuple[Response | None, bool]:
    status = _integer(recorded.get("status"))
    if status is None or not 100 <= status <= 599:
        return None, False
    content = as_object(recorded.get("content"))
    headers = _headers(recorded.get("headers"))
    kind = content.get("mimeType")
    # "x-unknown" is what browsers and proxies write for no type at all.
    if isinstance(kind, str) and "/" in kind and not header_value(headers, "content-type"):
        headers += (("content-type", kind),)
    body, cut = _response_body(content, recorded, place)
    if body == b"" and method != "HEAD" and status not in (204, 304):
        declared = _integer(header_value(headers, "content-length"))
        if declared is None and creator.startswith("mitmproxy"):
            body = None  # it writes the same for no body and for one that was streamed past it
        elif declared is None and "text" not in content and "/" in str(kind):
            body = None  # browsers write a type and no text for streams
        elif (declared or 0) > 0 or (_integer(content.get("size")) or 0) > 0:
            body = None
    if body and b"\xef\xbf\xbd" in body and _is_binary(media_type(str(kind))):
        body = None  # bytes that were kept as text, which loses some
    return Response(status, headers, body), cut


def _is_binary(kind: str) -> bool:
    return kind.startswith(("image/", "audio/", "video/")) or kind == "application/octet-stream"


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None


def _headers(value: Any) -> Pairs:
    pairs = [
        (str(pair.get("name", "")).strip(), str(pair.get("value", ""))) for pair in objects(value)
    ]
    # HTTP/2 pseudo headers (":authority") are not header fields.
    return tuple((name, text) for name, text in pairs if name and not name.startswith(":"))


def header_value(headers: Pairs, name: str) -> str:
    """Return the first value of a header, or an empty text."""
    return next((value for given, value in headers if given.lower() == name), "")


def _host_header(headers: Pairs) -> str:
    return header_value(headers, "host").lower()


def _encoded(url: str) -> str:
    """Encode what no request line can carry, as the sender must have done; keep all else."""
    return quote(url, safe="%/:=&?~#+!$,;'@()*[]|{}^`\\\"<>", errors="surrogatepass")


def _request_body(post: dict[str, Any], headers: Pairs, place: str) -> tuple[bytes | None, Pairs]:
    if not post:
        return None, headers
    kind = post.get("mimeType")
    kind = kind if isinstance(kind, str) and "/" in kind else ""
    if kind and not any(name.lower() == "content-type" for name, _ in headers):
        headers += (("content-type", kind),)
    text = post.get("text")
    params = objects(post.get("params"))
    if isinstance(text, str) and (text or not params):
        encoding = post.get("encoding", post.get("_encoding"))
        if encoding == "base64":
            return _unbase64(text, f"{place}.postData"), headers
        return text.encode("utf-8", "surrogatepass"), headers
    if not params:
        return (b"" if isinstance(text, str) else None), headers
    given = next((value for name, value in headers if name.lower() == "content-type"), kind)
    if media_type(given) == "multipart/form-data":
        kept = tuple(pair for pair in headers if pair[0].lower() != "content-type")
        typed = (("content-type", f"multipart/form-data; boundary={_BOUNDARY}"),)
        return _multipart(params), kept + typed
    fields = encode_query(
        (unquote_plus(str(p.get("name", ""))), unquote_plus(str(p.get("value", ""))))
        for p in params
    )
    return fields.encode(), headers


def _multipart(params: list[dict[str, Any]]) -> bytes:
    lines: list[bytes] = []
    for param in params:
        name = str(param.get("name", "")).replace('"', "%22")
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
        filename = param.get("fileName")
        if isinstance(filename, str):
            head += '; filename="{}"'.format(filename.replace('"', "%22"))
        kind = param.get("contentType")
        if isinstance(kind, str) and kind:
            head += f"\r\nContent-Type: {kind}"
        part = f"{head}\r\n\r\n{param.get('value', '')}\r\n"
        lines.append(part.encode("utf-8", "surrogatepass"))
    return b"".join(lines) + f"--{_BOUNDARY}--\r\n".encode()


def _response_body(
    content: dict[str, Any], recorded: dict[str, Any], place: str
) -> tuple[bytes | None, bool]:
    text = content.get("text")
    size = _integer(content.get("size"))
    if not isinstance(text, str):
        # Without a text the size shows whether there was a body that nobody kept.
        wire_size = _integer(recorded.get("bodySize"))
        empty = size == 0 or (size is None and wire_size == 0)
        return (b"" if empty else None), False
    encoded = content.get("encoding") == "base64"
    body = _unbase64(text, place) if encoded else text.encode("utf-8", "surrogatepass")
    cut = (
        content.get("_truncated") is True or "truncated" in str(content.get("comment", "")).lower()
    )
    return (None if cut else body), cut


def _unbase64(text: str, place: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise HarError(
            f"{place}: encoding is base64, but the text is not; export the recording again"
        ) from None


def _redact_headers(headers: Pairs) -> list[dict[str, str]]:
    shown: list[dict[str, str]] = []
    for name, value in headers:
        if name.lower() in SECRET_HEADERS:
            scheme, separator, _ = value.partition(" ")
            known = name.lower() == "authorization" and separator and scheme.isalpha()
            value = f"{scheme} {HIDDEN}" if known else HIDDEN
        elif name.lower() in ("location", "referer"):
            value = redact_url(value)
        shown.append({"name": name, "value": redact(value)})
    return shown


# --- writing ------------------------------------------------------------------------------------


def entry(
    request: Request,
    response: Response,
    url: str,
    started: datetime | None = None,
    milliseconds: float = 0.0,
    fault: str = "",
) -> dict[str, Any]:
    """Make one HAR entry, with every key taken out of it.

    Args:
        request: as received.
        response: as sent.
        url: the whole address of the request, percent-encoded.
        started: when it began; now if None.
        milliseconds: how long the response took.
        fault: what was injected instead of a true response, if anything.
    """
    secrets = sent_secrets(request)
    began = started or datetime.now(UTC)
    made: dict[str, Any] = {
        "startedDateTime": began.astimezone(UTC).isoformat(timespec="milliseconds"),
        "time": milliseconds,
        "request": _recorded_request(request, url, secrets),
        "response": _recorded_response(response, secrets),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }
    if fault:
        made[FAULT] = fault
    return made


def _recorded_request(request: Request, url: str, secrets: Sequence[str]) -> dict[str, Any]:
    query = [
        {"name": name, "value": HIDDEN if name.lower() in SECRET_PARAMETERS else redact(value)}
        for name, value in request.query
    ]
    recorded: dict[str, Any] = {
        "method": request.method,
        "url": redact_url(url),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _redact_headers(request.headers),
        "queryString": query,
        "headersSize": -1,
        "bodySize": len(request.body or b""),
    }
    if request.body is not None:
        kind = request.header("content-type") or ""
        recorded["postData"] = {"mimeType": kind, **_as_text(request.body, secrets)}
    return recorded


def _recorded_response(response: Response, secrets: Sequence[str]) -> dict[str, Any]:
    body = response.body or b""
    kind = response.header("content-type") or "x-unknown"
    return {
        "status": response.status,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _redact_headers(response.headers),
        "content": {"size": len(body), "mimeType": kind, **_as_text(body, secrets)},
        "redirectURL": redact_url(response.header("location") or ""),
        "headersSize": -1,
        "bodySize": len(body),
    }


def _as_text(body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """Return a body as HAR carries it, without secrets."""
    for secret in secrets:
        body = body.replace(secret.encode("utf-8", "surrogatepass"), HIDDEN.encode())
    try:
        return {"text": redact_keys(body.decode())}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode("ascii"), "encoding": "base64"}


def write(path: Path | str, entries: Iterable[dict[str, Any]], creator: str, version: str) -> None:
    """Write a recording.

    Args:
        path: the file to write; an existing one is replaced.
        entries: what `entry` made.
        creator: the name of the program that recorded.
        version: its version.

    Raises:
        HarError: the file cannot be written.
    """
    log = {
        "log": {
            "version": "1.2",
            "creator": {"name": creator, "version": version},
            "entries": list(entries),
        }
    }
    try:
        Path(path).write_text(json.dumps(log, ensure_ascii=False, indent=1) + "\n", "utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise HarError(f"{path}: cannot be written ({reason}); name another file") from None


__all__ = [
    "Exchange",
    "HarError",
    "entry",
    "loads",
    "read",
    "write",
]
