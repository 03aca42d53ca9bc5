# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ThinkingOptions: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ThinkingOptions(ApiModel):
    """Whether to reason before responding, and for how many tokens."""

    type: Literal["enabled", "disabled"] | str | None = ABSENT
    """Whether to reason. The service assumes disabled when it is not given."""
    budget_tokens: int | None = ABSENT
    """Maximum number of reasoning tokens. From 1."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    def _decode(self, d: Any) -> Self:
        known = 0
        if "type" in d:
            self.type = d["type"]
            known += 1
        if "budget_tokens" in d:
            self.budget_tokens = d["budget_tokens"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_thinking_options(value: ThinkingOptions | Mapping[str, Any]) -> ThinkingOptions: ...
@overload
def as_thinking_options(value: None) -> None: ...
def as_thinking_options(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ThinkingOptions)._decode(value)
    return None if value is None else read_model(value, ThinkingOptions)
