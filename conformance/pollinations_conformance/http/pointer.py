"""JSON pointers (RFC 6901), and walking a document by them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pollinations_conformance.http.json import is_list, is_object


def join(pointer: str, *tokens: str | int) -> str:
    """Extend a pointer by reference tokens that are not escaped yet."""
    return pointer + "".join(
        "/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens
    )


def split(pointer: str) -> list[str]:
    """Return the reference tokens of a pointer, unescaped; none for the whole document."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def get(document: Any, pointer: str) -> Any:
    """Return the value at a pointer.

    Raises:
        KeyError: there is none.
    """
    node = document
    for token in split(pointer):
        if is_object(node) and token in node:
            node = node[token]
        elif is_list(node) and token.isdecimal() and int(token) < len(node):
            node = node[int(token)]
        else:
            raise KeyError(pointer)
    return node


def walk(node: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object within a value with its pointer, in document order.

    Args:
        node: any JSON value.
        pointer: where it is.
    """
    stack: list[tuple[str, Any]] = [(pointer, node)]
    while stack:
        place, value = stack.pop()
        if is_object(value):
            yield place, value
            stack.extend((join(place, name), child) for name, child in reversed(value.items()))
        elif is_list(value):
            stack.extend((join(place, i), value[i]) for i in range(len(value) - 1, -1, -1))
