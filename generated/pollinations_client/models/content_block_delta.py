# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ContentBlockDelta: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_list, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ContentBlockDelta(ApiModel):
    """A piece of the content block with this index."""

    index: int | None = ABSENT
    """Index of the block. From 0."""
    type: str | None = ABSENT
    """Type of the block, where given."""
    delta: dict[str, Any] | None = ABSENT
    """What to append, e.g. `text`."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    def _decode(self, d: Any) -> Self:
        known = 0
        if "index" in d:
            self.index = d["index"]
            known += 1
        if "type" in d:
            self.type = d["type"]
            known += 1
        if "delta" in d:
            self.delta = d["delta"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_content_block_delta(value: ContentBlockDelta | Mapping[str, Any]) -> ContentBlockDelta: ...
@overload
def as_content_block_delta(value: None) -> None: ...
def as_content_block_delta(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ContentBlockDelta)._decode(value)
    return None if value is None else read_model(value, ContentBlockDelta)


@overload
def as_list_of_content_block_delta(
    value: Sequence[ContentBlockDelta | Mapping[str, Any]],
) -> list[ContentBlockDelta]: ...
@overload
def as_list_of_content_block_delta(value: None) -> None: ...
def as_list_of_content_block_delta(value: Any) -> Any:
    """Make models of the mappings in a list; anything else is handed on as it is."""
    if type(value) is list:
        return [
            new(ContentBlockDelta)._decode(i)
            if type(i) is dict
            else read_model(i, ContentBlockDelta)
            for i in value
        ]
    return read_list(value, as_content_block_delta)
