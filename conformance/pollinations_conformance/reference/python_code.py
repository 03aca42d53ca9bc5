"""Calls as programs with the client of this package."""

from __future__ import annotations

from pollinations_conformance.contract import Operation
from pollinations_conformance.http.json import as_object
from pollinations_conformance.reference.calls import (
    MULTIPART,
    Call,
    Calls,
    fields_of,
    method_of,
    streams,
)
from pollinations_conformance.reference.literals import FIRST, WIDTH, Code, pretty, snake
from pollinations_conformance.reference.prose import Json


class PythonCode:
    """Writes calls as programs.

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
        """Return a call as a program; empty where the client has no such method."""
        forms = as_object(self._calls.resolve(operation.raw.get("requestBody")).get("content"))
        if not method_of(operation) or (len(forms) > 1 and call.kind != MULTIPART):
            return ""  # of several forms of a body the client takes one, and makes the others
        lines: list[str] = []
        link = self._calls.link(operation)
        values: Json = {}
        if link is not None:
            lines += self._before(link.source, link.call)
            made = method_of(link.source).rpartition(".")[2] or "made"
            lines.append(f"{made} = {self._call(link.source, link.call, {})}")
            values[link.name] = Code(f"{made}.{snake(link.field)}")
        lines += self._before(operation, call)
        wanted = self._call(operation, call, values)
        name = self._calls.file_name(operation, call)
        if streams(call):
            # Where the model calls a tool, there is no text to join.
            shown = "chunk" if "tools" in fields_of(call.body) else 'chunk.text, end=""'
            lines.append(f"for chunk in {wanted}:\n    print({shown})")
        elif name and operation.method != "HEAD":
            lines.append(f'{wanted}.save("{name}")')
        else:
            lines.append(f"response = {wanted}\nprint(response)")
        address = f'base_url="{self._gateway}"'
        if operation.host == "media":
            address = f'\n    {address},\n    media_base_url="{self._media}",\n'
        indented = "\n".join("    " + line for block in lines for line in block.split("\n"))
        return (
            "from pollinations_client import Pollinations\n\n"
            f"with Pollinations({address}) as client:\n{indented}"
        )

    def _before(self, operation: Operation, call: Call) -> list[str]:
        needed = self._calls.file(operation, call)
        if needed is None:
            return []
        name, made, source = needed
        return [FIRST, f'{self._call(source, made, {})}.save("{name}")']

    def _call(self, operation: Operation, call: Call, given: Json) -> str:
        # `text.generate` and the like take what the path names first, and all else by name.
        words = [pretty(value, python=True) for value in (call.path | given).values()]
        named: Json = {snake(name): value for name, value in call.query.items()}
        file = self._calls.file(operation, call)
        files = self._calls.file_fields(operation, call) if call.kind == MULTIPART else {}
        for name, value in fields_of(call.body).items():
            named[snake(name)] = file[0] if file is not None and name in files else value
        words += [
            f"{name}={pretty(value, WIDTH - 8, len(name) + 1, python=True)}"
            for name, value in named.items()
        ]
        start = f"client.{method_of(operation)}"
        line = f"{start}({', '.join(words)})"
        if len(line) <= WIDTH - 8 and "\n" not in line:
            return line
        return (
            start
            + "(\n"
            + "".join(f"    {word},\n".replace("\n", "\n    ", word.count("\n")) for word in words)
            + ")"
        )
