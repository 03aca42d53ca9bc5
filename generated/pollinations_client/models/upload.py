# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""Upload: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class Upload(ApiModel):
    """A stored file."""

    id: str
    """First 16 hexadecimal digits of the SHA-256 of the bytes."""
    url: str
    """URL of the file, ending in the id."""
    content_type: str
    """Type of the file as it was first uploaded."""
    size: int
    """Size in bytes. From 0."""
    duplicate: bool
    """Whether the same bytes were stored before."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _renamed: ClassVar[Mapping[str, str]] = {"content_type": "contentType"}
    _needed: ClassVar[tuple[str, ...]] = ("id", "url", "contentType", "size", "duplicate")

    def _decode(self, d: Any) -> Self:
        try:
            self.id = d["id"]
            self.url = d["url"]
            self.content_type = d["contentType"]
            self.size = d["size"]
            self.duplicate = d["duplicate"]
        except KeyError:
            return self._incomplete(d)
        known = 5
        if len(d) != known:
            self._keep_unknown(d)
        return self
