# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""FileReference: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class FileReference(ApiModel):
    """The document itself, or its URL."""

    file_data: str | None = ABSENT
    """The document in base64."""
    file_id: str | None = ABSENT
    """Id assigned by the provider."""
    file_name: str | None = ABSENT
    """File name with extension."""
    file_url: str | None = ABSENT
    """URL."""
    mime_type: str | None = ABSENT
    """Media type, e.g. `application/pdf`."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    def _decode(self, d: Any) -> Self:
        known = 0
        if "file_data" in d:
            self.file_data = d["file_data"]
            known += 1
        if "file_id" in d:
            self.file_id = d["file_id"]
            known += 1
        if "file_name" in d:
            self.file_name = d["file_name"]
            known += 1
        if "file_url" in d:
            self.file_url = d["file_url"]
            known += 1
        if "mime_type" in d:
            self.mime_type = d["mime_type"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_file_reference(value: FileReference | Mapping[str, Any]) -> FileReference: ...
@overload
def as_file_reference(value: None) -> None: ...
def as_file_reference(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(FileReference)._decode(value)
    return None if value is None else read_model(value, FileReference)
