"""Calls as curl lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote

from pollinations_conformance.contract import Operation
from pollinations_conformance.http.json import as_object
from pollinations_conformance.reference.calls import (
    MULTIPART,
    Call,
    Calls,
    fields_of,
    streams,
    text_of,
)
from pollinations_conformance.reference.literals import FIRST, WIDTH, pretty, shell_word
from pollinations_conformance.reference.prose import Json


class Curl:
    """Writes calls as curl lines.

    Args:
        calls: of the contract.
        gateway: URL of the gateway that the requests go to.
        media: URL of the media host.
    """

    def __init__(self, calls: Calls, gateway: str, media: str) -> None:
        self._calls = calls
        self._gateway = gateway
        self._media = media

    def write(self, operation: Operation, call: Call) -> str:
        """Return a call as shell lines; the key is in POLLINATIONS_API_KEY."""
        lines: list[str] = []
        link = self._calls.link(operation)
        if link is not None:
            lines += self._before(link.source, link.call)
            sent = self._line(link.source, link.call, quiet=True)
            read = f"import json, sys; print(json.load(sys.stdin)[{json.dumps(link.field)}])"
            lines.append(f"{link.name}=$({sent} | python3 -c {shell_word(read)})")
            lines.append(self._line(operation, call, {link.name: f"${link.name}"}))
        else:
            lines += self._before(operation, call)
            lines.append(self._line(operation, call))
        return "\n".join(lines)

    def _before(self, operation: Operation, call: Call) -> list[str]:
        needed = self._calls.file(operation, call)
        if needed is None:
            return []
        _, made, source = needed
        return [FIRST, self._line(source, made)]

    def _line(
        self,
        operation: Operation,
        call: Call,
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
        if streams(call):
            words[0] += " -N"
        words[0] += f" {address}"
        words += [f'-H "{header}"' for header in headers]
        words += self._body(operation, call)
        name = self._calls.file_name(operation, call)
        if name and operation.method != "HEAD":
            words.append(f"-o {name}")
        line = " ".join(words)
        return line if len(line) <= WIDTH else " \\\n  ".join(words)

    def _body(self, operation: Operation, call: Call) -> list[str]:
        file = self._calls.file(operation, call)
        if call.kind == MULTIPART:
            files = self._calls.file_fields(operation, call)
            words: list[str] = []
            for name, value in fields_of(call.body).items():
                if name in files and file is not None:
                    kind = self._calls.response_kind(file[2])
                    words.append(f"-F {shell_word(f'{name}=@{file[0]};type={kind}')}")
                elif name in files:
                    words.append(f"-F {shell_word(f'{name}=@/dev/null')}")
                else:
                    text = value if isinstance(value, str) else json.dumps(value)
                    words.append(f"--form-string {shell_word(f'{name}={text}')}")
            return words
        if call.kind.endswith("json"):
            return [f'-H "Content-Type: {call.kind}"', f"-d {shell_word(pretty(call.body))}"]
        if file is not None:
            kind = self._calls.response_kind(file[2])
            return [f'-H "Content-Type: {kind}"', f"--data-binary @{file[0]}"]
        if call.kind:
            return [f'-H "Content-Type: {call.kind}"', f"--data-raw {shell_word(str(call.body))}"]
        return []

    def _url(
        self, operation: Operation, call: Call, query: Json, variables: Mapping[str, str]
    ) -> str:
        path = operation.path
        for name, value in call.path.items():
            text = variables.get(name) or quote(text_of(value), safe="")
            path = path.replace("{" + name + "}", text)
        pairs = [f"{quote(name)}={quote(text_of(v), safe=':')}" for name, v in call.query.items()]
        pairs += [f"{name}={value}" for name, value in query.items()]
        base = self._media if operation.host == "media" else self._gateway
        address = base + path + ("?" + "&".join(pairs) if pairs else "")
        return f'"{address}"' if variables or query or "&" in address or "?" in address else address

    def _credentials(self, operation: Operation) -> tuple[list[str], Json]:
        """Return how the key is sent: headers, and query values."""
        if not operation.security or {} in operation.security:
            return [], {}
        schemes = as_object(
            as_object(self._calls.contract.document.get("components")).get("securitySchemes")
        )
        for name in operation.security[0]:
            scheme = self._calls.resolve(schemes.get(name))
            if scheme.get("in") == "query":
                return [], {str(scheme.get("name")): "$POLLINATIONS_API_KEY"}
            if scheme.get("in") == "header":
                return [f"{scheme.get('name')}: $POLLINATIONS_API_KEY"], {}
        return ["Authorization: Bearer $POLLINATIONS_API_KEY"], {}
