# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ChatCompletionEvent: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ChatCompletionEvent(ApiModel):
    """One server-sent event of a stream. `data` is the JSON text of a chunk, or `[DONE]` at the end."""

    data: Literal["[DONE]"] | str
    """A chunk as JSON text, or `[DONE]` at the end."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("data",)

    def _decode(self, d: Any) -> Self:
        try:
            self.data = d["data"]
        except KeyError:
            return self._incomplete(d)
        known = 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
