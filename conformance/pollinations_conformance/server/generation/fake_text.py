"""Made-up language: text and JSON that depend on the request and on nothing else."""

import hashlib
import json
import math
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from pollinations_conformance.http.json import is_list
from pollinations_conformance.http.pointer import split

# The last pieces are there to cross byte boundaries: two, three and four bytes of UTF-8 each.
_OPENINGS = (
    "Here is what I can say about", "Thinking of", "Let us look at", "A short answer about",
    "In plain words:", "You asked about", "A note on", "Consider",
)  # fmt: skip
_SUBJECTS = (
    "the bee", "a meadow", "the garden", "every flower", "a patient gardener", "the hive",
    "morning light", "a small café", "the naïve painter", "the wind", "a quiet river", "spring",
)  # fmt: skip
_VERBS = (
    "carries", "remembers", "follows", "mirrors", "gathers", "answers", "explains", "outlives",
    "measures", "welcomes", "returns to", "quietly improves",
)  # fmt: skip
_OBJECTS = (
    "the oldest tree", "a field of clover", "what was planted", "its own rhythm", "the next season",
    "a thousand seeds", "the shape of the question", "more than it takes", "a map of nectar",
    "the long way home", "both sides of the fence", "a promise of rain",
)  # fmt: skip
_ENDINGS = (".", ".", ".", " — always.", "; nothing else does.", " 🌸.")

_WORD = re.compile(r"[^\W\d_]{4,}")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

# How deep a schema is followed before the shortest way out is taken, and how much is made at most.
_DEPTH = 6
_MOST_VALUES = 2_000
_MOST_TEXT = 20_000


