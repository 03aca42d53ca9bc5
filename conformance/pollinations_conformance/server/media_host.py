"""The media host: uploads by content, and the way back to the bytes.

At most `MAX_STORED` bytes are kept; the files that were uploaded first go first.
"""

import base64
import binascii
import hashlib
import json
import re
import string
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from pollinations_conformance.http.errors import BodyError
from pollinations_conformance.http.message import media_type
from pollinations_conformance.http.multipart import parse_multipart
from pollinations_conformance.http.query import decode_percent
from pollinations_conformance.server.errors import media_error
from pollinations_conformance.server.http import Call, Reply, json_reply

MAX_FILE = 10 * 1024 * 1024
MAX_STORED = 24 * 1024 * 1024
HASH = re.compile(r"[0-9a-f]{16}", re.IGNORECASE)
CORS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "X-Content-Hash,X-Content-Size"),
)
PREFLIGHT = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "GET,POST,HEAD,OPTIONS"),
    ("Access-Control-Allow-Headers", "Content-Type,Authorization"),
    ("Access-Control-Expose-Headers", "X-Content-Hash,X-Content-Size"),
)

_TYPES = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif",
    "webp": "image/webp", "svg": "image/svg+xml", "bmp": "image/bmp", "ico": "image/x-icon",
    "mp3": "audio/mpeg", "wav": "audio/wav", "ogg": "audio/ogg", "m4a": "audio/mp4",
    "flac": "audio/flac", "aac": "audio/aac", "mp4": "video/mp4", "webm": "video/webm",
    "mov": "video/quicktime", "avi": "video/x-msvideo", "mkv": "video/x-matroska",
}  # fmt: skip
_UNKNOWN = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Stored:
    """One uploaded file."""

    content_type: str
    data: bytes


class MediaHost:
    """The media host.

    Args:
        valid_key: returns whether a key may upload.
        strict: whether wrong methods are refused with 405.
        any_type: whether files of every type are stored.
    """

    def __init__(
        self, valid_key: Callable[[str], bool], *, strict: bool = False, any_type: bool = False
    ) -> None:
        self.any_type = any_type
        self.strict = strict
        self.files: OrderedDict[str, Stored] = OrderedDict()
        self.valid_key = valid_key
        self._bytes = 0

    def handle(self, call: Call, key: str | None) -> Reply:
        """Return the response to a request.

        Args:
            call: the request.
            key: the API key it presents, or None.
        """
        if call.method == "OPTIONS":
            return Reply(204, list(PREFLIGHT))
        if (script := call.use_script("error")) is not None:
            reply = media_error(script.error, script.message or "Scripted error")
            reply.headers += script.headers.items()
        else:
            reply = self._route(call, key)
        reply.headers += CORS
        return reply

    def _route(self, call: Call, key: str | None) -> Reply:
        name = decode_percent(call.path[1:])
        known = "POST" if name == "upload" else "GET"
        if call.method == "POST" and known == "POST":
            return self._upload(call, key)
        if call.method not in ("GET", "HEAD") or (self.strict and known == "POST"):
            if self.strict and "/" not in name:
                reply = media_error(405, "Method not allowed")
                reply.headers.append(("Allow", "POST" if known == "POST" else "GET, HEAD"))
                return reply
            return media_error(404, "Not found")
        if "/" in call.path[1:]:
            return media_error(404, "Not found")
        if not name:
            return json_reply(self._about())
        return self.fetch(name)

    def _about(self) -> dict[str, Any]:
        return {
            "service": "media.pollinations.ai",
            "version": "1.0.0",
            "endpoints": {"upload": "POST /upload", "retrieve": "GET /:hash"},
            "limits": {"maxFileSize": "10MB"},
        }

    def fetch(self, name: str) -> Reply:
        """Return a stored file."""
        if not HASH.fullmatch(name):
            return media_error(400, "Invalid hash format")
        stored = self.files.get(name)
        if stored is None:
            return media_error(404, "Not found")
        headers = [
            ("Content-Type", stored.content_type),
            ("Cache-Control", "public, max-age=31536000, immutable"),
            ("X-Content-Hash", name),
            ("X-Content-Size", str(len(stored.data))),
        ]
        return Reply(200, headers, stored.data)

    def _upload(self, call: Call, key: str | None) -> Reply:
        if key is None:
            text = "API key required. Pass via Authorization: Bearer <key> or ?key=<key>"
            return media_error(401, text)
        if not self.valid_key(key):
            return media_error(401, "Invalid or expired API key")
        if call.oversized:
            return media_error(413, "File too large. Max size: 10MB")
        taken = self._take(call)
        if isinstance(taken, Reply):
            return taken
        data, content_type = taken
        if len(data) > MAX_FILE:
            return media_error(413, "File too large. Max size: 10MB")
        multipart = media_type(call.header("content-type")) == "multipart/form-data"
        if not data and not multipart:
            return media_error(400, "Empty file")
        if not self.any_type and not content_type.startswith(("image/", "audio/", "video/")):
            text = "Invalid file type. Supported: image/*, audio/*, video/*"
            return media_error(415, text, received=content_type)
        name, first = self.identify(data), None
        first = self.files.get(name)
        if first is None:
            self._store(name, Stored(content_type, data))
        stored = first or self.files[name]
        return json_reply(
            {
                "id": name,
                "url": f"{call.origin}/{name}",
                "contentType": stored.content_type,
                "size": len(data),
                "duplicate": first is not None,
            }
        )

    def identify(self, data: bytes) -> str:
        """Return the id of a file: the start of its hash."""
        return hashlib.sha256(data).hexdigest()[:16]

    def _store(self, name: str, stored: Stored) -> None:
        self.files[name] = stored
        self._bytes += len(stored.data)
        while self._bytes > MAX_STORED and len(self.files) > 1:
            _, gone = self.files.popitem(last=False)
            self._bytes -= len(gone.data)

    def _take(self, call: Call) -> tuple[bytes, str] | Reply:
        """Find the file and its type in one of the three forms of the body."""
        given = call.header("content-type") or ""
        if "multipart/form-data" in given:
            missing = media_error(400, "No file provided. Use 'file' field in form-data.")
            try:
                parts = parse_multipart(given, call.body)
            except BodyError:
                return missing
            part = next((p for p in parts if p.name == "file" and p.filename is not None), None)
            if part is None:
                return missing
            suffix = (part.filename or "").rpartition(".")[2].lower()
            return part.content, part.content_type or _TYPES.get(suffix, _UNKNOWN)
        if "application/json" in given:
            return self._take_json(call.body)
        return call.body, given or _UNKNOWN

    def _take_json(self, body: bytes) -> tuple[bytes, str] | Reply:
        try:
            value: Any = json.loads(body)
        except (ValueError, RecursionError):
            return media_error(400, "Invalid JSON or base64 data")
        fields = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        data = fields.get("data")
        if not data or not isinstance(data, str):
            return media_error(400, "Missing 'data' field in JSON body")
        text = data.partition(",")[2] if "," in data else data
        try:
            # As lenient as JavaScript's atob: blanks and missing padding are fine.
            if any(blank in text for blank in string.whitespace) or not text.isascii():
                text = "".join(text.split())
            if missing := -len(text) % 4:
                text += "=" * missing
            content = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return media_error(400, "Invalid JSON or base64 data")
        kind = fields.get("contentType")
        if not isinstance(fields.get("name", ""), str) or not isinstance(kind or "", str):
            return media_error(400, "Invalid JSON or base64 data")
        return content, kind or _UNKNOWN
