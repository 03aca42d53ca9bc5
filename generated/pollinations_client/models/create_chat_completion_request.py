# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""CreateChatCompletionRequest: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel
from .chat_audio_options import ChatAudioOptions, as_chat_audio_options
from .chat_message import ChatMessage, as_list_of_chat_message
from .function_name import FunctionName, as_function_name
from .legacy_function import LegacyFunction, as_list_of_legacy_function
from .response_format import ResponseFormat, as_response_format
from .stream_options import StreamOptions, as_stream_options
from .text_model_name import TextModelName
from .thinking_options import ThinkingOptions, as_thinking_options
from .tool import Tool, as_list_of_tool
from .tool_choice import ToolChoice, as_tool_choice


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class CreateChatCompletionRequest(ApiModel):
    """A conversation and options for the next message. Unknown fields are ignored."""

    messages: list[ChatMessage] = field(converter=as_list_of_chat_message)
    """The conversation so far, oldest first."""
    model: TextModelName | None = ABSENT
    """Name or alias of a text model, see `/text/models`. The service assumes openai when it is not given."""
    modalities: list[Literal["text", "audio"] | str] | None = ABSENT
    """The modalities of the response."""
    audio: ChatAudioOptions | None = field(default=ABSENT, converter=as_chat_audio_options)
    """Voice and format of a spoken response."""
    frequency_penalty: float | None = ABSENT
    """Above 0, a token becomes less likely the more often it has occurred. From -2 to 2. The service assumes 0
    when it is not given.
    """
    presence_penalty: float | None = ABSENT
    """Above 0, a token becomes less likely once it has occurred. From -2 to 2. The service assumes 0 when it
    is not given.
    """
    repetition_penalty: float | None = ABSENT
    """Above 1, repetitions become less likely. From 0 to 2."""
    logit_bias: dict[str, int] | None = ABSENT
    """Token ids, and by how much each becomes more or less likely."""
    logprobs: bool | None = ABSENT
    """Whether to return the log probability of each token. The service assumes false when it is not given."""
    top_logprobs: int | None = ABSENT
    """For how many alternatives of each token to return the log probability. From 0 to 20."""
    max_tokens: int | None = ABSENT
    """Maximum length of the response in tokens. From 0."""
    response_format: ResponseFormat | None = field(default=ABSENT, converter=as_response_format)
    """The format of the response."""
    seed: int | None = ABSENT
    """The same seed and messages produce the same response. -1 requests a fresh one and skips the cache. From
    -1.
    """
    stop: str | list[str] | None = ABSENT
    """Up to four strings at which generation stops."""
    stream: bool | None = ABSENT
    """Stream the response as server-sent events. The service assumes false when it is not given."""
    stream_options: StreamOptions | None = field(default=ABSENT, converter=as_stream_options)
    """Options of a stream."""
    thinking: ThinkingOptions | None = field(default=ABSENT, converter=as_thinking_options)
    """Whether to reason before responding, and for how many tokens."""
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | str | None = (
        ABSENT
    )
    """How much to reason before responding. Reasoning costs tokens."""
    thinking_budget: int | None = ABSENT
    """Maximum number of reasoning tokens; 0 disables reasoning. From 0."""
    temperature: float | None = ABSENT
    """From 0 (deterministic) to 2 (varied). From 0 to 2. The service assumes 1 when it is not given."""
    top_p: float | None = ABSENT
    """Sample only from the most likely tokens with this cumulative probability. From 0 to 1. The service
    assumes 1 when it is not given.
    """
    tools: list[Tool] | None = field(default=ABSENT, converter=as_list_of_tool)
    """Tools the model may call."""
    tool_choice: ToolChoice | None = field(default=ABSENT, converter=as_tool_choice)
    """Whether to call tools, or which one."""
    parallel_tool_calls: bool | None = ABSENT
    """Whether one response may contain several tool calls. The service assumes true when it is not given."""
    user: str | None = ABSENT
    """Your name for the end user."""
    function_call: Literal["none", "auto"] | FunctionName | str | None = ABSENT
    """Use `tool_choice`. Deprecated."""
    functions: list[LegacyFunction] | None = field(
        default=ABSENT, converter=as_list_of_legacy_function
    )
    """Use `tools`. Deprecated."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("messages",)

    def _decode(self, d: Any) -> Self:
        try:
            self.messages = as_list_of_chat_message(d["messages"])
        except KeyError:
            return self._incomplete(d)
        known = 1
        if "model" in d:
            self.model = d["model"]
            known += 1
        if "modalities" in d:
            self.modalities = d["modalities"]
            known += 1
        if "audio" in d:
            self.audio = as_chat_audio_options(d["audio"])
            known += 1
        if "frequency_penalty" in d:
            self.frequency_penalty = d["frequency_penalty"]
            known += 1
        if "presence_penalty" in d:
            self.presence_penalty = d["presence_penalty"]
            known += 1
        if "repetition_penalty" in d:
            self.repetition_penalty = d["repetition_penalty"]
            known += 1
        if "logit_bias" in d:
            self.logit_bias = d["logit_bias"]
            known += 1
        if "logprobs" in d:
            self.logprobs = d["logprobs"]
            known += 1
        if "top_logprobs" in d:
            self.top_logprobs = d["top_logprobs"]
            known += 1
        if "max_tokens" in d:
            self.max_tokens = d["max_tokens"]
            known += 1
        if "response_format" in d:
            self.response_format = as_response_format(d["response_format"])
            known += 1
        if "seed" in d:
            self.seed = d["seed"]
            known += 1
        if "stop" in d:
            self.stop = d["stop"]
            known += 1
        if "stream" in d:
            self.stream = d["stream"]
            known += 1
        if "stream_options" in d:
            self.stream_options = as_stream_options(d["stream_options"])
            known += 1
        if "thinking" in d:
            self.thinking = as_thinking_options(d["thinking"])
            known += 1
        if "reasoning_effort" in d:
            self.reasoning_effort = d["reasoning_effort"]
            known += 1
        if "thinking_budget" in d:
            self.thinking_budget = d["thinking_budget"]
            known += 1
        if "temperature" in d:
            self.temperature = d["temperature"]
            known += 1
        if "top_p" in d:
            self.top_p = d["top_p"]
            known += 1
        if "tools" in d:
            self.tools = as_list_of_tool(d["tools"])
            known += 1
        if "tool_choice" in d:
            self.tool_choice = as_tool_choice(d["tool_choice"])
            known += 1
        if "parallel_tool_calls" in d:
            self.parallel_tool_calls = d["parallel_tool_calls"]
            known += 1
        if "user" in d:
            self.user = d["user"]
            known += 1
        if "function_call" in d:
            self.function_call = as_function_name(d["function_call"])
            known += 1
        if "functions" in d:
            self.functions = as_list_of_legacy_function(d["functions"])
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
