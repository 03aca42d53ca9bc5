"""Requests that can be run: the contract's examples as curl lines and as calls of the client."""

from __future__ import annotations

import functools
import json
import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from pollinations_conformance.contract import Contract, Operation
from pollinations_conformance.http.json import as_object, is_list, is_object
from pollinations_conformance.reference.prose import Json, followed

__all__ = ["GATEWAY", "MEDIA", "Snippet", "Snippets", "pretty"]

GATEWAY = "http://127.0.0.1:8787"
"""Where `serve` listens unless it is told otherwise."""
MEDIA = "http://127.0.0.1:8788"

_WIDTH = 72
_MULTIPART = "multipart/form-data"
_SUFFIXES = {"audio/mpeg": "mp3", "image/jpeg": "jpg", "image/png": "png", "video/mp4": "mp4"}
_FORMATS = {"mp3", "opus", "aac", "flac", "wav", "pcm"}  # a request may name one by itself
_FILE = "# First, something to send."
_BODY = "$response.body#/"


@dataclass(frozen=True, slots=True)
class Snippet:
    """One request, ready to be copied.

    Attributes:
        title: what it shows.
        curl: shell lines; the key is taken from the environment variable POLLINATIONS_API_KEY.
        python: a program with the client of this package; empty where the client has no such call.
    """

    title: str
    curl: str
    python: str


@dataclass(frozen=True, slots=True)
class _Call:
    """The values of one request."""

    title: str
    path: Json = field(default_factory=dict[str, Any])
    query: Json = field(default_factory=dict[str, Any])
    kind: str = ""  # media type of the body
    body: Any = None


@dataclass(frozen=True, slots=True)
class _Link:
    """An operation whose answer has the value that another one asks for."""

    source: Operation
    call: _Call
    name: str  # of the path parameter
    field: str  # of the answer


