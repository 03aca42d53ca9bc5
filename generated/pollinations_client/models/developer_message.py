# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""DeveloperMessage: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel
from .cache_control import CacheControl, as_cache_control
from .message_content import MessageContent, as_message_content


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class DeveloperMessage(ApiModel):
    """Sets tone and task, for models that use this role for it."""

    role: Literal["developer"] | str = "developer"
    """The author of the message."""
    content: MessageContent = field(converter=as_message_content)
    """A text, or a list of parts."""
    name: str | None = ABSENT
    """Name of the author."""
    cache_control: CacheControl | None = field(default=ABSENT, converter=as_cache_control)
    """Request that the provider caches the conversation up to here, which makes the next request cheaper."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("role", "content")

    def _decode(self, d: Any) -> Self:
        try:
            self.role = d["role"]
            self.content = as_message_content(d["content"])
        except KeyError:
            return self._incomplete(d)
        known = 2
        if "name" in d:
            self.name = d["name"]
            known += 1
        if "cache_control" in d:
            self.cache_control = as_cache_control(d["cache_control"])
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
