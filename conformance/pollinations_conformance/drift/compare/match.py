"""Pair the operations of two documents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from pollinations_conformance.drift.document import Document, Operation, template


def match_operations(
    ours: Document, theirs: Document
) -> list[tuple[Operation | None, Operation | None]]:
    """Pair the operations of two documents.

    Paths count as equal up to the names of their parameters, with or without the path of their
    server, and up to a slash at their end; after that, a path of theirs that ours documents as
    another name of an operation pairs up, and so do paths that moved below a common prefix.
    """
    pairs: list[tuple[Operation | None, Operation | None]] = []
    waiting, left = list(ours.operations), list(theirs.operations)
    for key in _KEYS:
        waiting, left = _pair_by_key(waiting, left, key, pairs)
    waiting = _pair_by(waiting, left, same_by_alias, pairs)
    for prefix in _prefixes(waiting, left):

        def moved(operation: Operation, candidate: Operation, prefix: str = prefix) -> bool:
            return prefix in (_prefix(operation, candidate), _prefix(candidate, operation))

        waiting = _pair_by(waiting, left, moved, pairs)
    pairs += [(operation, None) for operation in waiting]
    order = {id(operation): index for index, operation in enumerate(ours.operations)}
    pairs.sort(key=lambda pair: order[id(pair[0])])
    return pairs + [(None, operation) for operation in left]


_KEYS: tuple[Callable[[Operation], str], ...] = (
    lambda operation: template(operation.full),
    lambda operation: template(operation.path),
    lambda operation: template(operation.path).rstrip("/"),
)


def _pair_by_key(
    waiting: list[Operation],
    left: list[Operation],
    key: Callable[[Operation], str],
    pairs: list[tuple[Operation | None, Operation | None]],
) -> tuple[list[Operation], list[Operation]]:
    """Pair operations whose methods and keys are equal; return what is left of both sides."""
    index: dict[tuple[str, str], list[Operation]] = {}
    for operation in left:
        index.setdefault((operation.method, key(operation)), []).append(operation)
    rest: list[Operation] = []
    for operation in waiting:
        found = index.get((operation.method, key(operation)))
        if found:
            pairs.append((operation, found.pop(0)))
        else:
            rest.append(operation)
    taken = {id(other) for _, other in pairs}
    return rest, [operation for operation in left if id(operation) not in taken]


def _pair_by(
    waiting: list[Operation],
    left: list[Operation],
    same: Callable[[Operation, Operation], bool],
    pairs: list[tuple[Operation | None, Operation | None]],
) -> list[Operation]:
    """Pair operations one by one, taking those that are paired off `left`; return the rest."""
    rest: list[Operation] = []
    for operation in waiting:
        for index, candidate in enumerate(left):
            if candidate.method == operation.method and same(operation, candidate):
                pairs.append((operation, left.pop(index)))
                break
        else:
            rest.append(operation)
    return rest


def same_by_alias(a: Operation, b: Operation) -> bool:
    """Return whether one operation documents the path of the other as a further one of its own."""
    return any(is_alias(text, b.path) for text in a.aliases) or any(
        is_alias(text, a.path) for text in b.aliases
    )


def _prefix(short: Operation, long: Operation) -> str:
    """Return what precedes the path of one operation in that of another, or ""."""
    one, other = (template(operation.path).rstrip("/") for operation in (short, long))
    return other.removesuffix(one) if len(other) > len(one) and other.endswith(one) else ""


def _prefixes(ours: Sequence[Operation], theirs: Sequence[Operation]) -> list[str]:
    """Find prefixes below which several operations moved, the most frequent first, and their stems."""
    seen: Counter[str] = Counter()
    for a in ours:
        for b in theirs[:1000]:
            if (
                a.method == b.method
                and re.search(r"/[^/{]", a.path)
                and re.search(r"/[^/{]", b.path)
            ):
                seen[_prefix(a, b) or _prefix(b, a)] += 1
    known = [prefix for prefix, times in seen.most_common() if prefix and times > 1]
    # Beside /api/generate, even a single path below /api has moved.
    once = [prefix for prefix, times in seen.items() if prefix and times == 1]
    return known + [
        prefix
        for prefix in once
        if any(f"{known_one}/".startswith(f"{prefix}/") for known_one in known)
    ]


def is_alias(text: str, path: str) -> bool:
    """Return whether a regular expression of the document matches a whole path."""
    try:
        return re.fullmatch(text, path) is not None
    except re.error:
        return False
