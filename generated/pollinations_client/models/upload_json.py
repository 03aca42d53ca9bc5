# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""UploadJson: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class UploadJson(ApiModel):
    """A file as base64."""

    data: str
    """The bytes in base64, with or without the prefix of a data URI."""
    content_type: str
    """Type of the file."""
    name: str | None = ABSENT
    """Name of the file."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _renamed: ClassVar[Mapping[str, str]] = {"content_type": "contentType"}
    _needed: ClassVar[tuple[str, ...]] = ("data", "contentType")

    def _decode(self, d: Any) -> Self:
        try:
            self.data = d["data"]
            self.content_type = d["contentType"]
        except KeyError:
            return self._incomplete(d)
        known = 2
        if "name" in d:
            self.name = d["name"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
