# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""InputAudio: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class InputAudio(ApiModel):
    """The audio data."""

    data: str
    """The file in base64."""
    format: Literal["wav", "mp3", "flac", "opus", "pcm16"] | str
    """Format of the file."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("data", "format")

    def _decode(self, d: Any) -> Self:
        try:
            self.data = d["data"]
            self.format = d["format"]
        except KeyError:
            return self._incomplete(d)
        known = 2
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_input_audio(value: InputAudio | Mapping[str, Any]) -> InputAudio: ...
@overload
def as_input_audio(value: None) -> None: ...
def as_input_audio(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(InputAudio)._decode(value)
    return None if value is None else read_model(value, InputAudio)
