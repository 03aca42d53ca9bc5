"""Scripted responses: a queue of what the next requests get, in code and over HTTP.

The first response in the queue that fits a request is used for it, so that several for the same
operation are used in their order. Text, tool calls, JSON and media go the way of everything that a
model produces: the request has to be valid, the key has to open the model, usage is counted and
billed, streams are streamed, and the provider's format is kept. Errors and faults come instead of
all that. Scripted responses are neither taken from the cache nor put into it.
"""

import base64
import binascii
import difflib
import json
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from pollinations_conformance import contract as contracts
from pollinations_conformance.http.errors import BodyError, ConformanceError
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.http.multipart import parse_multipart
from pollinations_conformance.server.encoding import dumps
from pollinations_conformance.server.faults import faults
from pollinations_conformance.server.http import Call, Reply, json_reply
from pollinations_conformance.server.registry import DEFAULT_MODELS, Registry
from pollinations_conformance.server.scripted import ScriptedResponse, ToolCall

SCRIPT = "/__contract__/script"
MAX_QUEUE = 10_000

_TEXT = frozenset({"createChatCompletion", "createChatCompletionLegacy", "generateText"})
_AUDIO = frozenset({"generateAudio", "createSpeech"})
_OPERATIONS = {
    "text": _TEXT,
    "json": _TEXT,
    "tool_calls": _TEXT - {"generateText"},
    "image": frozenset({"generateImage"}),
    "video": frozenset({"generateImage"}),
    "audio": _AUDIO,
    "error": frozenset[str](),
    "fault": frozenset[str](),
}
_FIELDS = frozenset(_OPERATIONS) | {
    "operation", "model", "times", "optional", "message", "headers", "media_type",
}  # fmt: skip
# Which of these fields belong to one kind of response only.
_BESIDE = {
    "message": {"error"},
    "headers": {"error"},
    "media_type": {"image", "video", "audio"},
}
_MODELS = {"image": "image", "video": "image", "audio": "audio"}
_HEADER_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]{1,100}", re.ASCII)
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:; ?[\x20-\x7e]+)?", re.ASCII)
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "content-type"})
_SIGNATURES = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "audio/wav"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
)


class ScriptError(ConformanceError, ValueError):
    """Raised for a scripted response that cannot be; one line says why."""


