# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""AssistantRequestMessage: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel
from .cache_control import CacheControl, as_cache_control
from .function_call import FunctionCall, as_function_call
from .message_content import MessageContent, as_message_content
from .tool_call import ToolCall, as_list_of_tool_call


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class AssistantRequestMessage(ApiModel):
    """An earlier message of the model. Content may be missing when it called tools."""

    role: Literal["assistant"] | str = "assistant"
    """The author of the message."""
    content: MessageContent | None = field(default=ABSENT, converter=as_message_content)
    """The text, or a list of parts; null or missing when it called tools."""
    name: str | None = ABSENT
    """Name of the author."""
    tool_calls: list[ToolCall] | None = field(default=ABSENT, converter=as_list_of_tool_call)
    """The tools that it called."""
    function_call: FunctionCall | None = field(default=ABSENT, converter=as_function_call)
    """A call in the legacy format. Deprecated."""
    cache_control: CacheControl | None = field(default=ABSENT, converter=as_cache_control)
    """Request that the provider caches the conversation up to here, which makes the next request cheaper."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("role",)

    def _decode(self, d: Any) -> Self:
        try:
            self.role = d["role"]
        except KeyError:
            return self._incomplete(d)
        known = 1
        if "content" in d:
            self.content = as_message_content(d["content"])
            known += 1
        if "name" in d:
            self.name = d["name"]
            known += 1
        if "tool_calls" in d:
            self.tool_calls = as_list_of_tool_call(d["tool_calls"])
            known += 1
        if "function_call" in d:
            self.function_call = as_function_call(d["function_call"])
            known += 1
        if "cache_control" in d:
            self.cache_control = as_cache_control(d["cache_control"])
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
