# pyright: reportPrivateUsage=false
"""Models: typed views of decoded JSON.

A model holds the decoded object and converts an attribute when it is read. Nothing is thrown away or normalised on
the way in, so `to_dict(from_dict(x)) == x` for any object, whatever the service adds, leaves out or sets to null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeGuard, TypeVar, cast

from .errors import MissingFieldError
from .types import UNSET

Self = TypeVar("Self", bound="ApiModel")

_REPR_LIMIT = 120
_type: Callable[[Any], Any] = type  # keeps type checkers from narrowing Any to something unknown


class ApiModel:
    """Base of all models: an immutable view of one JSON object."""

    __slots__ = ("_data",)

    _data: dict[str, Any]
    _fields: ClassVar[Mapping[str, str]] = {}
    """JSON names of the documented fields, each with the attribute that reads it."""
    _needed: ClassVar[tuple[str, ...]] = ()
    """JSON names without which an answer of the service is not of this kind."""

    @classmethod
    def from_dict(cls: type[Self], src_dict: Mapping[str, Any]) -> Self:
        """Make a model of decoded JSON, unknown fields included.

        Args:
            src_dict: the decoded object. Nested objects are shared with the model, not copied.

        Raises:
            TypeError: `src_dict` is not a mapping.
        """
        if not isinstance(cast("object", src_dict), Mapping):
            raise TypeError(
                f"{cls.__name__}.from_dict takes a mapping, not {type(src_dict).__name__}"
            )
        self = object.__new__(cls)
        self._data = dict(src_dict)
        return self

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON object as a copy that can be changed freely."""
        return {name: plain(value) for name, value in self._data.items()}

    @property
    def additional_properties(self) -> dict[str, Any]:
        """Give the fields that the contract does not describe, by their JSON names."""
        return {name: value for name, value in self._data.items() if name not in self._fields}

    @classmethod
    def _view(cls, value: Any) -> Any:
        # What is not an object (null, or something the service was not expected to send) is handed on as it is.
        if type(value) is dict:
            self = object.__new__(cls)
            self._data = value
            return self
        return value

    @classmethod
    def _views(cls, value: Any) -> Any:
        kind = _type(value)
        if kind is list:
            items: list[Any] = value
            return [cls._view(item) for item in items]
        return value

    def _need(self, name: str) -> Any:
        try:
            return self._data[name]
        except KeyError:
            pass
        raise MissingFieldError(type(self).__name__, name)

    def _set(self, values: dict[str, Any]) -> None:
        self._data = {name: plain(value) for name, value in values.items() if value is not UNSET}

    def __getitem__(self, name: str) -> Any:
        """Read a field by its JSON name, as it was sent."""
        return self._data[name]

    def __contains__(self, name: object) -> bool:
        return name in self._data

    def __eq__(self, other: object) -> bool:
        if type(other) is type(self):
            theirs: Any = other
            return bool(self._data == theirs._data)
        return NotImplemented

    def __repr__(self) -> str:
        parts: list[str] = []
        for name, value in self._data.items():
            attribute = self._fields.get(name)
            if attribute is None:
                parts.append(f"{name}={_shorten(value)}")
            else:
                try:
                    read: Any = getattr(self, attribute)
                except ValueError:
                    read = value
                parts.append(f"{attribute}={_shorten(read)}")
        return f"{type(self).__name__}({', '.join(parts)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self._data))

    def __deepcopy__(self: Self, memo: dict[int, Any]) -> Self:
        return _rebuild(type(self), self.to_dict())


class StreamItem(ApiModel):
    """Base of the chunks of a stream: what is common to them in every dialect of the service."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """Give the text that this chunk adds; "" when it adds none."""
        text = ""
        try:
            for choice in self._data["choices"]:
                content = choice["delta"].get("content")
                if content:
                    text += content if type(content) is str else _text_of(content)
        except (KeyError, TypeError, AttributeError):
            pass  # a dialect without choices or deltas adds no text
        return text


def _text_of(content: Any) -> str:
    # Some dialects send content as a list of parts.
    parts: list[Any] = [part for part in content if type(part) is dict]
    return "".join(part["text"] for part in parts if type(part.get("text")) is str)


def content_of(model: ApiModel) -> dict[str, Any]:
    """Give the fields that are there by their JSON names, values as they are."""
    return model._data


def _rebuild(cls: type[Self], data: dict[str, Any]) -> Self:
    self = object.__new__(cls)
    self._data = data
    return self


def _shorten(value: Any) -> str:
    text = repr(value)
    if isinstance(value, str) and len(text) > _REPR_LIMIT:
        return f"{text[: _REPR_LIMIT - 20]}…' ({len(value)} characters)"
    return text


def plain(value: Any) -> Any:
    """Give the plain JSON form of a value: models, mappings and sequences become new dicts and lists."""
    kind = _type(value)
    if kind is str or kind is int or value is None or kind is bool or kind is float:
        return value
    if kind is dict:
        content: dict[str, Any] = value
        return {name: plain(item) for name, item in content.items()}
    if kind is list or kind is tuple:
        items: Sequence[Any] = value
        return [plain(item) for item in items]
    if isinstance(value, ApiModel):
        return value.to_dict()
    if isinstance(value, datetime):
        return moment(value)
    if _is_mapping(value):
        return {name: plain(item) for name, item in value.items()}
    if _is_sequence(value):
        return [plain(item) for item in value]
    return value


def _is_mapping(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def _is_sequence(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(
        value, str | bytes | bytearray | memoryview
    )


def many(value: Any, convert: Callable[[Any], Any]) -> Any:
    """Convert each item of a list; anything else is handed on as it is."""
    kind = _type(value)
    if kind is list:
        items: list[Any] = value
        return [convert(item) for item in items]
    return value


def mapped(value: Any, convert: Callable[[Any], Any]) -> Any:
    """Convert each value of an object used as a map; anything else is handed on as it is."""
    kind = _type(value)
    if kind is dict:
        content: dict[str, Any] = value
        return {name: convert(item) for name, item in content.items()}
    return value


def tagged(
    value: Any, tag: str, kinds: Mapping[Any, type[ApiModel]], other: type[ApiModel] | None
) -> Any:
    """View an object as the member of a union that its tag names; without one it stays `other`, or a plain dict."""
    kind = _type(value)
    if kind is dict:
        content: dict[str, Any] = value
        found = content.get(tag)
        cls = kinds.get(found, other) if type(found) is str else other
        if cls is not None:
            return cls._view(value)
    return value


def keyed(value: Any, kinds: Sequence[type[ApiModel]]) -> Any:
    """View an object as the first member of a union all of whose required fields it has."""
    kind = _type(value)
    if kind is dict:
        for cls in kinds:
            if all(name in value for name in cls._needed):
                return cls._view(value)
    return value


def when(value: Any) -> Any:
    """Read an RFC 3339 instant; a number, null or unreadable text is handed on as it is."""
    if type(value) is str:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value


def moment(value: datetime) -> str:
    """Write an instant for the service: UTC with `Z`.

    Raises:
        ValueError: the datetime carries no time zone, so the instant meant is not known.
    """
    if value.tzinfo is None:
        raise ValueError(
            f"datetime without a time zone: {value.isoformat()}; give one, for example timezone.utc"
        )
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
