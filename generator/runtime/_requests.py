"""How arguments become a request: path segments, queries, headers, form fields and JSON bodies."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from numbers import Real
from typing import Any, cast
from urllib.parse import quote, urlsplit

from ._history import sendable
from ._json import encode
from ._model import ApiModel, content_of, moment
from .errors import ConfigurationError, printable, shown
from .types import UNSET

_type: Callable[[Any], Any] = type  # keeps type checkers from narrowing Any to something unknown
_SURROGATE = "holds a lone surrogate, which is not text"


def text_of(name: str, value: Any) -> str:
    """Write an argument as the text that stands for it in a URL or a form.

    Args:
        name: of the parameter, for the message.
        value: text, a boolean, a finite number, an instant, a UUID, or a member of an enumeration of these.

    Raises:
        ConfigurationError: it is none of these.
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        # Also of a subclass, which may print as something else than the text that it is.
        return str.__str__(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        try:
            return int.__repr__(value)
        except ValueError:
            raise ConfigurationError(f"{name} has too many digits") from None
    if isinstance(value, float):
        value = float.__float__(value)
    kind: str = _type(value).__name__
    if isinstance(value, Real) or kind == "Decimal":
        if not math.isfinite(value):
            raise ConfigurationError(f"{name} must be a finite number, not {value}")
        return f"{value:f}" if kind == "Decimal" else str(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ConfigurationError(
                f"{name} is a datetime without a time zone; give one, for example timezone.utc"
            )
        return moment(value)
    if isinstance(value, date) or kind == "UUID":
        return str(value)
    raise ConfigurationError(f"{name} must be text, a number or a boolean, not {printable(kind)}")


def _quoted(name: str, text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        pass
    raise ConfigurationError(f"{printable(name)} {_SURROGATE}")


def encode_segment(name: str, value: Any) -> str:
    """Write a value as one path segment that arrives unchanged.

    Args:
        name: parameter name, for the message.
        value: text, or a number.

    Raises:
        ConfigurationError: the value is empty, `.` or `..`, which servers resolve to another URL, or it has
            lone surrogates, which are not text.
    """
    text = value if type(value) is str else text_of(name, value)
    if text in ("", ".", ".."):
        raise ConfigurationError(
            f"{name} cannot be {text!r}: the URL would be that of something else; give other text"
        )
    return _quoted(name, text)


def encode_query(values: Mapping[str, Any]) -> str:
    """Write query parameters; UNSET and None are left out, a sequence is repeated."""
    parts: list[str] = []
    for name, value in values.items():
        if value is None or value is UNSET:
            continue
        key = _quoted("the name of a query parameter", name)
        parts += [f"{key}={_quoted(name, text_of(name, item))}" for item in repeated(value)]
    return "&".join(parts)


def merged(*layers: Mapping[str, Any] | None) -> dict[str, Any]:
    """Put parameters together; of several values of one name, that of the last layer counts."""
    found: dict[str, Any] = {}
    for layer in layers:
        if layer:
            found.update(
                {
                    name: value
                    for name, value in layer.items()
                    if value is not None and value is not UNSET
                }
            )
    return found


def checked_mapping(what: str, values: Any) -> dict[str, Any]:
    """Return a setting that must be a mapping with text for keys; None is an empty one.

    Raises:
        ConfigurationError: it is something else.
    """
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise ConfigurationError(f"{what} must be a mapping, not {type(values).__name__}")
    content = dict(cast("Any", values))
    for name in content:
        if not isinstance(name, str):
            raise ConfigurationError(f"{what} must have text for keys, not {type(name).__name__}")
    return {str.__str__(name): value for name, value in content.items()}


def checked_headers(what: str, headers: Any) -> dict[str, str]:
    """Return headers that can be sent, names in lower case.

    Raises:
        ConfigurationError: they cannot. The HTTP library would quote the value in its complaint, and a value may be
            a secret.
    """
    found: dict[str, str] = {}
    for name, value in checked_mapping(what, headers).items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise ConfigurationError(f"{shown(name)} is no name for a header")
        if isinstance(value, Enum):
            value = value.value
        if not isinstance(value, str) or re.search(r"[^\t\x20-\x7e]", value):
            raise ConfigurationError(f"the header {name} must be text of visible ASCII characters")
        found[name.lower()] = str.__str__(value)
    return found


def count(name: str, value: Any) -> int:
    """Return a setting that must be a whole number, not negative.

    Raises:
        ConfigurationError: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigurationError(f"{name} must be a whole number, not {type(value).__name__}")
    if value < 0:
        raise ConfigurationError(f"{name} cannot be negative")
    return value


def checked_server(name: str, value: Any) -> str:
    """Return the URL of a server without a slash at its end.

    Raises:
        ConfigurationError: it is no such URL.
    """
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} must be text, not {type(value).__name__}")
    text = str.__str__(value).strip().rstrip("/")
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
        usable = usable and not parts.query and not parts.fragment
        usable = usable and text.isprintable() and " " not in text
    except ValueError:  # brackets or a port that are none
        parts, usable = None, False
    if parts is not None and "@" in parts.netloc:
        raise ConfigurationError(f"{name} must not carry a user name or password")
    if not usable:
        raise ConfigurationError(
            f"{name} must look like https://host/path, without query, not {shown(value)}"
        )
    return text


def encode_body(body: Any, extra: Mapping[str, Any] | None) -> bytes:
    """Write a JSON body; arguments that were not given are left out.

    Raises:
        ConfigurationError: an argument has no form in JSON.
    """
    if not isinstance(body, ApiModel | Mapping):
        return _encoded("the body", body)
    known = {**fields_of(cast("Any", body)), **(extra or {})}
    fields = {name: value for name, value in known.items() if value is not UNSET}
    if "messages" in fields:
        try:
            fields["messages"] = sendable(fields["messages"])
        except Exception as error:
            raise ConfigurationError(f"messages cannot be sent as JSON: {_why(error)}") from None
    try:
        return encode(fields)
    except Exception:
        pass  # which one it is, is found out below
    for name, value in fields.items():
        _encoded(str(name), value)
    return _encoded("the body", fields)


def _encoded(name: str, value: Any) -> bytes:
    try:
        return encode(value)
    except Exception as error:  # also what an object of the caller raises when its form is taken
        reason = _why(error)
    raise ConfigurationError(f"{name} cannot be sent as JSON: {reason}")


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error) or type(error).__name__


def fields_of(body: ApiModel | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of a body, whichever way it was given."""
    return content_of(body) if isinstance(body, ApiModel) else body


def repeated(value: Any) -> Iterable[Any]:
    """Return the values of a parameter or form field, of which there may be several."""
    return cast("Iterable[Any]", value) if isinstance(value, list | tuple) else (value,)
