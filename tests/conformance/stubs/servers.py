"""Small servers that were not written after the reference server, but as others write theirs.

Each is a function that is given a request and returns a response. What is special about it is in
its docstring; the verdicts that follow from that are in the file of its name, under `verdicts`.
"""

import contextlib
import hashlib
import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pollinations_conformance.http.json import is_object

KEY = "sk_StubsKnowThisKeyAndNoOther01"
CHAT = "/v1/chat/completions"
MODELS = [{"name": "parrot", "aliases": ["polly"], "input_modalities": ["text"],
           "output_modalities": ["text"]}]  # fmt: skip
COUNTER = itertools.count(1)


@dataclass
class Requested:
    """A request."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def known(self) -> bool:
        """Return whether it carries the key in the header."""
        return self.headers.get("authorization") == f"Bearer {KEY}"

    def value(self) -> Any:
        """Return its JSON body; None when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@dataclass
class Reply:
    """A response; a status of 0 closes the connection instead."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])


Stub = Callable[[Requested], Reply]


def as_json(status: int, value: Any, **headers: str) -> Reply:
    """Make a JSON response."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})


def completion() -> dict[str, Any]:
    """Make a completion that no other is like."""
    return {
        "id": f"c-{next(COUNTER)}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": "parrot",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": f"Hello number {next(COUNTER)}"},
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


def is_sound(value: Any) -> bool:
    """Return whether a chat request has messages and a model that exists."""
    if not is_object(value) or not isinstance(value.get("messages"), list):
        return False
    return value.get("model", "parrot") in ("parrot", "polly", "openai")


def plain(requested: Requested) -> Reply:
    """Chat without cache or request ids; errors are one word; invalid requests are 422."""
    if (requested.method, requested.path) != ("POST", CHAT):
        return as_json(404, {"error": "not found"})
    if not requested.known:
        return as_json(401, {"error": "unauthorized"})
    if not is_sound(requested.value()):
        return as_json(422, {"error": "invalid"})
    return as_json(200, completion())


def guarded(requested: Requested) -> Reply:
    """Like `plain`, but the key is looked at before the path."""
    return plain(requested) if requested.known else as_json(401, {"error": "unauthorized"})


def lenient(requested: Requested) -> Reply:
    """Every chat request is served, with or without a key, whatever is in it."""
    if (requested.method, requested.path) != ("POST", CHAT):
        return as_json(404, {"error": "not found"})
    return as_json(200, completion())


def slow(requested: Requested) -> Reply:
    """Like `plain`, but each completion takes a while."""
    reply = plain(requested)
    if reply.status == 200:
        time.sleep(0.03)
    return reply


def framework(requested: Requested) -> Reply:
    """The defaults of a popular Python framework: `detail` in errors, a list of it for 422."""
    if requested.path == "/v1/models" and requested.method == "GET":
        data = [{"id": "parrot", "object": "model", "created": int(time.time() * 1000)}]
        return as_json(200, {"object": "list", "data": data})
    if requested.path in {"/v1/models", CHAT} and (requested.method, requested.path) != (
        "POST",
        CHAT,
    ):
        allowed = "POST" if requested.path == CHAT else "GET"
        return as_json(405, {"detail": "Method Not Allowed"}, Allow=allowed)
    if requested.path != CHAT:
        return as_json(404, {"detail": "Not Found"})
    value = requested.value()
    if not is_object(value) or not isinstance(value.get("messages"), list):
        place = ["body", "messages"]
        return as_json(422, {"detail": [{"type": "missing", "loc": place, "msg": "required"}]})
    if not requested.known:
        return as_json(401, {"detail": "Not authenticated"}, WWW_Authenticate="Bearer")
    return as_json(200, completion())


def compatible(requested: Requested) -> Reply:
    """Errors as a popular API has them: an object under `error`, and 404 for an unknown model."""

    def refuse(status: int, code: str | None = None) -> Reply:
        error = {"message": "It is so.", "type": "invalid_request_error", "param": None}
        return as_json(status, {"error": {**error, "code": code}})

    if (requested.method, requested.path) != ("POST", CHAT):
        return refuse(404)
    value = requested.value()
    if not requested.known:
        return refuse(401, "invalid_api_key")
    if not is_object(value) or not isinstance(value.get("messages"), list):
        return refuse(400)
    return as_json(200, completion()) if is_sound(value) else refuse(404, "model_not_found")


def dropping(requested: Requested) -> Reply:
    """Like `plain`, but the connection is closed on malformed JSON."""
    if requested.method == "POST" and requested.value() is None:
        return Reply(0)
    return plain(requested)


def enveloped(requested: Requested) -> Reply:
    """Errors have the envelope, with details of fields, and everything has a request id."""
    name = requested.headers.get("x-request-id", "")
    if not re.fullmatch(r"[\w=-]{1,255}", name, re.ASCII):
        name = f"r-{next(COUNTER)}"

    def refuse(status: int, code: str, details: Any = None) -> Reply:
        moment = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
        error = {
            "code": code,
            "message": code.lower(),
            "timestamp": f"{stamp}.{int(moment * 1000) % 1000:03}Z",
            "requestId": name,
        }
        if details is not None:
            error["details"] = details
        value = {"status": status, "success": False, "error": error}
        return as_json(status, value, X_Request_Id=name)

    if (requested.method, requested.path) != ("POST", CHAT):
        return refuse(404, "NOT_FOUND")
    value = requested.value()
    if not is_sound(value):
        field_name = "messages" if not isinstance(value, dict) or "model" not in value else "model"
        details: Any = {
            "name": "ValidationError",
            "formErrors": [],
            "fieldErrors": {field_name: ["no"]},
        }
        return refuse(400, "BAD_REQUEST", details)
    if not requested.known:
        return refuse(401, "UNAUTHORIZED")
    return as_json(200, completion(), X_Request_Id=name)


def one_form() -> Stub:
    """Return a media host that takes uploads as a form, and in no other way."""
    files: dict[str, tuple[bytes, str]] = {}
    lock = threading.Lock()
    anyone = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "X-Content-Hash"}

    def media(requested: Requested) -> Reply:
        reply = upload(requested) if requested.method == "POST" else fetch(requested)
        reply.headers |= anyone
        return reply

    def upload(requested: Requested) -> Reply:
        if not requested.known:
            return as_json(401, {"error": "a key is needed"})
        found = re.search(
            rb'name="file"[^\r\n]*\r\n(?:Content-Type: ([^\r\n]+)\r\n)?\r\n(.*)\r\n--',
            requested.body,
            re.DOTALL,
        )
        kind = requested.headers.get("content-type", "")
        if not kind.startswith("multipart/form-data") or not found:
            return as_json(400, {"error": "send a form with a field named file"})
        sent = (found[1] or b"application/octet-stream").decode()
        if not sent.startswith(("image/", "audio/", "video/")):
            return as_json(415, {"error": "not of that type"})
        data = found[2]
        if len(data) > 10 * 2**20:
            return as_json(413, {"error": "too large"})
        name = hashlib.sha256(data).hexdigest()[:16]
        with lock:
            duplicate = name in files
            _, stored = files.setdefault(name, (data, sent))
        host = requested.headers.get("host", "")
        return as_json(200, {"id": name, "url": f"http://{host}/{name}", "contentType": stored,
                             "size": len(data), "duplicate": duplicate})  # fmt: skip

    def fetch(requested: Requested) -> Reply:
        name = requested.path.removeprefix("/")
        if not re.fullmatch("[0-9a-fA-F]{16}", name):
            return as_json(400, {"error": "no hash"})
        if name not in files:
            return as_json(404, {"error": "not found"})
        data, kind = files[name]
        return Reply(200, data, {
            "Content-Type": kind, "X-Content-Hash": name, "X-Content-Size": str(len(data)),
            "Cache-Control": "public, max-age=31536000, immutable",
        })  # fmt: skip

    return media


STUBS: dict[str, Callable[[], Stub]] = {
    "plain": lambda: plain,
    "guarded": lambda: guarded,
    "lenient": lambda: lenient,
    "slow": lambda: slow,
    "framework": lambda: framework,
    "old_protocol": lambda: plain,
    "compatible": lambda: compatible,
    "dropping": lambda: dropping,
    "enveloped": lambda: enveloped,
    "one_form": one_form,
}


@contextlib.contextmanager
def serving(name: str) -> Generator[str]:
    """Serve one of the stubs; `old_protocol` is `plain` by HTTP/1.0."""
    stub = STUBS[name]()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0" if name == "old_protocol" else "HTTP/1.1"
        wbufsize = -1

        def reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path, _, query = self.path.partition("?")
            headers = {key.lower(): value for key, value in self.headers.items()}
            reply = stub(Requested(self.command, path, query, headers, body))
            if not reply.status:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for key, value in reply.headers.items():
                self.send_header(key, value)
            if name != "old_protocol" or self.command == "HEAD":
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)
            self.wfile.flush()

        do_GET = do_POST = do_HEAD = do_OPTIONS = do_DELETE = do_PUT = do_PATCH = reply

        def log_message(self, format: str, *args: Any) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
