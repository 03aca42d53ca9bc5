# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""AssistantMessage: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model
from .chat_audio import ChatAudio, as_chat_audio
from .content_block import ContentBlock, as_list_of_content_block
from .function_call import FunctionCall, as_function_call
from .tool_call import ToolCall, as_list_of_tool_call


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class AssistantMessage(ApiModel):
    """A message of the model."""

    role: Literal["assistant"] | str = "assistant"
    """The author of the message."""
    content: str | None = ABSENT
    """The text; null, empty or missing when there is none."""
    tool_calls: list[ToolCall] | None = field(default=ABSENT, converter=as_list_of_tool_call)
    """Tools to call; null or empty when there are none."""
    function_call: FunctionCall | None = field(default=ABSENT, converter=as_function_call)
    """A call in the legacy format. Deprecated."""
    content_blocks: list[ContentBlock] | None = field(
        default=ABSENT, converter=as_list_of_content_block
    )
    """The content in blocks, with images and reasoning, from some models."""
    audio: ChatAudio | None = field(default=ABSENT, converter=as_chat_audio)
    """The spoken response."""
    reasoning_content: str | None = ABSENT
    """The model's reasoning before its response."""
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
            self.content = d["content"]
            known += 1
        if "tool_calls" in d:
            self.tool_calls = as_list_of_tool_call(d["tool_calls"])
            known += 1
        if "function_call" in d:
            self.function_call = as_function_call(d["function_call"])
            known += 1
        if "content_blocks" in d:
            self.content_blocks = as_list_of_content_block(d["content_blocks"])
            known += 1
        if "audio" in d:
            self.audio = as_chat_audio(d["audio"])
            known += 1
        if "reasoning_content" in d:
            self.reasoning_content = d["reasoning_content"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_assistant_message(value: AssistantMessage | Mapping[str, Any]) -> AssistantMessage: ...
@overload
def as_assistant_message(value: None) -> None: ...
def as_assistant_message(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(AssistantMessage)._decode(value)
    return None if value is None else read_model(value, AssistantMessage)
