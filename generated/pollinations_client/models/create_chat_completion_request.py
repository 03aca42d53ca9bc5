"""CreateChatCompletionRequest: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from .._model import ApiModel, many
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .chat_message import ChatMessage, ChatMessageInput
    from .response_format import ResponseFormat, ResponseFormatInput
    from .text_model_name import TextModelName
    from .tool import Tool, ToolInput
    from .tool_choice import ToolChoice, ToolChoiceInput


class CreateChatCompletionRequest(ApiModel):
    """A conversation and how to continue it. Unknown fields are ignored."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "messages": "messages",
        "model": "model",
        "modalities": "modalities",
        "audio": "audio",
        "frequency_penalty": "frequency_penalty",
        "presence_penalty": "presence_penalty",
        "repetition_penalty": "repetition_penalty",
        "logit_bias": "logit_bias",
        "logprobs": "logprobs",
        "top_logprobs": "top_logprobs",
        "max_tokens": "max_tokens",
        "response_format": "response_format",
        "seed": "seed",
        "stop": "stop",
        "stream": "stream",
        "stream_options": "stream_options",
        "thinking": "thinking",
        "reasoning_effort": "reasoning_effort",
        "thinking_budget": "thinking_budget",
        "temperature": "temperature",
        "top_p": "top_p",
        "tools": "tools",
        "tool_choice": "tool_choice",
        "parallel_tool_calls": "parallel_tool_calls",
        "user": "user",
        "function_call": "function_call",
        "functions": "functions",
    }
    _needed: ClassVar[tuple[str, ...]] = ("messages",)

    def __init__(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | Unset = UNSET,
        modalities: Sequence[Literal["text", "audio"] | str] | Unset = UNSET,
        audio: ChatAudioOptions | Mapping[str, Any] | Unset = UNSET,
        frequency_penalty: float | Unset | None = UNSET,
        presence_penalty: float | Unset | None = UNSET,
        repetition_penalty: float | Unset | None = UNSET,
        logit_bias: Mapping[str, int] | Unset | None = UNSET,
        logprobs: bool | Unset | None = UNSET,
        top_logprobs: int | Unset | None = UNSET,
        max_tokens: int | Unset | None = UNSET,
        response_format: ResponseFormatInput | Unset = UNSET,
        seed: int | Unset | None = UNSET,
        stop: str | Sequence[str] | Unset | None = UNSET,
        stream: bool | Unset | None = UNSET,
        stream_options: StreamOptions | Mapping[str, Any] | Unset | None = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | Unset | None = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | Unset = UNSET,
        thinking_budget: int | Unset = UNSET,
        temperature: float | Unset | None = UNSET,
        top_p: float | Unset | None = UNSET,
        tools: Sequence[ToolInput] | Unset = UNSET,
        tool_choice: ToolChoiceInput | Unset = UNSET,
        parallel_tool_calls: bool | Unset = UNSET,
        user: str | Unset = UNSET,
        function_call: Literal["none", "auto"]
        | str
        | FunctionName
        | Mapping[str, Any]
        | Unset = UNSET,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "messages": messages,
                "model": model,
                "modalities": modalities,
                "audio": audio,
                "frequency_penalty": frequency_penalty,
                "presence_penalty": presence_penalty,
                "repetition_penalty": repetition_penalty,
                "logit_bias": logit_bias,
                "logprobs": logprobs,
                "top_logprobs": top_logprobs,
                "max_tokens": max_tokens,
                "response_format": response_format,
                "seed": seed,
                "stop": stop,
                "stream": stream,
                "stream_options": stream_options,
                "thinking": thinking,
                "reasoning_effort": reasoning_effort,
                "thinking_budget": thinking_budget,
                "temperature": temperature,
                "top_p": top_p,
                "tools": tools,
                "tool_choice": tool_choice,
                "parallel_tool_calls": parallel_tool_calls,
                "user": user,
                "function_call": function_call,
                "functions": functions,
            }
        )

    @property
    def messages(self) -> list[ChatMessage]:
        """The conversation so far, oldest first."""
        value: list[ChatMessage] = many(self._need("messages"), as_chat_message)
        return value

    @property
    def model(self) -> TextModelName | None:
        """Name or alias of a text model, see `/text/models`. The service assumes openai when it is not given."""
        value: TextModelName | None = self._data.get("model")
        return value

    @property
    def modalities(self) -> list[Literal["text", "audio"] | str] | None:
        """What the answer should consist of."""
        value: list[Literal["text", "audio"] | str] | None = self._data.get("modalities")
        return value

    @property
    def audio(self) -> ChatAudioOptions | None:
        """How a spoken answer should sound."""
        value: ChatAudioOptions | None = ChatAudioOptions._view(self._data.get("audio"))
        return value

    @property
    def frequency_penalty(self) -> float | None:
        """Above 0, words become less likely the more often they occurred. From -2 to 2. The service assumes 0
        when it is not given.
        """
        value: float | None = self._data.get("frequency_penalty")
        return value

    @property
    def presence_penalty(self) -> float | None:
        """Above 0, words become less likely once they occurred. From -2 to 2. The service assumes 0 when it is
        not given.
        """
        value: float | None = self._data.get("presence_penalty")
        return value

    @property
    def repetition_penalty(self) -> float | None:
        """Above 1, repetitions become less likely. From 0 to 2."""
        value: float | None = self._data.get("repetition_penalty")
        return value

    @property
    def logit_bias(self) -> dict[str, int] | None:
        """Token ids, and how much more (or less) likely each becomes."""
        value: dict[str, int] | None = self._data.get("logit_bias")
        return value

    @property
    def logprobs(self) -> bool | None:
        """Whether to return the likelihood of each token. The service assumes false when it is not given."""
        value: bool | None = self._data.get("logprobs")
        return value

    @property
    def top_logprobs(self) -> int | None:
        """For how many alternatives of each token, too. From 0 to 20."""
        value: int | None = self._data.get("top_logprobs")
        return value

    @property
    def max_tokens(self) -> int | None:
        """Longest answer, in tokens. From 0."""
        value: int | None = self._data.get("max_tokens")
        return value

    @property
    def response_format(self) -> ResponseFormat | None:
        """What form the answer must have."""
        value: ResponseFormat | None = as_response_format(self._data.get("response_format"))
        return value

    @property
    def seed(self) -> int | None:
        """The same seed and messages give the same answer. -1 asks for a fresh one and skips the cache. From
        -1.
        """
        value: int | None = self._data.get("seed")
        return value

    @property
    def stop(self) -> str | list[str] | None:
        """Up to four texts at which to stop."""
        value: str | list[str] | None = self._data.get("stop")
        return value

    @property
    def stream(self) -> bool | None:
        """Send the answer as server-sent events. The service assumes false when it is not given."""
        value: bool | None = self._data.get("stream")
        return value

    @property
    def stream_options(self) -> StreamOptions | None:
        """Details of a stream."""
        value: StreamOptions | None = StreamOptions._view(self._data.get("stream_options"))
        return value

    @property
    def thinking(self) -> ThinkingOptions | None:
        """Whether and how long to reason before answering."""
        value: ThinkingOptions | None = ThinkingOptions._view(self._data.get("thinking"))
        return value

    @property
    def reasoning_effort(
        self,
    ) -> Literal["none", "minimal", "low", "medium", "high", "xhigh"] | str | None:
        """How much to reason before answering. Reasoning costs tokens."""
        value: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | str | None = (
            self._data.get("reasoning_effort")
        )
        return value

    @property
    def thinking_budget(self) -> int | None:
        """Tokens to reason with at the most; 0 switches reasoning off. From 0."""
        value: int | None = self._data.get("thinking_budget")
        return value

    @property
    def temperature(self) -> float | None:
        """From 0 (strict) to 2 (creative). From 0 to 2. The service assumes 1 when it is not given."""
        value: float | None = self._data.get("temperature")
        return value

    @property
    def top_p(self) -> float | None:
        """Choose among the likeliest tokens that make up this share. From 0 to 1. The service assumes 1 when
        it is not given.
        """
        value: float | None = self._data.get("top_p")
        return value

    @property
    def tools(self) -> list[Tool] | None:
        """Tools the model may call."""
        value: list[Tool] | None = many(self._data.get("tools"), as_tool)
        return value

    @property
    def tool_choice(self) -> ToolChoice | None:
        """Whether to call tools, or which one."""
        value: ToolChoice | None = as_tool_choice(self._data.get("tool_choice"))
        return value

    @property
    def parallel_tool_calls(self) -> bool | None:
        """Whether one answer may call several tools. The service assumes true when it is not given."""
        value: bool | None = self._data.get("parallel_tool_calls")
        return value

    @property
    def user(self) -> str | None:
        """Your name for the end user."""
        value: str | None = self._data.get("user")
        return value

    @property
    def function_call(self) -> Literal["none", "auto"] | str | FunctionName | None:
        """Use `tool_choice`. Deprecated."""
        value: Literal["none", "auto"] | str | FunctionName | None = FunctionName._view(
            self._data.get("function_call")
        )
        return value

    @property
    def functions(self) -> list[LegacyFunction] | None:
        """Use `tools`. Deprecated."""
        value: list[LegacyFunction] | None = LegacyFunction._views(self._data.get("functions"))
        return value


from .chat_audio_options import ChatAudioOptions  # noqa: E402 - below the class, so that models can refer to each other
from .chat_message import as_chat_message  # noqa: E402 - below the class, so that models can refer to each other
from .function_name import FunctionName  # noqa: E402 - below the class, so that models can refer to each other
from .legacy_function import LegacyFunction  # noqa: E402 - below the class, so that models can refer to each other
from .response_format import as_response_format  # noqa: E402 - below the class, so that models can refer to each other
from .stream_options import StreamOptions  # noqa: E402 - below the class, so that models can refer to each other
from .thinking_options import ThinkingOptions  # noqa: E402 - below the class, so that models can refer to each other
from .tool import as_tool  # noqa: E402 - below the class, so that models can refer to each other
from .tool_choice import as_tool_choice  # noqa: E402 - below the class, so that models can refer to each other