class Scripts:
    """The queue of scripted responses of one server; safe to use from any thread.

    Args:
        contract: whose operations they are for.
        registry: the models they are for.
    """

    def __init__(self, contract: contracts.Contract, registry: Registry) -> None:
        self.contract = contract
        self.registry = registry
        self._queue: list[ScriptedResponse] = []
        self._lock = threading.Lock()

    def add(self, fields: Mapping[str, Any]) -> ScriptedResponse:
        """Put a response into the queue.

        Args:
            fields: those of `RunningServer.respond_with`, by name.

        Raises:
            ScriptError: a field is not known or not what it has to be.
        """
        made = self._make(fields)
        self._append([made])
        return made

    def _append(self, made: list[ScriptedResponse]) -> None:
        with self._lock:
            if len(self._queue) + len(made) > MAX_QUEUE:
                raise ScriptError(f"more than {MAX_QUEUE} scripted responses; clear them")
            self._queue += made

    def claim(self, call: Call, host: str) -> ScriptedResponse | None:
        """Return the first response that fits a request, and count it as used; None without one."""
        if not self._queue:
            return None
        match = self.contract.find(call.method, call.path, host)
        if match is None or call.method == "OPTIONS":
            return None
        operation = match.operation.id
        model = self._model(call, operation)
        with self._lock:
            for script in self._queue:
                fits = not script.operations or operation in script.operations
                fits = fits and (script.model is None or script.model == model)
                if fits and (script.times is None or script.used < script.times):
                    script.used += 1
                    return script
        return None

    def give_back(self, script: ScriptedResponse) -> None:
        """Count a response as not used, because its request was refused before."""
        with self._lock:
            script.used -= 1

    def unused(self) -> list[ScriptedResponse]:
        """Return the responses that were used less often than they should be."""
        with self._lock:
            return [s for s in self._queue if not s.optional and s.used < (s.times or 1)]

    def clear(self) -> None:
        """Empty the queue."""
        with self._lock:
            self._queue.clear()

    def _model(self, call: Call, operation: str) -> str | None:
        """Return the id of the model that a request is for."""
        named: object = call.parameter("model")
        if call.method == "POST":
            try:
                if operation == "createTranscription":
                    parts = parse_multipart(call.header("content-type") or "", call.body)
                    named = next((p.content.decode() for p in parts if p.name == "model"), None)
                else:
                    body: object = json.loads(call.body)
                    named = body.get("model") if is_object(body) else None
            except (ValueError, RecursionError, BodyError):
                named = None
        found = self.registry.resolve(str(named or DEFAULT_MODELS.get(operation, "")))
        return found.id if found else None

    # --- what a response is made of -------------------------------------------------------------

    def _make(self, fields: Mapping[str, Any]) -> ScriptedResponse:
        given = {name: value for name, value in fields.items() if value is not None}
        for name in given:
            if name not in _FIELDS:
                raise ScriptError(f"unknown field {name[:60]!r}{_hint(name, _FIELDS)}")
        kinds = [name for name in _OPERATIONS if name in given]
        if kinds not in (["text", "tool_calls"], kinds[:1]) or not kinds:
            raise ScriptError(
                f"write one of {', '.join(_OPERATIONS)} (text also beside tool_calls)"
            )
        kind = kinds[-1]
        for name in _BESIDE.keys() & given.keys():
            if kind not in _BESIDE[name]:
                raise ScriptError(f"{name} belongs to {' or '.join(sorted(_BESIDE[name]))} only")
        optional = given.get("optional", False)
        if not isinstance(optional, bool):
            raise ScriptError(f"optional is {optional!r:.60}; write true or false")
        operations = self._operations(kind, given.get("operation"))
        made = ScriptedResponse(
            operations=operations,
            model=self._named_model(given.get("model"), kind, operations),
            times=fields.get("times", 1),
            optional=optional,
            text=_string("text", given["text"]) if "text" in given else None,
        )
        if made.times is not None and (type(made.times) is not int or made.times < 1):
            raise ScriptError(f"times is {made.times!r}; write a number from 1, or null for no end")
        self._fill(made, kind, given)
        return made

    def _fill(self, made: ScriptedResponse, kind: str, given: Mapping[str, Any]) -> None:
        value = given[kind]
        if kind == "json":
            made.text = dumps(value).decode()
        elif kind == "tool_calls":
            made.tool_calls = tuple(_tool_calls(value))
        elif kind in ("image", "video", "audio"):
            made.media = _bytes(kind, value)
            found = given.get("media_type") or _sniff(made.media, kind)
            made.media_type = _string("media_type", found)
            if not _MEDIA_TYPE.fullmatch(made.media_type):
                raise ScriptError(
                    f"media_type is {made.media_type!r:.60}; write one like image/png"
                )
        elif kind == "fault":
            made.fault = _string("fault", value)
            if made.fault not in faults():
                raise ScriptError(f"no fault of the name {value[:60]!r}{_hint(value, faults())}")
        elif kind == "error":
            if type(value) is not int or not 400 <= value <= 599:
                raise ScriptError(f"error is {value!r}; write a status from 400 to 599")
            made.error = value
            made.message = _string("message", given["message"]) if "message" in given else None
            headers = given.get("headers", {})
            if not is_object(headers):
                raise ScriptError("headers is no object of names and values")
            made.headers = {name: _header(name, text) for name, text in headers.items()}

    def _operations(self, kind: str, name: object) -> frozenset[str]:
        allowed = _OPERATIONS[kind]
        if name is None:
            return allowed
        known = {each.id: each.id for each in self.contract.operations}
        known |= {f"{each.method} {each.path}": each.id for each in self.contract.operations}
        known |= {each.path: each.id for each in self.contract.operations}
        if not isinstance(name, str) or name not in known:
            raise ScriptError(f"no operation {str(name)[:60]!r}{_hint(str(name), known)}")
        operation = known[name]
        transcript = kind == "text" and operation == "createTranscription"
        if allowed and operation not in allowed and not transcript:
            raise ScriptError(f"{operation} has no response of the kind {kind}")
        return frozenset({operation})

    def _named_model(self, name: object, kind: str, operations: frozenset[str]) -> str | None:
        if name is None:
            return None
        found = self.registry.resolve(str(name))
        if found is None:
            names = [model.id for model in self.registry.models]
            raise ScriptError(f"no model {str(name)[:60]!r}{_hint(str(name), names)}")
        if kind not in ("error", "fault"):
            audio = operations == frozenset({"createTranscription"})
            wanted = "audio" if audio else _MODELS.get(kind, "text")
            if found.kind != wanted:
                raise ScriptError(f"{found.id} is a model of {found.kind}, not of {wanted}")
        return found.id

    # --- over HTTP ------------------------------------------------------------------------------

    def reply(self, call: Call) -> Reply:
        """Return the response to a request to `/__contract__/script`.

        POST adds one response or a list of them, GET shows the queue, DELETE empties it.
        """
        if call.method in ("GET", "HEAD"):
            return json_reply(self._shown())
        if call.method == "DELETE":
            self.clear()
            return json_reply(self._shown())
        if call.method != "POST":
            return Reply(405, [("Allow", "GET, POST, DELETE")])
        try:
            # Any page in a browser may send a simple request; JSON is none.
            if "application/json" not in (call.header("content-type") or ""):
                raise ScriptError("the Content-Type must be application/json")
            body: Any = json.loads(call.body)
            listed: list[Any] = body if is_list(body) else [body]
            if not all(is_object(each) for each in listed):
                raise ScriptError("write an object, or a list of them")
            self._append([self._make(each) for each in listed])
        except ScriptError as error:
            return json_reply({"error": str(error)}, 400)
        except (ValueError, RecursionError):
            return json_reply({"error": "the body is no JSON"}, 400)
        return json_reply(self._shown())

    def _shown(self) -> dict[str, Any]:
        with self._lock:
            queue = [str(script) for script in self._queue]
        return {"responses": queue, "unused": [str(script) for script in self.unused()]}


