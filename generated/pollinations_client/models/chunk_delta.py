# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ChunkDelta: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model
from .chat_audio_delta import ChatAudioDelta, as_chat_audio_delta
from .content_block_delta import ContentBlockDelta, as_list_of_content_block_delta
from .function_call_delta import FunctionCallDelta, as_function_call_delta
from .tool_call_delta import ToolCallDelta, as_list_of_tool_call_delta


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ChunkDelta(ApiModel):
    """What this chunk adds to the message."""

    role: str | None = ABSENT
    """`assistant`, in the first chunk or in all."""
    content: str | None = ABSENT
    """Text to append."""
    reasoning_content: str | None = ABSENT
    """Reasoning to append."""
    tool_calls: list[ToolCallDelta] | None = field(
        default=ABSENT, converter=as_list_of_tool_call_delta
    )
    """Pieces of tool calls."""
    function_call: FunctionCallDelta | None = field(
        default=ABSENT, converter=as_function_call_delta
    )
    """A call in the legacy format. Deprecated."""
    content_blocks: list[ContentBlockDelta] | None = field(
        default=ABSENT, converter=as_list_of_content_block_delta
    )
    """Pieces of content blocks."""
    audio: ChatAudioDelta | None = field(default=ABSENT, converter=as_chat_audio_delta)
    """A piece of the spoken response."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    def _decode(self, d: Any) -> Self:
        known = 0
        if "role" in d:
            self.role = d["role"]
            known += 1
        if "content" in d:
            self.content = d["content"]
            known += 1
        if "reasoning_content" in d:
            self.reasoning_content = d["reasoning_content"]
            known += 1
        if "tool_calls" in d:
            self.tool_calls = as_list_of_tool_call_delta(d["tool_calls"])
            known += 1
        if "function_call" in d:
            self.function_call = as_function_call_delta(d["function_call"])
            known += 1
        if "content_blocks" in d:
            self.content_blocks = as_list_of_content_block_delta(d["content_blocks"])
            known += 1
        if "audio" in d:
            self.audio = as_chat_audio_delta(d["audio"])
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_chunk_delta(value: ChunkDelta | Mapping[str, Any]) -> ChunkDelta: ...
@overload
def as_chunk_delta(value: None) -> None: ...
def as_chunk_delta(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ChunkDelta)._decode(value)
    return None if value is None else read_model(value, ChunkDelta)
