"""Resources below `client.chat`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, overload

from .._operation import Options
from .._resource import AsyncResource, Resource, as_async_open, as_async_raw, as_open, as_raw
from ..api.chat import create_chat_completion, create_chat_completion_legacy
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .._core import AsyncCore, SyncCore
    from .._http import Timeout
    from .._streams import AsyncStream, Stream
    from ..models.chat_audio_options import ChatAudioOptions
    from ..models.chat_completion import ChatCompletion
    from ..models.chat_completion_chunk import ChatCompletionChunk
    from ..models.chat_message import ChatMessageInput
    from ..models.function_name import FunctionName
    from ..models.legacy_function import LegacyFunction
    from ..models.response_format import ResponseFormatInput
    from ..models.stream_options import StreamOptions
    from ..models.text_model_name import TextModelName
    from ..models.thinking_options import ThinkingOptions
    from ..models.tool import ToolInput
    from ..models.tool_choice import ToolChoiceInput


class ChatCompletionsResource(Resource):
    """Chat completions."""

    @overload
    def create(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: Literal[False] | None | Unset = UNSET,
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> ChatCompletion: ...

    @overload
    def create(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: Literal[True],
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Stream[ChatCompletionChunk, ChatCompletion]: ...

    @overload
    def create(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: bool | Unset | None,
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> ChatCompletion | Stream[ChatCompletionChunk, ChatCompletion]: ...

    def create(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: bool | None | Unset = UNSET,
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> ChatCompletion | Stream[ChatCompletionChunk, ChatCompletion]:
        """Create a chat completion.

        Send the messages of a conversation and receive the next one, in the format of OpenAI's chat
        completions. Models of many providers are behind it, so responses differ in detail: expect
        additional fields, any text as `finish_reason`, and `content` that is null or missing when the model
        calls a tool.

        With `stream: true` the response is a stream of server-sent events, each with one
        `ChatCompletionChunk`, ended by the event `[DONE]`. Errors that occur before the first event are
        ordinary JSON errors.

        **Cost.** Pollen per token, at the prices of `/text/models`. The response to a repeated
        request with the same body comes from the cache, free of charge, unless `seed` is -1.

        Args:
            messages: The conversation so far, oldest first.
            model: Name or alias of a text model, see `/text/models`. The service assumes openai when it is
                not given.
            modalities: The modalities of the response.
            audio: Voice and format of a spoken response.
            frequency_penalty: Above 0, a token becomes less likely the more often it has occurred. From -2
                to 2. The service assumes 0 when it is not given.
            presence_penalty: Above 0, a token becomes less likely once it has occurred. From -2 to 2. The
                service assumes 0 when it is not given.
            repetition_penalty: Above 1, repetitions become less likely. From 0 to 2.
            logit_bias: Token ids, and by how much each becomes more or less likely.
            logprobs: Whether to return the log probability of each token. The service assumes false when it
                is not given.
            top_logprobs: For how many alternatives of each token to return the log probability. From 0 to
                20.
            max_tokens: Maximum length of the response in tokens. From 0.
            response_format: The format of the response.
            seed: The same seed and messages produce the same response. -1 requests a fresh one and skips
                the cache. From -1.
            stop: Up to four strings at which generation stops.
            stream: Stream the response as server-sent events. The service assumes false when it is not
                given.
            stream_options: Options of a stream.
            thinking: Whether to reason before responding, and for how many tokens.
            reasoning_effort: How much to reason before responding. Reasoning costs tokens.
            thinking_budget: Maximum number of reasoning tokens; 0 disables reasoning. From 0.
            temperature: From 0 (deterministic) to 2 (varied). From 0 to 2. The service assumes 1 when it is
                not given.
            top_p: Sample only from the most likely tokens with this cumulative probability. From 0 to 1.
                The service assumes 1 when it is not given.
            tools: Tools the model may call.
            tool_choice: Whether to call tools, or which one.
            parallel_tool_calls: Whether one response may contain several tool calls. The service assumes
                true when it is not given.
            user: Your name for the end user.
            function_call: Use `tool_choice`. Deprecated.
            functions: Use `tools`. Deprecated.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            extra_body: Fields to add to the body.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response. With `stream=True` a stream of typed chunks.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: ChatCompletion | Stream[ChatCompletionChunk, ChatCompletion] = self._core.call(
            **create_chat_completion.get_kwargs(
                body={
                    "messages": messages,
                    "model": model if model is not None else UNSET,
                    "modalities": modalities if modalities is not None else UNSET,
                    "audio": audio if audio is not None else UNSET,
                    "frequency_penalty": frequency_penalty,
                    "presence_penalty": presence_penalty,
                    "repetition_penalty": repetition_penalty,
                    "logit_bias": logit_bias,
                    "logprobs": logprobs,
                    "top_logprobs": top_logprobs,
                    "max_tokens": max_tokens,
                    "response_format": response_format if response_format is not None else UNSET,
                    "seed": seed,
                    "stop": stop,
                    "stream": stream,
                    "stream_options": stream_options,
                    "thinking": thinking,
                    "reasoning_effort": reasoning_effort if reasoning_effort is not None else UNSET,
                    "thinking_budget": thinking_budget if thinking_budget is not None else UNSET,
                    "temperature": temperature,
                    "top_p": top_p,
                    "tools": tools if tools is not None else UNSET,
                    "tool_choice": tool_choice if tool_choice is not None else UNSET,
                    "parallel_tool_calls": parallel_tool_calls
                    if parallel_tool_calls is not None
                    else UNSET,
                    "user": user if user is not None else UNSET,
                    "function_call": function_call if function_call is not None else UNSET,
                    "functions": functions if functions is not None else UNSET,
                },
            ),
            options=Options(
                headers=extra_headers,
                query=extra_query,
                body=extra_body,
                timeout=timeout,
                max_retries=max_retries,
            ),
            mode=self._mode,
        )
        return result

    @overload
    def create_legacy(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: Literal[False] | None | Unset = UNSET,
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> ChatCompletion: ...

    @overload
    def create_legacy(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: Literal[True],
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Stream[ChatCompletionChunk, ChatCompletion]: ...

    @overload
    def create_legacy(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: bool | Unset | None,
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> ChatCompletion | Stream[ChatCompletionChunk, ChatCompletion]: ...

    def create_legacy(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: bool | None | Unset = UNSET,
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> ChatCompletion | Stream[ChatCompletionChunk, ChatCompletion]:
        """Create a chat completion (legacy path).

        The same as `POST /v1/chat/completions`, at its former path and at the same cost. Use the new path:
        this one may no longer exist.

        Deprecated by the service.

        Args:
            messages: The conversation so far, oldest first.
            model: Name or alias of a text model, see `/text/models`. The service assumes openai when it is
                not given.
            modalities: The modalities of the response.
            audio: Voice and format of a spoken response.
            frequency_penalty: Above 0, a token becomes less likely the more often it has occurred. From -2
                to 2. The service assumes 0 when it is not given.
            presence_penalty: Above 0, a token becomes less likely once it has occurred. From -2 to 2. The
                service assumes 0 when it is not given.
            repetition_penalty: Above 1, repetitions become less likely. From 0 to 2.
            logit_bias: Token ids, and by how much each becomes more or less likely.
            logprobs: Whether to return the log probability of each token. The service assumes false when it
                is not given.
            top_logprobs: For how many alternatives of each token to return the log probability. From 0 to
                20.
            max_tokens: Maximum length of the response in tokens. From 0.
            response_format: The format of the response.
            seed: The same seed and messages produce the same response. -1 requests a fresh one and skips
                the cache. From -1.
            stop: Up to four strings at which generation stops.
            stream: Stream the response as server-sent events. The service assumes false when it is not
                given.
            stream_options: Options of a stream.
            thinking: Whether to reason before responding, and for how many tokens.
            reasoning_effort: How much to reason before responding. Reasoning costs tokens.
            thinking_budget: Maximum number of reasoning tokens; 0 disables reasoning. From 0.
            temperature: From 0 (deterministic) to 2 (varied). From 0 to 2. The service assumes 1 when it is
                not given.
            top_p: Sample only from the most likely tokens with this cumulative probability. From 0 to 1.
                The service assumes 1 when it is not given.
            tools: Tools the model may call.
            tool_choice: Whether to call tools, or which one.
            parallel_tool_calls: Whether one response may contain several tool calls. The service assumes
                true when it is not given.
            user: Your name for the end user.
            function_call: Use `tool_choice`. Deprecated.
            functions: Use `tools`. Deprecated.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            extra_body: Fields to add to the body.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response. With `stream=True` a stream of typed chunks.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: ChatCompletion | Stream[ChatCompletionChunk, ChatCompletion] = self._core.call(
            **create_chat_completion_legacy.get_kwargs(
                body={
                    "messages": messages,
                    "model": model if model is not None else UNSET,
                    "modalities": modalities if modalities is not None else UNSET,
                    "audio": audio if audio is not None else UNSET,
                    "frequency_penalty": frequency_penalty,
                    "presence_penalty": presence_penalty,
                    "repetition_penalty": repetition_penalty,
                    "logit_bias": logit_bias,
                    "logprobs": logprobs,
                    "top_logprobs": top_logprobs,
                    "max_tokens": max_tokens,
                    "response_format": response_format if response_format is not None else UNSET,
                    "seed": seed,
                    "stop": stop,
                    "stream": stream,
                    "stream_options": stream_options,
                    "thinking": thinking,
                    "reasoning_effort": reasoning_effort if reasoning_effort is not None else UNSET,
                    "thinking_budget": thinking_budget if thinking_budget is not None else UNSET,
                    "temperature": temperature,
                    "top_p": top_p,
                    "tools": tools if tools is not None else UNSET,
                    "tool_choice": tool_choice if tool_choice is not None else UNSET,
                    "parallel_tool_calls": parallel_tool_calls
                    if parallel_tool_calls is not None
                    else UNSET,
                    "user": user if user is not None else UNSET,
                    "function_call": function_call if function_call is not None else UNSET,
                    "functions": functions if functions is not None else UNSET,
                },
            ),
            options=Options(
                headers=extra_headers,
                query=extra_query,
                body=extra_body,
                timeout=timeout,
                max_retries=max_retries,
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> ChatCompletionsResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return ChatCompletionsResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> ChatCompletionsResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `with`."""
        return ChatCompletionsResourceWithStreamingResponse(self._core)


class ChatCompletionsResourceWithRawResponse:
    """Methods of `ChatCompletionsResource` that return the whole response."""

    def __init__(self, core: SyncCore) -> None:
        resource = ChatCompletionsResource(core, "raw")
        self.create = as_raw(resource.create)
        self.create_legacy = as_raw(resource.create_legacy)


class ChatCompletionsResourceWithStreamingResponse:
    """Methods of `ChatCompletionsResource` whose response is read piece by piece."""

    def __init__(self, core: SyncCore) -> None:
        resource = ChatCompletionsResource(core, "open")
        self.create = as_open(resource.create)
        self.create_legacy = as_open(resource.create_legacy)


class ChatResource(Resource):
    """Conversations in the format of OpenAI's chat completions. Costs pollen per token."""

    @cached_property
    def completions(self) -> ChatCompletionsResource:
        """Chat completions."""
        return ChatCompletionsResource(self._core)


class AsyncChatCompletionsResource(AsyncResource):
    """Chat completions."""

    @overload
    async def create(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: Literal[False] | None | Unset = UNSET,
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> ChatCompletion: ...

    @overload
    async def create(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: Literal[True],
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> AsyncStream[ChatCompletionChunk, ChatCompletion]: ...

    @overload
    async def create(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: bool | Unset | None,
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> ChatCompletion | AsyncStream[ChatCompletionChunk, ChatCompletion]: ...

    async def create(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: bool | None | Unset = UNSET,
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> ChatCompletion | AsyncStream[ChatCompletionChunk, ChatCompletion]:
        """Create a chat completion.

        Send the messages of a conversation and receive the next one, in the format of OpenAI's chat
        completions. Models of many providers are behind it, so responses differ in detail: expect
        additional fields, any text as `finish_reason`, and `content` that is null or missing when the model
        calls a tool.

        With `stream: true` the response is a stream of server-sent events, each with one
        `ChatCompletionChunk`, ended by the event `[DONE]`. Errors that occur before the first event are
        ordinary JSON errors.

        **Cost.** Pollen per token, at the prices of `/text/models`. The response to a repeated
        request with the same body comes from the cache, free of charge, unless `seed` is -1.

        Args:
            messages: The conversation so far, oldest first.
            model: Name or alias of a text model, see `/text/models`. The service assumes openai when it is
                not given.
            modalities: The modalities of the response.
            audio: Voice and format of a spoken response.
            frequency_penalty: Above 0, a token becomes less likely the more often it has occurred. From -2
                to 2. The service assumes 0 when it is not given.
            presence_penalty: Above 0, a token becomes less likely once it has occurred. From -2 to 2. The
                service assumes 0 when it is not given.
            repetition_penalty: Above 1, repetitions become less likely. From 0 to 2.
            logit_bias: Token ids, and by how much each becomes more or less likely.
            logprobs: Whether to return the log probability of each token. The service assumes false when it
                is not given.
            top_logprobs: For how many alternatives of each token to return the log probability. From 0 to
                20.
            max_tokens: Maximum length of the response in tokens. From 0.
            response_format: The format of the response.
            seed: The same seed and messages produce the same response. -1 requests a fresh one and skips
                the cache. From -1.
            stop: Up to four strings at which generation stops.
            stream: Stream the response as server-sent events. The service assumes false when it is not
                given.
            stream_options: Options of a stream.
            thinking: Whether to reason before responding, and for how many tokens.
            reasoning_effort: How much to reason before responding. Reasoning costs tokens.
            thinking_budget: Maximum number of reasoning tokens; 0 disables reasoning. From 0.
            temperature: From 0 (deterministic) to 2 (varied). From 0 to 2. The service assumes 1 when it is
                not given.
            top_p: Sample only from the most likely tokens with this cumulative probability. From 0 to 1.
                The service assumes 1 when it is not given.
            tools: Tools the model may call.
            tool_choice: Whether to call tools, or which one.
            parallel_tool_calls: Whether one response may contain several tool calls. The service assumes
                true when it is not given.
            user: Your name for the end user.
            function_call: Use `tool_choice`. Deprecated.
            functions: Use `tools`. Deprecated.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            extra_body: Fields to add to the body.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response. With `stream=True` an asynchronous stream of typed chunks.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: (
            ChatCompletion | AsyncStream[ChatCompletionChunk, ChatCompletion]
        ) = await self._core.call(
            **create_chat_completion.get_kwargs(
                body={
                    "messages": messages,
                    "model": model if model is not None else UNSET,
                    "modalities": modalities if modalities is not None else UNSET,
                    "audio": audio if audio is not None else UNSET,
                    "frequency_penalty": frequency_penalty,
                    "presence_penalty": presence_penalty,
                    "repetition_penalty": repetition_penalty,
                    "logit_bias": logit_bias,
                    "logprobs": logprobs,
                    "top_logprobs": top_logprobs,
                    "max_tokens": max_tokens,
                    "response_format": response_format if response_format is not None else UNSET,
                    "seed": seed,
                    "stop": stop,
                    "stream": stream,
                    "stream_options": stream_options,
                    "thinking": thinking,
                    "reasoning_effort": reasoning_effort if reasoning_effort is not None else UNSET,
                    "thinking_budget": thinking_budget if thinking_budget is not None else UNSET,
                    "temperature": temperature,
                    "top_p": top_p,
                    "tools": tools if tools is not None else UNSET,
                    "tool_choice": tool_choice if tool_choice is not None else UNSET,
                    "parallel_tool_calls": parallel_tool_calls
                    if parallel_tool_calls is not None
                    else UNSET,
                    "user": user if user is not None else UNSET,
                    "function_call": function_call if function_call is not None else UNSET,
                    "functions": functions if functions is not None else UNSET,
                },
            ),
            options=Options(
                headers=extra_headers,
                query=extra_query,
                body=extra_body,
                timeout=timeout,
                max_retries=max_retries,
            ),
            mode=self._mode,
        )
        return result

    @overload
    async def create_legacy(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: Literal[False] | None | Unset = UNSET,
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> ChatCompletion: ...

    @overload
    async def create_legacy(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: Literal[True],
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> AsyncStream[ChatCompletionChunk, ChatCompletion]: ...

    @overload
    async def create_legacy(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: bool | Unset | None,
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> ChatCompletion | AsyncStream[ChatCompletionChunk, ChatCompletion]: ...

    async def create_legacy(
        self,
        *,
        messages: Sequence[ChatMessageInput],
        model: TextModelName | None = None,
        modalities: Sequence[Literal["text", "audio"] | str] | None = None,
        audio: ChatAudioOptions | Mapping[str, Any] | None = None,
        frequency_penalty: float | None | Unset = UNSET,
        presence_penalty: float | None | Unset = UNSET,
        repetition_penalty: float | None | Unset = UNSET,
        logit_bias: Mapping[str, int] | None | Unset = UNSET,
        logprobs: bool | None | Unset = UNSET,
        top_logprobs: int | None | Unset = UNSET,
        max_tokens: int | None | Unset = UNSET,
        response_format: ResponseFormatInput | None = None,
        seed: int | None | Unset = UNSET,
        stop: str | Sequence[str] | None | Unset = UNSET,
        stream: bool | None | Unset = UNSET,
        stream_options: StreamOptions | Mapping[str, Any] | None | Unset = UNSET,
        thinking: ThinkingOptions | Mapping[str, Any] | None | Unset = UNSET,
        reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"]
        | str
        | None = None,
        thinking_budget: int | None = None,
        temperature: float | None | Unset = UNSET,
        top_p: float | None | Unset = UNSET,
        tools: Sequence[ToolInput] | None = None,
        tool_choice: ToolChoiceInput | None = None,
        parallel_tool_calls: bool | None = None,
        user: str | None = None,
        function_call: Literal["none", "auto"]
        | FunctionName
        | Mapping[str, Any]
        | str
        | None = None,
        functions: Sequence[LegacyFunction | Mapping[str, Any]] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> ChatCompletion | AsyncStream[ChatCompletionChunk, ChatCompletion]:
        """Create a chat completion (legacy path).

        The same as `POST /v1/chat/completions`, at its former path and at the same cost. Use the new path:
        this one may no longer exist.

        Deprecated by the service.

        Args:
            messages: The conversation so far, oldest first.
            model: Name or alias of a text model, see `/text/models`. The service assumes openai when it is
                not given.
            modalities: The modalities of the response.
            audio: Voice and format of a spoken response.
            frequency_penalty: Above 0, a token becomes less likely the more often it has occurred. From -2
                to 2. The service assumes 0 when it is not given.
            presence_penalty: Above 0, a token becomes less likely once it has occurred. From -2 to 2. The
                service assumes 0 when it is not given.
            repetition_penalty: Above 1, repetitions become less likely. From 0 to 2.
            logit_bias: Token ids, and by how much each becomes more or less likely.
            logprobs: Whether to return the log probability of each token. The service assumes false when it
                is not given.
            top_logprobs: For how many alternatives of each token to return the log probability. From 0 to
                20.
            max_tokens: Maximum length of the response in tokens. From 0.
            response_format: The format of the response.
            seed: The same seed and messages produce the same response. -1 requests a fresh one and skips
                the cache. From -1.
            stop: Up to four strings at which generation stops.
            stream: Stream the response as server-sent events. The service assumes false when it is not
                given.
            stream_options: Options of a stream.
            thinking: Whether to reason before responding, and for how many tokens.
            reasoning_effort: How much to reason before responding. Reasoning costs tokens.
            thinking_budget: Maximum number of reasoning tokens; 0 disables reasoning. From 0.
            temperature: From 0 (deterministic) to 2 (varied). From 0 to 2. The service assumes 1 when it is
                not given.
            top_p: Sample only from the most likely tokens with this cumulative probability. From 0 to 1.
                The service assumes 1 when it is not given.
            tools: Tools the model may call.
            tool_choice: Whether to call tools, or which one.
            parallel_tool_calls: Whether one response may contain several tool calls. The service assumes
                true when it is not given.
            user: Your name for the end user.
            function_call: Use `tool_choice`. Deprecated.
            functions: Use `tools`. Deprecated.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            extra_body: Fields to add to the body.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response. With `stream=True` an asynchronous stream of typed chunks.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: (
            ChatCompletion | AsyncStream[ChatCompletionChunk, ChatCompletion]
        ) = await self._core.call(
            **create_chat_completion_legacy.get_kwargs(
                body={
                    "messages": messages,
                    "model": model if model is not None else UNSET,
                    "modalities": modalities if modalities is not None else UNSET,
                    "audio": audio if audio is not None else UNSET,
                    "frequency_penalty": frequency_penalty,
                    "presence_penalty": presence_penalty,
                    "repetition_penalty": repetition_penalty,
                    "logit_bias": logit_bias,
                    "logprobs": logprobs,
                    "top_logprobs": top_logprobs,
                    "max_tokens": max_tokens,
                    "response_format": response_format if response_format is not None else UNSET,
                    "seed": seed,
                    "stop": stop,
                    "stream": stream,
                    "stream_options": stream_options,
                    "thinking": thinking,
                    "reasoning_effort": reasoning_effort if reasoning_effort is not None else UNSET,
                    "thinking_budget": thinking_budget if thinking_budget is not None else UNSET,
                    "temperature": temperature,
                    "top_p": top_p,
                    "tools": tools if tools is not None else UNSET,
                    "tool_choice": tool_choice if tool_choice is not None else UNSET,
                    "parallel_tool_calls": parallel_tool_calls
                    if parallel_tool_calls is not None
                    else UNSET,
                    "user": user if user is not None else UNSET,
                    "function_call": function_call if function_call is not None else UNSET,
                    "functions": functions if functions is not None else UNSET,
                },
            ),
            options=Options(
                headers=extra_headers,
                query=extra_query,
                body=extra_body,
                timeout=timeout,
                max_retries=max_retries,
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> AsyncChatCompletionsResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return AsyncChatCompletionsResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> AsyncChatCompletionsResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `async with`."""
        return AsyncChatCompletionsResourceWithStreamingResponse(self._core)


class AsyncChatCompletionsResourceWithRawResponse:
    """Methods of `AsyncChatCompletionsResource` that return the whole response."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncChatCompletionsResource(core, "raw")
        self.create = as_async_raw(resource.create)
        self.create_legacy = as_async_raw(resource.create_legacy)


class AsyncChatCompletionsResourceWithStreamingResponse:
    """Methods of `AsyncChatCompletionsResource` whose response is read piece by piece."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncChatCompletionsResource(core, "open")
        self.create = as_async_open(resource.create)
        self.create_legacy = as_async_open(resource.create_legacy)


class AsyncChatResource(AsyncResource):
    """Conversations in the format of OpenAI's chat completions. Costs pollen per token."""

    @cached_property
    def completions(self) -> AsyncChatCompletionsResource:
        """Chat completions."""
        return AsyncChatCompletionsResource(self._core)
