"""What the chunks of a stream add up to: the response that the same call without streaming would have given.

All recorded dialects work: usage on the last chunk, on the finishing chunk or repeated on every chunk; empty first
chunks; null roles; tool calls in pieces, or several whole ones under one index; content blocks as deltas; content as
a list of parts. Two rules hold everywhere: an empty or null value never replaces a known one, and nothing that a
service can send raises anything. Texts are collected and joined at the end, so the time taken is linear.
"""

from __future__ import annotations

from typing import Any

from ._json import is_array, is_object

_WHOLE = frozenset({"finish_reason", "id", "model", "name", "object", "role", "type"})
"""Texts that are sent whole; all others are sent in pieces and joined."""
_Whole = frozenset[str]


def assemble(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """Add chunks up to the response that they are pieces of."""
    assembler = Assembler()
    for chunk in chunks:
        assembler.add(chunk)
    return assembler.result()


class Assembler:
    """Takes chunks one by one; what they add up to so far can be read at any time."""

    def __init__(self) -> None:
        self._top: dict[str, Any] = {
            "id": "",
            "object": "chat.completion",
            "created": 0,
            "model": "",
        }
        self._choices: dict[int, _Choice] = {}
        self._usage: Any = None

    def add(self, chunk: dict[str, Any]) -> None:
        """Take the next chunk, which is left as it is."""
        top = self._top
        for name, value in chunk.items():
            if name == "choices":
                for piece in _objects(value):
                    index = _integer(piece.get("index"), 0)
                    choice = self._choices.get(index)
                    if choice is None:
                        choice = self._choices[index] = _Choice(index)
                    choice.add(piece)
            elif name == "usage":
                known = self._usage
                if is_object(value) and (
                    known is None or _is_complete(value) or not _is_complete(known)
                ):
                    self._usage = value
            elif name not in ("object", "obfuscation") and (value or name not in top):
                top[name] = value

    @property
    def finished(self) -> bool:
        """Whether there are choices, and all of them have a finish reason."""
        choices = self._choices.values()
        return bool(choices) and all(choice.finished for choice in choices)

    def result(self) -> dict[str, Any]:
        """Return what has been added up so far, as decoded JSON of its own."""
        result = dict(self._top)
        result["choices"] = [self._choices[index].result() for index in sorted(self._choices)]
        if self._usage is not None:
            result["usage"] = self._usage
        return result


def _is_complete(usage: dict[str, Any]) -> bool:
    return all(
        usage.get(name) is not None
        for name in ("prompt_tokens", "completion_tokens", "total_tokens")
    )


def _objects(value: Any) -> list[dict[str, Any]]:
    # Also of one that came without a list around it.
    items = value if is_array(value) else [value]
    return [item for item in items if is_object(item)]


def _integer(value: Any, default: int) -> int:
    return value if type(value) is int else default


class _Fields:
    # A JSON object that arrives in pieces. Values are kept apart from everything that belongs to the assembling, so
    # no name that a service can choose means anything here.

    __slots__ = ("lists", "texts", "values")

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.texts: dict[str, list[str]] = {}
        self.lists: dict[str, list[Any]] = {}

    def add(self, name: str, value: Any, whole: _Whole = _WHOLE) -> None:
        known = self.values.get(name)
        if isinstance(value, str) and name not in whole:
            pieces = self.texts.get(name)
            if pieces is not None:
                pieces.append(value)
            elif value or not known:
                self.texts[name] = [value]
                self.values[name] = value
                self.lists.pop(name, None)
        elif is_array(value):
            items = self.lists.get(name)
            if items is not None:
                items.extend(value)
            elif value or not known:
                self.lists[name] = list(value)
                self.values[name] = value
                self.texts.pop(name, None)
        elif name not in self.values or not (value is None or value == "" or value == {}):
            self.values[name] = value
            self.texts.pop(name, None)
            self.lists.pop(name, None)

    def text(self, name: str) -> str | None:
        """Return what a text has become, or None when it is none."""
        value = self.values.get(name)
        return "".join(self.texts[name]) if name in self.texts else _text(value)

    def result(self) -> dict[str, Any]:
        result = dict(self.values)
        for name, pieces in self.texts.items():
            result[name] = "".join(pieces)
        for name, items in self.lists.items():
            result[name] = list(items)
        return result


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


class _Choice:
    __slots__ = ("fields", "finished", "index", "logprobs", "message", "sent")

    def __init__(self, index: int) -> None:
        self.index = index
        self.finished = False
        self.fields = _Fields()
        self.logprobs = _Nested()
        self.message = _Message()
        self.sent: dict[str, Any] = {}
        """The message as a whole, which some providers send beside the deltas."""

    def add(self, piece: dict[str, Any]) -> None:
        for name, value in piece.items():
            if name == "delta":
                if is_object(value):
                    self.message.add(value)
            elif name == "message":
                if is_object(value):
                    self.sent = value
            elif name == "logprobs":
                self.logprobs.add(value)
            elif name != "index":
                # An empty reason is none, nor is "null": some dialects send them with every chunk.
                if name == "finish_reason" and isinstance(value, str):
                    self.finished = self.finished or value.strip() not in ("", "null")
                # Whatever else a choice has is no text in pieces.
                self.fields.add(name, value, frozenset(piece))

    def result(self) -> dict[str, Any]:
        message = self.message.result()
        for name, value in self.sent.items():
            if not message.get(name):
                message[name] = value
        fields = self.fields.result()
        result = {
            "index": self.index,
            "message": message,
            "finish_reason": fields.pop("finish_reason", None),
        }
        if self.logprobs.known:
            result["logprobs"] = self.logprobs.result()
        result.update(fields)
        return result


class _Nested:
    # A field that holds an object in pieces, or null, or whatever was sent in its place.

    __slots__ = ("fields", "known", "other")

    def __init__(self) -> None:
        self.known = False
        self.other: Any = None
        self.fields: _Fields | None = None

    def add(self, value: Any) -> None:
        self.known = True
        if is_object(value):
            if self.fields is None:
                self.fields = _Fields()
            for name, item in value.items():
                self.fields.add(name, item)
        elif self.fields is None and (value is not None or self.other is None):
            self.other = value

    def result(self) -> Any:
        return self.other if self.fields is None else self.fields.result()


class _Message:
    __slots__ = ("blocks", "calls", "content", "fields", "nested")

    def __init__(self) -> None:
        self.fields = _Fields()
        self.fields.add("role", "assistant")
        self.content: _Content | None = None
        self.calls = _Calls()
        self.blocks: dict[int, _Fields] = {}
        self.nested: dict[str, _Nested] = {}

    def add(self, delta: dict[str, Any]) -> None:
        for name, value in delta.items():
            if name == "tool_calls":
                self.calls.add(_objects(value))
            elif name == "content_blocks":
                for position, block in enumerate(_objects(value)):
                    index = _integer(block.get("index"), position)
                    fields = self.blocks.get(index)
                    if fields is None:
                        fields = self.blocks[index] = _Fields()
                    _add_block(fields, block)
            elif name == "content" and (self.content is not None or isinstance(value, list | dict)):
                if self.content is None:
                    self.content = _Content()
                    self.content.add(self.fields.text("content"))
                self.content.add(value)
            elif name in ("function_call", "audio"):
                self.nested.setdefault(name, _Nested()).add(value)
            elif name == "role" and not isinstance(value, str):
                continue  # null in most chunks of some dialects
            else:
                self.fields.add(name, value)

    def result(self) -> dict[str, Any]:
        result = self.fields.result()
        if self.content is not None:
            result["content"] = self.content.result()
        for name, nested in self.nested.items():
            result[name] = nested.result()
        calls = self.calls.result()
        if calls:
            result["tool_calls"] = calls
        if self.blocks:
            result["content_blocks"] = [
                _closed(self.blocks[index].result()) for index in sorted(self.blocks)
            ]
        return result


def _add_block(fields: _Fields, block: dict[str, Any]) -> None:
    for name, value in block.items():
        if name == "delta":
            for inner, item in value.items() if is_object(value) else ():
                fields.add(inner, item)
        elif name != "index":
            fields.add(name, value)


def _closed(block: dict[str, Any]) -> dict[str, Any]:
    # Streams of some providers leave out what kind of block a piece belongs to.
    if not block.get("type"):
        block["type"] = "thinking" if "thinking" in block else "text"
    return block


class _Content:
    # Content as a list of parts: the text in a new piece goes on where the last one stopped.

    __slots__ = ("indices", "parts")

    def __init__(self) -> None:
        self.parts: list[_Fields | Any] = []
        self.indices: dict[int, _Fields] = {}

    def add(self, value: Any) -> None:
        if isinstance(value, str):
            value = [{"type": "text", "text": value}] if value else []
        elif is_object(value):
            value = [value]
        for position, part in enumerate(value if is_array(value) else []):
            if not is_object(part):
                self.parts.append(part)
                continue
            index = part.get("index")
            last = self.parts[-1] if self.parts else None
            if type(index) is int:
                fields = self.indices.get(index)
            else:
                # Only the first part of a piece can continue what the piece before it left open.
                goes_on = position == 0 and isinstance(last, _Fields) and _continues(last, part)
                fields = last if goes_on and isinstance(last, _Fields) else None
            if fields is None:
                fields = _Fields()
                self.parts.append(fields)
                if type(index) is int:
                    self.indices[index] = fields
            for name, item in part.items():
                if name != "index":
                    fields.add(name, item)

    def result(self) -> list[Any]:
        return [part.result() if isinstance(part, _Fields) else part for part in self.parts]


def _continues(last: _Fields, part: dict[str, Any]) -> bool:
    # Text and thoughts come in pieces; images and files come whole.
    kind = part.get("type", last.values.get("type"))
    named = kind if isinstance(kind, str) else ""
    return (
        kind == last.values.get("type")
        and isinstance(part.get(named), str | list)
        and part.keys() <= {"type", named, "signature"}
    )


class _Call:
    __slots__ = ("fields", "function", "index")

    def __init__(self, index: int) -> None:
        self.index = index
        self.fields = _Fields()
        self.function = _Nested()

    def add(self, piece: dict[str, Any]) -> None:
        for name, value in piece.items():
            if name == "function":
                self.function.add(value)
            elif name != "index":
                self.fields.add(name, value)

    @property
    def id(self) -> str:
        return self.fields.text("id") or ""

    @property
    def name(self) -> str:
        fields = self.function.fields
        return (fields.text("name") or "") if fields is not None else ""

    def result(self) -> dict[str, Any]:
        result = self.fields.result()
        if self.function.known:
            result["function"] = self.function.result()
            if not result.get("type"):
                result["type"] = "function"
        return result


class _Calls:
    # Tool calls in the order in which they began. The last call of an index is the one that pieces without an id
    # belong to; an id that is another than this call's begins a new one, and so does a second name without any id.

    __slots__ = ("by_id", "calls", "current", "last_index")

    def __init__(self) -> None:
        self.calls: list[_Call] = []
        self.current: dict[int, _Call] = {}
        self.last_index = -1
        """The highest one."""
        self.by_id: dict[tuple[int | None, str], _Call] = {}
        """The first call with an id below an index, and the last one with it below any."""

    def add(self, pieces: list[dict[str, Any]]) -> None:
        began: set[int] = set()
        for piece in pieces:
            call = self._call(piece, began)
            index = call.index
            began.add(index)
            self.current[index] = call
            self.last_index = max(self.last_index, index)
            call.add(piece)
            if call.id and (index, call.id) not in self.by_id:
                self.by_id[index, call.id] = self.by_id[None, call.id] = call

    def _call(self, piece: dict[str, Any], seen: set[int]) -> _Call:
        given = piece.get("id")
        id = given if isinstance(given, str) else ""
        index = piece.get("index")
        if type(index) is not int:
            if (None, id) in self.by_id:
                return self.by_id[None, id]
            if self.calls and not id and not self._is_another(self.calls[-1], piece, seen):
                return self.calls[-1]
            index = self.last_index + 1
        elif index in self.current:
            if (index, id) in self.by_id:
                return self.by_id[index, id]
            call = self.current[index]
            if not (id and call.id) and not self._is_another(call, piece, seen):
                return call
        call = _Call(index)
        self.calls.append(call)
        return call

    def _is_another(self, call: _Call, piece: dict[str, Any], seen: set[int]) -> bool:
        function = piece.get("function")
        name = function.get("name") if is_object(function) else None
        if not (isinstance(name, str) and name and call.name):
            return False
        # Some dialects repeat the name in every chunk, but none names one call twice in the same chunk.
        return name != call.name or call.index in seen

    def result(self) -> list[dict[str, Any]]:
        return [call.result() for call in sorted(self.calls, key=lambda call: call.index)]
