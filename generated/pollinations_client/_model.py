# pyright: reportPrivateUsage=false
"""Base of the models, which are attrs classes that lose nothing of the JSON they are made of.

Whatever the service adds, leaves out or sets to null: `to_dict(from_dict(x)) == x` for any object, also after copying,
pickling and `attrs.evolve`. The slot of a field that was not sent stays empty, which tells it apart from null.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeGuard, TypeVar, cast, overload

from .errors import ConfigurationError, MissingFieldError
from .types import UNSET

M = TypeVar("M", bound="ApiModel")

ABSENT: Final[Any] = UNSET
"""Default of a field that need not be given. The slot of such a field stays empty, and reading it gives None."""
EXPECTED: Final[Mapping[Any, Any]] = {"expected": True}
"""Metadata of an optional field that is there in every response known, so that its type has no None."""
_REPR_LIMIT = 120
_type: Callable[[Any], Any] = type  # keeps type checkers from narrowing Any to something unknown
_read: Callable[[object, str], Any] = object.__getattribute__
new = object.__new__
"""Make a model without its constructor, for decoding."""


class _Layout:
    """What the base class needs to know of a model: its fields by JSON name, and which of them must be there."""

    __slots__ = ("attributes", "evolve", "names", "required")

    def __init__(self, cls: type[ApiModel]) -> None:
        # Imported with the first model, not with the client: it takes a fifth of the time that importing httpx takes.
        from attr import evolve, fields

        known = [item for item in fields(cast("Any", cls)) if item.name != "additional_properties"]
        self.evolve = evolve.__code__
        self.names = {cls._renamed.get(item.name, item.name): item.name for item in known}
        self.attributes = {attribute: name for name, attribute in self.names.items()}
        self.required = {
            item.name for item in known if item.default is not UNSET or "expected" in item.metadata
        }


class _Layouts(dict[type, _Layout]):
    def __missing__(self, cls: type[Any]) -> _Layout:
        made = self[cls] = _Layout(cls)
        return made


_layouts = _Layouts()


class ApiModel:
    """Base of all models: one JSON object, its documented fields as attributes that can be changed."""

    __slots__ = ("additional_properties",)

    additional_properties: dict[str, Any]
    _renamed: ClassVar[Mapping[str, str]] = {}
    """JSON names of the attributes that are called otherwise."""
    _needed: ClassVar[tuple[str, ...]] = ()
    """JSON names without which a response of the service is not of this kind."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Make a model of decoded JSON, unknown fields included.

        Args:
            src_dict: the decoded object. What is inside is shared with the model where it stays as it is.

        Raises:
            TypeError: `src_dict` is not a mapping.
        """
        given: Any = src_dict
        if type(given) is not dict:
            if not _is_mapping(given):
                raise TypeError(
                    f"{cls.__name__}.from_dict takes a mapping, not {_type(given).__name__}"
                )
            given = dict(given)
        return new(cls)._decode(given)

    def _decode(self, d: Any) -> Self:
        # Of an empty model: looking up a class method would take a fifth of the time that this takes.
        raise NotImplementedError  # written out in each model

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object as a copy that can be changed freely.

        Raises:
            ConfigurationError: it is nested too deeply, or contains itself.
        """
        try:
            return {name: plain(value) for name, value in content_of(self).items()}
        except RecursionError:
            pass
        raise ConfigurationError(
            f"a {type(self).__name__} is nested too deeply, or contains itself"
        )

    def _incomplete(self, found: dict[str, Any]) -> Self:
        # Required fields were not sent. They are decoded as UNSET, which every converter hands on, and emptied again.
        layout = _layouts[type(self)]
        absent = [name for name in layout.names if name not in found]
        if not absent:
            raise KeyError(f"a field of {type(self).__name__} that it does not have")
        self._decode({**dict.fromkeys(absent, UNSET), **found})
        for name in absent:
            delattr(self, layout.names[name])
        return self

    def _keep_unknown(self, found: dict[str, Any]) -> None:
        names = _layouts[type(self)].names
        self.additional_properties = unknown = {}
        for name in found:
            if name not in names:
                unknown[name] = found[name]

    def __attrs_post_init__(self) -> None:
        for attribute in _layouts[type(self)].attributes:
            if _read(self, attribute) is UNSET:
                delattr(self, attribute)
        # A copy: attrs.evolve hands over that of the original.
        self.additional_properties = dict(self.additional_properties)

    if not TYPE_CHECKING:  # or every misspelt attribute would have a type

        def __getattr__(self, name: str) -> Any:
            # Called for empty slots only.
            layout = _layouts[type(self)]
            if name == "additional_properties":
                self.additional_properties = unknown = {}
                return unknown
            if name not in layout.attributes:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            if sys._getframe(1).f_code is layout.evolve:
                # attrs.evolve gives what it reads to the constructor, where None would mean null.
                return UNSET
            if name in layout.required:
                raise MissingFieldError(type(self).__name__, layout.attributes[name])
            return None

    def __getitem__(self, name: str) -> Any:
        """Read a field by its JSON name, as it is sent."""
        return plain(content_of(self)[name])

    def __contains__(self, name: object) -> bool:
        return name in content_of(self)

    def __eq__(self, other: object) -> bool:
        if type(other) is type(self):
            return content_of(self) == content_of(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        layout = _layouts[type(self)]
        content = content_of(self)
        parts = [
            f"{attribute}={_shorten(content.pop(name)) if name in content else '<missing>'}"
            for name, attribute in layout.names.items()
            if name in content or attribute in layout.required
        ]
        parts += [f"{name}={_shorten(value)}" for name, value in content.items()]
        return f"{type(self).__name__}({', '.join(parts)})"

    def __reduce__(self) -> tuple[Any, ...]:
        attributes = dict(_present(self, _layouts[type(self)].attributes))
        attributes["additional_properties"] = dict(self.additional_properties)
        return _rebuild, (type(self), attributes)


class StreamItem(ApiModel):
    """Base of the chunks of a stream: what is common to them in every dialect of the service."""

    __slots__ = ()

    choices: Any

    @property
    def text(self) -> str:
        """Return the text that this chunk adds; "" when it adds none."""
        text = ""
        try:
            for choice in self.choices:
                content = choice.delta.content
                if content:
                    text += content if type(content) is str else _text_of(content)
        except (TypeError, AttributeError):
            pass  # a dialect without choices or deltas adds no text
        return text


def _text_of(content: Any) -> str:
    # Some dialects send content as a list of parts.
    parts: list[Any] = [part for part in content if type(part) is dict]
    return "".join(part["text"] for part in parts if type(part.get("text")) is str)


def _present(model: ApiModel, attributes: Iterable[str]) -> Iterable[tuple[str, Any]]:
    for attribute in attributes:
        try:
            value = _read(model, attribute)
        except AttributeError:
            continue
        if value is not UNSET:
            yield attribute, value


def _rebuild(cls: type[M], attributes: dict[str, Any]) -> M:
    self = object.__new__(cls)
    for attribute, value in attributes.items():
        setattr(self, attribute, value)
    return self


def content_of(model: ApiModel) -> dict[str, Any]:
    """Return the fields that are there by their JSON names, values as they are."""
    names = _layouts[type(model)].attributes
    found = {names[attribute]: value for attribute, value in _present(model, names)}
    return {**found, **{k: v for k, v in model.additional_properties.items() if k not in found}}


def _shorten(value: Any) -> str:
    text = repr(value)
    if isinstance(value, str) and len(text) > _REPR_LIMIT:
        return f"{text[: _REPR_LIMIT - 20]}…' ({len(value)} characters)"
    return text


class Timestamp(datetime):
    """An instant that remembers the text it came as, so that sending it back changes nothing."""

    text: str = ""

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (read_datetime, (self.text,)) if self.text else super().__reduce_ex__(protocol)


def plain(value: Any) -> Any:
    """Return the plain JSON form of a value: models, mappings and sequences become new dicts and lists."""
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


def read_model(value: Any, cls: type[ApiModel]) -> Any:
    """Make a model of a mapping. What is none (null, a model, or something unexpected) is handed on as it is."""
    return cls.from_dict(value) if _is_mapping(value) else value


def read_list(value: Any, convert: Callable[[Any], Any]) -> Any:
    """Convert each item of a list; anything else is handed on as it is."""
    if _type(value) is list or _is_sequence(value):
        return [convert(item) for item in value]
    return value


def read_map(value: Any, convert: Callable[[Any], Any]) -> Any:
    """Convert each value of an object used as a map; anything else is handed on as it is."""
    if _is_mapping(value):
        return {name: convert(item) for name, item in value.items()}
    return value


def read_tagged(
    value: Any, tag: str, kinds: Mapping[Any, type[ApiModel]], other: type[ApiModel] | None
) -> Any:
    """Make the member of a union that its tag names; without one it becomes `other`, or stays a plain dict."""
    if _type(value) is dict or _is_mapping(value):
        found = value.get(tag)
        cls = kinds.get(found, other) if type(found) is str else other
        if cls is not None:
            return cls.from_dict(value)
    return value


def read_fitting(value: Any, kinds: Sequence[type[ApiModel]]) -> Any:
    """Make the first member of a union all of whose needed fields are there."""
    if _is_mapping(value):
        for cls in kinds:
            if all(name in value for name in cls._needed):
                return cls.from_dict(value)
    return value


@overload
def read_datetime(value: datetime | str) -> datetime: ...
@overload
def read_datetime(value: None) -> None: ...
def read_datetime(value: Any) -> Any:
    """Read an RFC 3339 instant; a number, null or unreadable text is handed on as it is."""
    if type(value) is str:
        try:
            found = Timestamp.fromisoformat(value)
        except ValueError:
            return value
        found.text = value
        return found
    return value


def moment(value: datetime) -> str:
    """Write an instant for the service: the text it came as, else UTC with `Z`.

    Raises:
        ValueError: the datetime carries no time zone, so the instant meant is not known.
    """
    if isinstance(value, Timestamp) and value.text:
        return value.text
    if value.tzinfo is None:
        raise ValueError(
            f"datetime without a time zone: {value.isoformat()}; give one, for example timezone.utc"
        )
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
