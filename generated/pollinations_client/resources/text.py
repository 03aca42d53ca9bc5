"""Resources below `client.text`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from .._operation import Options
from .._resource import AsyncResource, Resource, as_async_open, as_async_raw, as_open, as_raw
from ..api.text import generate_text
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .._content import Text
    from .._core import AsyncCore, SyncCore
    from .._http import Timeout
    from .._streams import AsyncStream, Stream
    from ..models.chat_completion import ChatCompletion
    from ..models.chat_completion_chunk import ChatCompletionChunk
    from ..models.text_model_name import TextModelName


class TextResource(Resource):
    """One prompt in, one text out, with a plain GET. Costs pollen per token."""

    @overload
    def generate(
        self,
        prompt: str,
        *,
        model: TextModelName | None = None,
        seed: int | None = None,
        system: str | None = None,
        json: bool | None = None,
        temperature: float | None = None,
        stream: Literal[False] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Text: ...

    @overload
    def generate(
        self,
        prompt: str,
        *,
        model: TextModelName | None = None,
        seed: int | None = None,
        system: str | None = None,
        json: bool | None = None,
        temperature: float | None = None,
        stream: Literal[True],
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Stream[ChatCompletionChunk, ChatCompletion]: ...

    @overload
    def generate(
        self,
        prompt: str,
        *,
        model: TextModelName | None = None,
        seed: int | None = None,
        system: str | None = None,
        json: bool | None = None,
        temperature: float | None = None,
        stream: bool | None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Text | Stream[ChatCompletionChunk, ChatCompletion]: ...

    def generate(
        self,
        prompt: str,
        *,
        model: TextModelName | None = None,
        seed: int | None = None,
        system: str | None = None,
        json: bool | None = None,
        temperature: float | None = None,
        stream: bool | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Text | Stream[ChatCompletionChunk, ChatCompletion]:
        """Generate text from one prompt.

        The shortest way to a text: the prompt is the path, the generated text is the body. Percent-encode
        the prompt as one path segment (`/` as `%2F`, `?` as `%3F`). An audio model returns audio, and with
        `stream=true` the response is the same stream of events as from chat. Costs pollen per token; the
        response to a repeated request comes from the cache, free of charge, unless `seed` is -1.

        Args:
            prompt: The prompt, percent-encoded as one path segment.
            model: Name or alias of a text model, see `/text/models`. The service assumes openai when it is
                not given.
            seed: The same seed and prompt produce the same response. -1 requests a fresh one and skips the
                cache. From -1. The service assumes 0 when it is not given.
            system: A system prompt that sets tone and task.
            json: Request a JSON object from the model. The service assumes false when it is not given.
            temperature: From 0.0 (deterministic) to 2.0 (varied).
            stream: Stream the response as server-sent events. The service assumes false when it is not
                given.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The text, with the headers it came with. With `stream=True` a stream of typed chunks.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Text | Stream[ChatCompletionChunk, ChatCompletion] = self._core.call(
            **generate_text.get_kwargs(
                prompt=prompt,
                model=model,
                seed=seed,
                system=system,
                json=json,
                temperature=temperature,
                stream=stream,
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> TextResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return TextResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> TextResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `with`."""
        return TextResourceWithStreamingResponse(self._core)


class TextResourceWithRawResponse:
    """Methods of `TextResource` that return the whole response."""

    def __init__(self, core: SyncCore) -> None:
        resource = TextResource(core, "raw")
        self.generate = as_raw(resource.generate)


class TextResourceWithStreamingResponse:
    """Methods of `TextResource` whose response is read piece by piece."""

    def __init__(self, core: SyncCore) -> None:
        resource = TextResource(core, "open")
        self.generate = as_open(resource.generate)


class AsyncTextResource(AsyncResource):
    """One prompt in, one text out, with a plain GET. Costs pollen per token."""

    @overload
    async def generate(
        self,
        prompt: str,
        *,
        model: TextModelName | None = None,
        seed: int | None = None,
        system: str | None = None,
        json: bool | None = None,
        temperature: float | None = None,
        stream: Literal[False] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Text: ...

    @overload
    async def generate(
        self,
        prompt: str,
        *,
        model: TextModelName | None = None,
        seed: int | None = None,
        system: str | None = None,
        json: bool | None = None,
        temperature: float | None = None,
        stream: Literal[True],
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> AsyncStream[ChatCompletionChunk, ChatCompletion]: ...

    @overload
    async def generate(
        self,
        prompt: str,
        *,
        model: TextModelName | None = None,
        seed: int | None = None,
        system: str | None = None,
        json: bool | None = None,
        temperature: float | None = None,
        stream: bool | None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Text | AsyncStream[ChatCompletionChunk, ChatCompletion]: ...

    async def generate(
        self,
        prompt: str,
        *,
        model: TextModelName | None = None,
        seed: int | None = None,
        system: str | None = None,
        json: bool | None = None,
        temperature: float | None = None,
        stream: bool | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Text | AsyncStream[ChatCompletionChunk, ChatCompletion]:
        """Generate text from one prompt.

        The shortest way to a text: the prompt is the path, the generated text is the body. Percent-encode
        the prompt as one path segment (`/` as `%2F`, `?` as `%3F`). An audio model returns audio, and with
        `stream=true` the response is the same stream of events as from chat. Costs pollen per token; the
        response to a repeated request comes from the cache, free of charge, unless `seed` is -1.

        Args:
            prompt: The prompt, percent-encoded as one path segment.
            model: Name or alias of a text model, see `/text/models`. The service assumes openai when it is
                not given.
            seed: The same seed and prompt produce the same response. -1 requests a fresh one and skips the
                cache. From -1. The service assumes 0 when it is not given.
            system: A system prompt that sets tone and task.
            json: Request a JSON object from the model. The service assumes false when it is not given.
            temperature: From 0.0 (deterministic) to 2.0 (varied).
            stream: Stream the response as server-sent events. The service assumes false when it is not
                given.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The text, with the headers it came with. With `stream=True` an asynchronous stream of typed
            chunks.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Text | AsyncStream[ChatCompletionChunk, ChatCompletion] = await self._core.call(
            **generate_text.get_kwargs(
                prompt=prompt,
                model=model,
                seed=seed,
                system=system,
                json=json,
                temperature=temperature,
                stream=stream,
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> AsyncTextResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return AsyncTextResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> AsyncTextResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `async with`."""
        return AsyncTextResourceWithStreamingResponse(self._core)


class AsyncTextResourceWithRawResponse:
    """Methods of `AsyncTextResource` that return the whole response."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncTextResource(core, "raw")
        self.generate = as_async_raw(resource.generate)


class AsyncTextResourceWithStreamingResponse:
    """Methods of `AsyncTextResource` whose response is read piece by piece."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncTextResource(core, "open")
        self.generate = as_async_open(resource.generate)