def seeded_rng(*parts: object) -> random.Random:
    """Return a generator that depends on the parts alone."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "replace")).digest()
    return random.Random(int.from_bytes(digest[:8]))


def sentences(dice: random.Random, topic: str, count: int) -> str:
    """Return a few sentences about a topic."""
    subject = " ".join(topic.split())[:80] or "nothing in particular"
    lines = [f"{dice.choice(_OPENINGS)} “{subject}”."]
    for _ in range(count):
        start = dice.choice(_SUBJECTS)
        line = f"{dice.choice(_VERBS)} {dice.choice(_OBJECTS)}{dice.choice(_ENDINGS)}"
        lines.append(f"{start[0].upper()}{start[1:]} {line}")
    return " ".join(lines)


def words(text: str) -> set[str]:
    """Return the words of four letters and more, in lower case."""
    return {word.lower() for word in _WORD.findall(text)}


class Filler:
    """Makes JSON values that fit a JSON Schema, taking numbers and words from a text.

    It covers types, enumerations, constants, local references, objects, arrays, ranges, lengths,
    the usual formats, simple patterns and combinations. Whether the result fits is for the caller
    to check: not every schema has an instance.

    Args:
        schema: the whole schema, for references.
        dice: source of chance.
        hint: text that numbers and words are taken from.
    """

    def __init__(self, schema: object, dice: random.Random, hint: str = "") -> None:
        self.root = schema
        self.dice = dice
        self._left = _MOST_VALUES
        self._numbers: Iterator[str] = iter(_NUMBER.findall(hint))
        self._hint = words(hint)
        self._words: Iterator[str] = iter(_WORD.findall(hint))

    def fill(self) -> Any:
        """Return one value for the whole schema.

        Raises:
            ValueError: the schema requires more than is reasonable.
        """
        return self._value(self.root, _DEPTH)

    def _value(self, schema: object, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise ValueError("the schema requires too much")
        if not isinstance(schema, Mapping):
            return "" if schema is False else {}
        rules = self._settle(cast("Mapping[str, Any]", schema), depth)
        if "const" in rules:
            return rules["const"]
        options = rules.get("enum")
        if is_list(options) and options:
            meant = [o for o in options if isinstance(o, str) and words(o) & self._hint]
            return (meant or [self.dice.choice(options)])[0]
        return self._typed(rules, depth)

    def _settle(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """Follow references and combinations until plain keywords are left."""
        rules = dict(schema)
        for _ in range(20):
            merged: list[Any] = []
            if "$ref" in rules:
                merged.append(self._find(rules.pop("$ref")))
            merged += rules.pop("allOf", None) or []
            for combination in ("anyOf", "oneOf"):
                options = rules.pop(combination, None)
                if options:
                    merged.append(options[-1] if depth <= 0 else self.dice.choice(options))
            if not merged:
                break
            for part in merged:
                if isinstance(part, Mapping):
                    rules = _merge(rules, cast("Mapping[str, Any]", part))
        return rules

    def _find(self, pointer: object) -> Any:
        node: Any = self.root
        if not isinstance(pointer, str) or not pointer.startswith("#"):
            return {}
        for name in split(pointer[1:]):
            if isinstance(node, Mapping):
                node = cast("Mapping[str, Any]", node).get(name)
            elif is_list(node) and name.isdigit():
                node = node[int(name)] if int(name) < len(node) else {}
            else:
                return {}
        return node

    def _typed(self, rules: Mapping[str, Any], depth: int) -> Any:
        kind = rules.get("type")
        if is_list(kind):
            kind = next((k for k in kind if k != "null"), "null")
        if kind is None:
            kind = next((k for key, k in _TELLING.items() if key in rules), "object")
        make = {
            "object": self._object, "array": self._array, "string": self._string,
            "integer": self._integer, "number": self._number,
        }.get(str(kind))  # fmt: skip
        if make is not None:
            return make(rules, depth)
        return self.dice.random() < 0.5 if kind == "boolean" else None

    def _object(self, rules: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties: Mapping[str, Any] = rules.get("properties") or {}
        required: Sequence[str] = rules.get("required") or ()
        made: dict[str, Any] = {}
        for name, part in properties.items():
            if name in required or (depth > 0 and part is not False):
                made[name] = self._value(part, depth - 1)
        extra = rules.get("additionalProperties", {})
        for name in required:
            if name not in made:
                made[name] = self._value(extra or {"type": "string"}, depth - 1)
        while extra is not False and len(made) < int(rules.get("minProperties") or 0):
            made[f"extra{len(made)}"] = self._value(extra, depth - 1)
        return made

    def _array(self, rules: Mapping[str, Any], depth: int) -> list[Any]:
        made = [self._value(part, depth - 1) for part in rules.get("prefixItems") or ()]
        least = int(rules.get("minItems") or 0)
        most = int(rules.get("maxItems", least + 3))
        wanted = least if depth <= 0 else max(least, min(most, 2))
        items = rules.get("items", {"type": "string"})
        for _ in range(50):
            if len(made) >= wanted or items is False:
                break
            item = self._value(items, depth - 1)
            if not rules.get("uniqueItems") or item not in made:
                made.append(item)
        return made

    def _string(self, rules: Mapping[str, Any], depth: int) -> str:
        del depth
        special = _FORMATS.get(str(rules.get("format")))
        if special is not None:
            return special(self.dice)
        pattern = rules.get("pattern")
        if isinstance(pattern, str):
            return _matching(pattern, self.dice)
        text = next(self._words, None) or self.dice.choice(_OBJECTS)
        least, most = int(rules.get("minLength") or 0), rules.get("maxLength")
        if least > _MOST_TEXT:
            raise ValueError("the schema requires too long a text")
        while len(text) < least:
            text += " " + self.dice.choice(_OBJECTS)
        return text if most is None else text[: int(most)]

    def _number(self, rules: Mapping[str, Any], depth: int) -> float | int:
        del depth
        return self._between(rules, whole=False)

    def _integer(self, rules: Mapping[str, Any], depth: int) -> float | int:
        del depth
        return self._between(rules, whole=True)

    def _between(self, rules: Mapping[str, Any], *, whole: bool) -> float | int:
        step = rules.get("multipleOf") or (1 if whole else None)
        low, high = rules.get("minimum"), rules.get("maximum")
        gap = step or 0.5
        above, below = rules.get("exclusiveMinimum"), rules.get("exclusiveMaximum")
        if above is not None and not isinstance(above, bool):
            low = above + gap if low is None else max(low, above + gap)
        if below is not None and not isinstance(below, bool):
            high = below - gap if high is None else min(high, below - gap)
        said = next(self._numbers, None)
        value = float(said) if said is not None else float(self.dice.randint(0, 99))
        value = value if low is None else max(value, float(low))
        value = value if high is None else min(value, float(high))
        if step:
            value = math.ceil(value / step) * step
            if high is not None and value > high:
                value -= step
        return int(value) if float(value).is_integer() else value


# Keywords that imply a type when a schema does not name it.
_TELLING = {
    "properties": "object", "required": "object", "items": "array", "prefixItems": "array",
    "minLength": "string", "maxLength": "string", "pattern": "string", "format": "string",
    "minimum": "number", "maximum": "number", "multipleOf": "number",
}  # fmt: skip


def _hex(dice: random.Random, length: int) -> str:
    return f"{dice.getrandbits(length * 4):0{length}x}"


_FORMATS: dict[str, Callable[[random.Random], str]] = {
    "date": lambda dice: f"2026-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}",
    "time": lambda dice: f"{dice.randint(0, 23):02}:{dice.randint(0, 59):02}:00Z",
    "date-time": lambda dice: f"2026-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}T12:00:00Z",
    "email": lambda dice: f"user{dice.randint(1, 999)}@example.com",
    "uri": lambda dice: f"https://example.com/{_hex(dice, 6)}",
    "hostname": lambda dice: f"host{dice.randint(1, 99)}.example.com",
    "ipv4": lambda dice: f"192.0.2.{dice.randint(1, 254)}",
    "ipv6": lambda dice: f"2001:db8::{_hex(dice, 4)}",
    "uuid": lambda dice: "-".join(
        (_hex(dice, 8), _hex(dice, 4), "4" + _hex(dice, 3), "a" + _hex(dice, 3), _hex(dice, 12))
    ),
}  # fmt: skip


def _merge(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**first, **second}
    for name in ("properties",):
        if name in first and name in second:
            merged[name] = {**first[name], **second[name]}
    if "required" in first and "required" in second:
        merged["required"] = list(dict.fromkeys([*first["required"], *second["required"]]))
    return merged


_ATOM = re.compile(r"(\[(?:\\.|[^\]\\])+\]|\\.|\(\?:|[()|^$.]|[^\\])(\{\d+(?:,\d*)?\}|[*+?])?\??")
_CLASSES = {
    "\\d": "0123456789", "\\w": "abcdefghijklmnopqrstuvwxyz0123456789", "\\s": " ",
    ".": "abcdefghijklmnopqrstuvwxyz",
}  # fmt: skip


def _matching(pattern: str, dice: random.Random) -> str:
    """Return text for a simple pattern: literals, classes, one level of groups and repetitions."""
    if len(pattern) > _MOST_TEXT:
        raise ValueError("the pattern requires too long a text")
    group = re.search(r"\((?:\?:)?((?:\\.|[^()\\])*)\)(\{\d+(?:,\d*)?\}|[*+?])?", pattern)
    if group is not None:
        branch = dice.choice(group[1].split("|"))
        middle = branch * _times(group[2], dice)
        return _matching(pattern[: group.start()] + middle + pattern[group.end() :], dice)
    branch = dice.choice(pattern.split("|"))
    made = ""
    for atom in _ATOM.finditer(branch):
        if atom[1] in "^$":
            continue
        made += "".join(_pick(atom[1], dice) for _ in range(_times(atom[2], dice)))
    return made


def _times(mark: str | None, dice: random.Random) -> int:
    if mark is None:
        return 1
    if mark in "*+?":
        return dice.randint(*{"*": (0, 3), "+": (1, 4), "?": (0, 1)}[mark])
    low, _, high = mark[1:-1].partition(",")
    if int(low) > _MOST_TEXT // 20:
        raise ValueError("the pattern requires too long a text")
    most = int(high) if high else int(low) + 3
    return int(low) if "," not in mark else dice.randint(int(low), min(most, int(low) + 20))


def _pick(atom: str, dice: random.Random) -> str:
    if atom in _CLASSES:
        return dice.choice(_CLASSES[atom])
    if not atom.startswith("["):
        return atom[-1]
    inside = atom[1:-1]
    if inside.startswith("^"):
        return next((c for c in "xyz019 -" if not re.fullmatch(atom, c)), "x")
    fitting = [chr(code) for code in range(32, 127) if re.fullmatch(atom, chr(code))]
    return dice.choice(fitting) if fitting else ""


def as_json(value: object) -> str:
    """Return a value the way models write tool arguments."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
