# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ChatAudioDelta: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ChatAudioDelta(ApiModel):
    """A piece of a spoken response."""

    id: str | None = ABSENT
    """Id of the audio at the provider."""
    data: str | None = ABSENT
    """Audio in base64 to append."""
    transcript: str | None = ABSENT
    """Transcript to append."""
    expires_at: int | None = ABSENT
    """When the provider deletes it, in seconds since 1970."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    def _decode(self, d: Any) -> Self:
        known = 0
        if "id" in d:
            self.id = d["id"]
            known += 1
        if "data" in d:
            self.data = d["data"]
            known += 1
        if "transcript" in d:
            self.transcript = d["transcript"]
            known += 1
        if "expires_at" in d:
            self.expires_at = d["expires_at"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_chat_audio_delta(value: ChatAudioDelta | Mapping[str, Any]) -> ChatAudioDelta: ...
@overload
def as_chat_audio_delta(value: None) -> None: ...
def as_chat_audio_delta(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ChatAudioDelta)._decode(value)
    return None if value is None else read_model(value, ChatAudioDelta)
