# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""InputAudioPart: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel
from .cache_control import CacheControl, as_cache_control
from .input_audio import InputAudio, as_input_audio


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class InputAudioPart(ApiModel):
    """Audio."""

    type: Literal["input_audio"] | str = "input_audio"
    input_audio: InputAudio = field(converter=as_input_audio)
    """The audio data."""
    cache_control: CacheControl | None = field(default=ABSENT, converter=as_cache_control)
    """Request that the provider caches the conversation up to here, which makes the next request cheaper."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("type", "input_audio")

    def _decode(self, d: Any) -> Self:
        try:
            self.type = d["type"]
            self.input_audio = as_input_audio(d["input_audio"])
        except KeyError:
            return self._incomplete(d)
        known = 2
        if "cache_control" in d:
            self.cache_control = as_cache_control(d["cache_control"])
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