class Snippets:
    """Writes the examples of a contract as requests.

    Args:
        contract: with the examples; values that nothing is given for are never made up.
        gateway: address of the gateway that the requests go to.
        media: address of the media host.
    """

    def __init__(self, contract: Contract, gateway: str = GATEWAY, media: str = MEDIA) -> None:
        self.contract = contract
        self.gateway = gateway
        self.media = media

    def of(self, operation: Operation) -> list[Snippet]:
        """Write the requests of one operation; none where the contract has no example."""
        calls = self._calls(operation)
        return [
            Snippet(call.title, self._curl(operation, call), self._python(operation, call))
            for call in (calls[:1] if operation.deprecated else calls)
        ]

    # --- the values of a request ----------------------------------------------------------------

    def _calls(self, operation: Operation) -> list[_Call]:
        path: Json = {}
        needed: Json = {}
        optional: Json = {}
        for parameter in operation.parameters:
            given = list(self._values(parameter.raw))
            value = given[0][1] if given else parameter.schema.get("default")
            if parameter.location == "path":
                path[parameter.name] = value
            elif parameter.location == "query" and parameter.required:
                needed[parameter.name] = value
            elif parameter.location == "query" and given:
                optional[parameter.name] = value
        if None in path.values() or None in needed.values():
            return []
        body = self._resolve(operation.raw.get("requestBody"))
        if not body:
            calls = [_Call("The shortest request", path, needed)]
            if optional:
                some = dict(list(optional.items())[:3])
                calls.append(_Call("With some options", path, needed | some))
            return calls
        return [
            _Call(title, path, needed, kind, value)
            for kind, form in as_object(body.get("content")).items()
            for title, value in self._values(form)
        ]

    def _values(self, node: Any) -> Iterator[tuple[str, Any]]:
        """Yield the examples of a parameter or a media type, each with its title."""
        for name, entry in as_object(as_object(node).get("examples")).items():
            example = self._resolve(entry)
            if "value" in example:
                yield str(example.get("summary", name)), example["value"]
        if "example" in as_object(node):
            yield "An example", node["example"]

    def _resolve(self, node: Any) -> Json:
        return followed(self.contract, node)

    def _good(self, operation: Operation) -> Json:
        """Return the answer of success."""
        status = min((s for s in operation.responses if s.startswith("2")), default="")
        return self._resolve(operation.responses.get(status))

    def _answer_kind(self, operation: Operation) -> str:
        return next(iter(as_object(self._good(operation).get("content"))), "")

    def _form(self, operation: Operation, kind: str) -> Json:
        body = self._resolve(operation.raw.get("requestBody"))
        return self._resolve(as_object(body.get("content")).get(kind))

    def _file_fields(self, operation: Operation, call: _Call) -> dict[str, str]:
        """Name the fields of a form that are files, with the media types that are welcome."""
        form = self._form(operation, call.kind)
        schema = self._resolve(form.get("schema"))
        encoding = as_object(form.get("encoding"))
        return {
            name: str(as_object(encoding.get(name)).get("contentType", ""))
            for name, node in as_object(schema.get("properties")).items()
            if self._resolve(node).get("format") == "binary" and name in _fields(call.body)
        }

    @functools.cached_property
    def _makers(self) -> dict[str, tuple[Operation, _Call]]:
        """Find, for images, sounds and so on, the plain request that makes one."""
        found: dict[str, tuple[Operation, _Call]] = {}
        for operation in self.contract.operations:
            if operation.method != "GET":
                continue
            family, _, subtype = self._answer_kind(operation).partition("/")
            calls = self._calls(operation) if subtype and family != "application" else []
            if calls and family != "text" and family not in found:
                found[family] = operation, calls[0]
        return found

    def _maker(self, welcome: str) -> tuple[Operation, _Call] | None:
        families = [part.strip().partition("/")[0] for part in welcome.split(",")]
        return next((self._makers[name] for name in families if name in self._makers), None)

    def _file(self, operation: Operation, call: _Call) -> tuple[str, _Call, Operation] | None:
        """Name the file that a request sends, and how to make one."""
        if call.kind == _MULTIPART:
            welcome = next(iter(self._file_fields(operation, call).values()), None)
        else:
            welcome = None if call.kind.endswith("json") or not call.kind else call.kind
        maker = self._maker(welcome) if welcome is not None else None
        if maker is None:
            return None
        source, made = maker
        return self._file_name(source, made), made, source

    def _file_name(self, operation: Operation, call: _Call) -> str:
        """Name the file that a binary answer is saved in; empty for other answers."""
        kind = self._answer_kind(operation)
        family = kind.partition("/")[0]
        if kind == "*/*":
            return "copy"
        if not kind or family in ("text", "application"):
            return ""
        asked = [
            v
            for v in (call.query | _fields(call.body)).values()
            if isinstance(v, str) and v in _FORMATS
        ]
        suffix = asked[0] if asked else _SUFFIXES.get(kind, "bin")
        return f"{ {'audio': 'sound', 'image': 'picture'}.get(family, family) }.{suffix}"

    def _link(self, operation: Operation) -> _Link | None:
        """Find an operation whose answer names what this one asks for."""
        for source in self.contract.operations:
            for link in as_object(self._good(source).get("links")).values():
                node = self._resolve(link)
                if node.get("operationId") != operation.id:
                    continue
                for name, value in as_object(node.get("parameters")).items():
                    calls = self._calls(source)
                    if calls and str(value).startswith(_BODY):
                        return _Link(source, calls[0], name, str(value).removeprefix(_BODY))
        return None

    # --- curl -----------------------------------------------------------------------------------

    def _curl(self, operation: Operation, call: _Call) -> str:
        lines: list[str] = []
        link = self._link(operation)
        if link is not None:
            lines += self._curl_file(link.source, link.call)
            sent = self._curl_line(link.source, link.call, quiet=True)
            read = f"import json, sys; print(json.load(sys.stdin)[{json.dumps(link.field)}])"
            lines.append(f"{link.name}=$({sent} | python3 -c {_shell(read)})")
            lines.append(self._curl_line(operation, call, {link.name: f"${link.name}"}))
        else:
            lines += self._curl_file(operation, call)
            lines.append(self._curl_line(operation, call))
        return "\n".join(lines)

    def _curl_file(self, operation: Operation, call: _Call) -> list[str]:
        needed = self._file(operation, call)
        if needed is None:
            return []
        _, made, source = needed
        return [_FILE, self._curl_line(source, made)]

    def _curl_line(
        self,
        operation: Operation,
        call: _Call,
        variables: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> str:
        headers, query = self._credentials(operation)
        address = self._url(operation, call, query, variables or {})
        words = ["curl -s" if quiet else "curl"]
        if operation.method == "HEAD":
            words[0] += " --head"
        elif operation.method != ("POST" if call.kind else "GET"):
            words[0] += f" -X {operation.method}"
        if _streams(call):
            words[0] += " -N"
        words[0] += f" {address}"
        words += [f'-H "{header}"' for header in headers]
        words += self._curl_body(operation, call)
        name = self._file_name(operation, call)
        if name and operation.method != "HEAD":
            words.append(f"-o {name}")
        line = " ".join(words)
        return line if len(line) <= _WIDTH else " \\\n  ".join(words)

    def _curl_body(self, operation: Operation, call: _Call) -> list[str]:
        file = self._file(operation, call)
        if call.kind == _MULTIPART:
            files = self._file_fields(operation, call)
            words: list[str] = []
            for name, value in _fields(call.body).items():
                if name in files and file is not None:
                    kind = self._answer_kind(file[2])
                    words.append(f"-F {_shell(f'{name}=@{file[0]};type={kind}')}")
                elif name in files:
                    words.append(f"-F {_shell(f'{name}=@/dev/null')}")
                else:
                    text = value if isinstance(value, str) else json.dumps(value)
                    words.append(f"--form-string {_shell(f'{name}={text}')}")
            return words
        if call.kind.endswith("json"):
            return [f'-H "Content-Type: {call.kind}"', f"-d {_shell(pretty(call.body))}"]
        if file is not None:
            kind = self._answer_kind(file[2])
            return [f'-H "Content-Type: {kind}"', f"--data-binary @{file[0]}"]
        if call.kind:
            return [f'-H "Content-Type: {call.kind}"', f"--data-raw {_shell(str(call.body))}"]
        return []

    def _url(
        self, operation: Operation, call: _Call, query: Json, variables: Mapping[str, str]
    ) -> str:
        path = operation.path
        for name, value in call.path.items():
            text = variables.get(name) or quote(_text(value), safe="")
            path = path.replace("{" + name + "}", text)
        pairs = [f"{quote(name)}={quote(_text(v), safe=':')}" for name, v in call.query.items()]
        pairs += [f"{name}={value}" for name, value in query.items()]
        base = self.media if operation.host == "media" else self.gateway
        address = base + path + ("?" + "&".join(pairs) if pairs else "")
        return f'"{address}"' if variables or query or "&" in address or "?" in address else address

    def _credentials(self, operation: Operation) -> tuple[list[str], Json]:
        """Say how the key is sent: headers, and query values."""
        if not operation.security or {} in operation.security:
            return [], {}
        schemes = as_object(
            as_object(self.contract.document.get("components")).get("securitySchemes")
        )
        for name in operation.security[0]:
            scheme = self._resolve(schemes.get(name))
            if scheme.get("in") == "query":
                return [], {str(scheme.get("name")): "$POLLINATIONS_API_KEY"}
            if scheme.get("in") == "header":
                return [f"{scheme.get('name')}: $POLLINATIONS_API_KEY"], {}
        return ["Authorization: Bearer $POLLINATIONS_API_KEY"], {}

    # --- Python ---------------------------------------------------------------------------------

    def _python(self, operation: Operation, call: _Call) -> str:
        forms = as_object(self._resolve(operation.raw.get("requestBody")).get("content"))
        if not _method(operation) or (len(forms) > 1 and call.kind != _MULTIPART):
            return ""  # of several forms of a body the client takes one, and makes the others
        lines: list[str] = []
        link = self._link(operation)
        values: Json = {}
        if link is not None:
            lines += self._python_file(link.source, link.call)
            made = _method(link.source).rpartition(".")[2] or "made"
            lines.append(f"{made} = {self._python_call(link.source, link.call, {})}")
            values[link.name] = _Code(f"{made}.{_snake(link.field)}")
        lines += self._python_file(operation, call)
        wanted = self._python_call(operation, call, values)
        name = self._file_name(operation, call)
        if _streams(call):
            # Where the answer is a tool call, there is no text to join.
            told = "chunk" if "tools" in _fields(call.body) else 'chunk.text, end=""'
            lines.append(f"for chunk in {wanted}:\n    print({told})")
        elif name and operation.method != "HEAD":
            lines.append(f'{wanted}.save("{name}")')
        else:
            lines.append(f"answer = {wanted}\nprint(answer)")
        address = f'base_url="{self.gateway}"'
        if operation.host == "media":
            address = f'\n    {address},\n    media_base_url="{self.media}",\n'
        indented = "\n".join("    " + line for block in lines for line in block.split("\n"))
        return (
            "from pollinations_client import Pollinations\n\n"
            f"with Pollinations({address}) as client:\n{indented}"
        )

    def _python_file(self, operation: Operation, call: _Call) -> list[str]:
        needed = self._file(operation, call)
        if needed is None:
            return []
        name, made, source = needed
        return [_FILE, f'{self._python_call(source, made, {})}.save("{name}")']

    def _python_call(self, operation: Operation, call: _Call, given: Json) -> str:
        # `text.generate` and the like take what the path names first, and all else by name.
        words = [pretty(value, python=True) for value in (call.path | given).values()]
        named: Json = {_snake(name): value for name, value in call.query.items()}
        file = self._file(operation, call)
        files = self._file_fields(operation, call) if call.kind == _MULTIPART else {}
        for name, value in _fields(call.body).items():
            named[_snake(name)] = file[0] if file is not None and name in files else value
        words += [
            f"{name}={pretty(value, _WIDTH - 8, len(name) + 1, python=True)}"
            for name, value in named.items()
        ]
        start = f"client.{_method(operation)}"
        line = f"{start}({', '.join(words)})"
        if len(line) <= _WIDTH - 8 and "\n" not in line:
            return line
        return (
            start
            + "(\n"
            + "".join(f"    {word},\n".replace("\n", "\n    ", word.count("\n")) for word in words)
            + ")"
        )


def _method(operation: Operation) -> str:
    """Name the client's method for an operation; empty when there is none."""
    sdk = as_object(operation.raw.get("x-sdk"))
    return f"{sdk['resource']}.{sdk['method']}" if {"resource", "method"} <= sdk.keys() else ""


class _Code(str):
    """Text that is code already."""

    __slots__ = ()


def _streams(call: _Call) -> bool:
    return (call.query | _fields(call.body)).get("stream") is True


def _fields(body: Any) -> Json:
    return body if is_object(body) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _shell(text: str) -> str:
    """Quote a text for the shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def _snake(name: str) -> str:
    found = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name.replace("-", "_")).lower()
    return found + "_" if keyword.iskeyword(found) else found


def pretty(value: Any, width: int = _WIDTH, taken: int = 0, *, python: bool = False) -> str:
    """Write a value with line breaks only where it does not fit into a line.

    Args:
        value: a JSON value.
        width: characters of a line.
        taken: characters that stand before it in its first line.
        python: whether to write it as Python instead of as JSON.
    """
    if not value or not (is_object(value) or is_list(value)):
        return _scalar(value, python)
    step = "    " if python else "  "
    pairs: list[tuple[str, Any]] = (
        [(_scalar(name, python) + ": ", item) for name, item in value.items()]
        if is_object(value)
        else [("", item) for item in value]
    )
    inside = width - len(step)
    items = [name + pretty(item, inside, len(name), python=python) for name, item in pairs]
    start, end = "{}" if is_object(value) else "[]"
    line = f"{start}{', '.join(items)}{end}"
    if len(line) + taken <= width and "\n" not in line:
        return line
    rows = [step + item.replace("\n", "\n" + step) for item in items]
    return f"{start}\n" + ",\n".join(rows) + ("," if python else "") + f"\n{end}"


def _scalar(value: Any, python: bool) -> str:
    if isinstance(value, _Code):
        return value
    if isinstance(value, str) or not python:
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
