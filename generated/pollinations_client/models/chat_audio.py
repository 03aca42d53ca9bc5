# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ChatAudio: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ChatAudio(ApiModel):
    """A spoken response."""

    transcript: str
    """The transcript."""
    data: str
    """The audio in base64, in the requested format."""
    id: str | None = ABSENT
    """Id of the audio at the provider."""
    expires_at: int | None = ABSENT
    """When the provider deletes it, in seconds since 1970."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("transcript", "data")

    def _decode(self, d: Any) -> Self:
        try:
            self.transcript = d["transcript"]
            self.data = d["data"]
        except KeyError:
            return self._incomplete(d)
        known = 2
        if "id" in d:
            self.id = d["id"]
            known += 1
        if "expires_at" in d:
            self.expires_at = d["expires_at"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_chat_audio(value: ChatAudio | Mapping[str, Any]) -> ChatAudio: ...
@overload
def as_chat_audio(value: None) -> None: ...
def as_chat_audio(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ChatAudio)._decode(value)
    return None if value is None else read_model(value, ChatAudio)
