"""What a report shows of a request: places, values that are fit to be shown, the nearest names."""

import difflib
import functools
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pollinations_conformance import contract as contracts
from pollinations_conformance.http.errors import BodyError
from pollinations_conformance.http.json import as_object, is_list, is_object
from pollinations_conformance.http.message import Request, is_json, media_type
from pollinations_conformance.http.multipart import parse_multipart
from pollinations_conformance.http.pointer import join
from pollinations_conformance.http.text import HIDDEN, SECRET_PARAMETERS, printable_line, redact

MAX_SENT = 120
"""Characters of a value that was sent, as the report shows it."""
ABSENT = object()
"""What is there where nothing was sent."""

_STEP = re.compile(r"\[(\d+)\]|\.?([^.\[]+)")
_NO_LETTER = re.compile(r"[^0-9a-z/{} ]")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a request.

    Attributes:
        where: such as `query.width` or `body.messages[0].content`.
        message: what is wrong; it holds no value that was sent.
        contract: JSON pointer into the contract.
        requirement: id of the requirement that it violates, if it is known.
        sent: the value that was sent, as JSON, redacted and shortened; None when there was none.
        nearest: the known name or value that is spelt most alike; None when none is.
    """

    where: str
    message: str
    contract: str = ""
    requirement: str | None = None
    sent: str | None = None
    nearest: str | None = None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is spelt most alike, or None; case and separators matter little."""
    plain: dict[str, str] = {}
    for one in known:
        plain.setdefault(_plain(one), one)
    found = difflib.get_close_matches(_plain(name[:60]), list(plain), 1, 0.6)
    return plain[found[0]] if found else None


def _plain(name: str) -> str:
    return _NO_LETTER.sub("", name.lower())


def preview(value: object, name: str = "") -> str:
    """Return a value as JSON that is fit to be shown: shortened, without keys, on one line.

    Args:
        value: which was sent.
        name: of the field or parameter that it is the value of.
    """
    if name.lower() in SECRET_PARAMETERS:
        value = HIDDEN
    text = printable_line(redact(json.dumps(_shortened(value, 3), ensure_ascii=False)))
    return text if len(text) <= MAX_SENT else text[: MAX_SENT - 1] + "…"


def _shortened(value: object, depth: int) -> object:
    if isinstance(value, str):
        return value if len(value) <= MAX_SENT else value[:MAX_SENT] + "…"
    if is_list(value):
        return ["…"] if depth == 0 else [_shortened(item, depth - 1) for item in value[:6]]
    if is_object(value):
        if depth == 0:
            return {"…": "…"}
        return {
            name[:60]: HIDDEN
            if name.lower() in SECRET_PARAMETERS
            else _shortened(value[name], depth - 1)
            for name in list(value)[:8]
        }
    return value


# --- bodies -------------------------------------------------------------------------------------


def json_body(request: Request) -> object:
    """Return a request's body when it is JSON and called so; None otherwise."""
    if not request.body or not is_json(request.header("content-type")):
        return None
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        return None


def form_fields(request: Request) -> dict[str, str]:
    """Return the fields of a form that was sent, files as what they are; empty for other bodies."""
    given = request.header("content-type") or ""
    if media_type(given) != "multipart/form-data" or not request.body:
        return {}
    try:
        parts = parse_multipart(given, request.body)
    except BodyError:
        return {}
    found: dict[str, str] = {}
    for part in parts:
        found.setdefault(part.name, part.text if part.filename is None else "(a file)")
    return found


def value_at(match: contracts.Match, request: Request, where: str) -> Any:
    """Return the value that was sent at a place such as `body.messages[0].role`, or `ABSENT`."""
    part, _, rest = where.partition(".")
    if part == "path":
        return match.path_params.get(rest, ABSENT)
    if part == "query":
        texts = [value for name, value in request.query if name == rest]
        return (texts if len(texts) > 1 else texts[0]) if texts else ABSENT
    if part == "header":
        return request.header(rest) or ABSENT
    if not where.startswith("body"):
        return ABSENT
    body = json_body(request)
    if body is None:
        return form_fields(request).get(rest, ABSENT)
    return _member(body, where[len("body") :])


def _member(value: Any, path: str) -> Any:
    for step in _STEP.finditer(path):
        if step[1] is not None and is_list(value) and int(step[1]) < len(value):
            value = value[int(step[1])]
        elif step[2] is not None and is_object(value) and step[2] in value:
            value = value[step[2]]
        else:
            return ABSENT
    return value


# --- unions whose members are told apart by a tag -----------------------------------------------


@dataclass(frozen=True, slots=True)
class Tag:
    """The member that tells the schemas of a union apart.

    Attributes:
        name: of the member, such as `role`.
        places: pointer to the schema of each value that is known.
        is_open: whether another schema of the union takes every other value.
    """

    name: str
    places: dict[str, str]
    is_open: bool


@functools.lru_cache(256)
def tag_of(contract: contracts.Contract, union: str) -> Tag | None:
    """Return the tag of a union, or None where there is none.

    Args:
        contract: that has the union.
        union: JSON pointer to its list of schemas.
    """
    branches: list[tuple[str, dict[str, list[str]]]] = []
    try:
        listed = contract.node(union)
    except KeyError:
        return None
    for index in range(len(listed) if is_list(listed) else 0):
        schema, place = contract.resolve(listed[index], join(union, index))
        if schema.get("type", "object") == "object":
            members = as_object(schema.get("properties"))
            tags = {name: _constants(contract, members[name]) for name in members}
            branches.append((place, tags))
    for name in {name: None for _, tags in branches for name in tags}:
        tagged = [(place, tags[name]) for place, tags in branches if tags.get(name)]
        if len(tagged) > 1 and len(tagged) >= len(branches) - 1:
            places = {value: place for place, values in tagged for value in values}
            return Tag(name, places, is_open=len(tagged) < len(branches))
    return None


def _constants(contract: contracts.Contract, member: Any) -> list[str]:
    schema, _ = contract.resolve(member, "")
    found = [schema["const"]] if "const" in schema else schema.get("enum")
    return [value for value in found if isinstance(value, str)] if is_list(found) else []