def _hint(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name[:60], list(known), 1, 0.6)
    return f"; did you mean {found[0]!r}?" if found else ""


def _string(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ScriptError(f"{name} is no string")
    return value


def _header(name: str, value: object) -> str:
    text = _string("headers", value)
    if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(text):
        raise ScriptError(f"{name[:60]!r} is no header, or its value none of a header")
    if name.lower() in _FRAMING:
        raise ScriptError(f"the header {name} is the server's own")
    return text


def _tool_calls(value: object) -> list[ToolCall]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or not value:
        raise ScriptError("tool_calls is no list of calls")
    made: list[ToolCall] = []
    for item in cast("Sequence[object]", value):
        call = item.get("function", item) if is_object(item) else None
        if not is_object(call) or not isinstance(call.get("name"), str):
            raise ScriptError("a tool call is an object with name and arguments")
        arguments = call.get("arguments", {})
        text = arguments if isinstance(arguments, str) else dumps(arguments).decode()
        made.append(ToolCall(str(call["name"]), text))
    return made


def _bytes(kind: str, value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, Path):
        return value.read_bytes()
    try:
        return base64.b64decode(_string(kind, value), validate=True)
    except binascii.Error:
        raise ScriptError(f"{kind} is no base64") from None


def _sniff(data: bytes, kind: str) -> str:
    if data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return "video/mp4"
    default = {"image": "image/jpeg", "video": "video/mp4", "audio": "audio/mpeg"}[kind]
    return next((name for start, name in _SIGNATURES if data.startswith(start)), default)
