"""What each program of this folder shares: the questions, and taking turns with `tools/clients.py`.

A program calls `take` with a function for each feature that its client has. After each of them one
line of JSON says how it went; the runner looks at the server's report and lets the program go on. No
program reaches anything but this machine.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

URL = os.environ["BASE_URL"]
KEY = os.environ["API_KEY"]
MARK = "@step "

QUESTION = "Name a colour."
WEATHER = "What is the weather in Ulm?"
RAIN = "rain, 12 degrees"
PERSON = "Ada is 36 years old. Who is it?"
SPOKEN = "Good morning."
PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "A city"}},
    "required": ["city"],
}


class Person(BaseModel):
    """A person and the age."""

    name: str
    age: int


class Wrong(Exception):
    """Raised when a client returned something else than it should."""


def expect(holds: object, returned: object) -> None:
    """Raise `Wrong` with what was returned instead, unless something holds."""
    if not holds:
        raise Wrong(f"returned {returned!r:.80}")


def _stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse connections to other machines."""
    host: Any = None
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    host = host.decode() if isinstance(host, bytes) else host
    if host not in (None, "127.0.0.1", "::1", "localhost"):
        raise OSError(f"{host} is not reached from here")


def take(features: dict[str, Callable[[], object]]) -> None:
    """Try each feature in turn.

    Args:
        features: what to do for each; it raises an exception unless the client works.
    """
    for name, attempt in features.items():
        error = None
        try:
            attempt()
        except Exception as raised:
            text = " ".join(str(raised).partition("Traceback")[0].split())[:300]
            error = f"{type(raised).__name__}: {text}" if text else type(raised).__name__
        sys.stdout.write(MARK + json.dumps({"feature": name, "error": error}) + "\n")
        sys.stdout.flush()
        if not sys.stdin.readline():
            break


sys.addaudithook(_stay_here)
