"""generateText: GET /text/{prompt}."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..._operation import Operation
from ...types import Response

if TYPE_CHECKING:
    from ..._content import Text
    from ..._streams import AsyncStream, Stream
    from ...client import AsyncPollinations, Pollinations
    from ...models.chat_completion import ChatCompletion
    from ...models.chat_completion_chunk import ChatCompletionChunk
    from ...models.text_model_name import TextModelName

OPERATION: Final = Operation(
    id="generateText",
    name="client.text.generate",
    method="GET",
    path="/text/{prompt}",
    host="gateway",
    auth="required",
    idempotent=False,
    answer="text",
    accepts=(
        "text/plain",
        "application/json",
        "audio/mpeg",
    ),
    item="ChatCompletionChunk",
    final="ChatCompletion",
)


def get_kwargs(
    *,
    prompt: str,
    model: TextModelName | None = None,
    seed: int | None = None,
    system: str | None = None,
    json: bool | None = None,
    temperature: float | None = None,
    stream: bool | None = None,
) -> dict[str, Any]:
    """Return the arguments that the runtime makes the request from."""
    return {
        "operation": OPERATION,
        "path": {
            "prompt": prompt,
        },
        "query": {
            "model": model,
            "seed": seed,
            "system": system,
            "json": json,
            "temperature": temperature,
            "stream": stream,
        },
        "streamed": stream is True,
    }


def sync_detailed(
    prompt: str,
    *,
    client: Pollinations,
    model: TextModelName | None = None,
    seed: int | None = None,
    system: str | None = None,
    json: bool | None = None,
    temperature: float | None = None,
    stream: bool | None = None,
) -> Response[Text | Stream[ChatCompletionChunk, ChatCompletion]]:
    """Generate text from one prompt.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[Text | Stream[ChatCompletionChunk, ChatCompletion]] = client.core.call(
        **get_kwargs(
            prompt=prompt,
            model=model,
            seed=seed,
            system=system,
            json=json,
            temperature=temperature,
            stream=stream,
        ),
        mode="raw",
    )
    return result


def sync(
    prompt: str,
    *,
    client: Pollinations,
    model: TextModelName | None = None,
    seed: int | None = None,
    system: str | None = None,
    json: bool | None = None,
    temperature: float | None = None,
    stream: bool | None = None,
) -> Text | Stream[ChatCompletionChunk, ChatCompletion]:
    """Generate text from one prompt.

    The shortest way to a text: the prompt is the path, the generated text is the body. Percent-encode the
    prompt as one path segment (`/` as `%2F`, `?` as `%3F`). An audio model returns audio, and with
    `stream=true` the response is the same stream of events as from chat. Costs pollen per token; the
    response to a repeated request comes from the cache, free of charge, unless `seed` is -1.

    Args:
        prompt: The prompt, percent-encoded as one path segment.
        model: Name or alias of a text model, see `/text/models`. The service assumes openai when it is not
            given.
        seed: The same seed and prompt produce the same response. -1 requests a fresh one and skips the
            cache. From -1. The service assumes 0 when it is not given.
        system: A system prompt that sets tone and task.
        json: Request a JSON object from the model. The service assumes false when it is not given.
        temperature: From 0.0 (deterministic) to 2.0 (varied).
        stream: Stream the response as server-sent events. The service assumes false when it is not given.

    Returns:
        The text, with the headers it came with. With `stream=True` a stream of typed chunks.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(
        prompt=prompt,
        model=model,
        seed=seed,
        system=system,
        json=json,
        temperature=temperature,
        stream=stream,
        client=client,
    ).parsed


async def asyncio_detailed(
    prompt: str,
    *,
    client: AsyncPollinations,
    model: TextModelName | None = None,
    seed: int | None = None,
    system: str | None = None,
    json: bool | None = None,
    temperature: float | None = None,
    stream: bool | None = None,
) -> Response[Text | AsyncStream[ChatCompletionChunk, ChatCompletion]]:
    """Generate text from one prompt.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[
        Text | AsyncStream[ChatCompletionChunk, ChatCompletion]
    ] = await client.core.call(
        **get_kwargs(
            prompt=prompt,
            model=model,
            seed=seed,
            system=system,
            json=json,
            temperature=temperature,
            stream=stream,
        ),
        mode="raw",
    )
    return result


async def asyncio(
    prompt: str,
    *,
    client: AsyncPollinations,
    model: TextModelName | None = None,
    seed: int | None = None,
    system: str | None = None,
    json: bool | None = None,
    temperature: float | None = None,
    stream: bool | None = None,
) -> Text | AsyncStream[ChatCompletionChunk, ChatCompletion]:
    """Generate text from one prompt.

    The shortest way to a text: the prompt is the path, the generated text is the body. Percent-encode the
    prompt as one path segment (`/` as `%2F`, `?` as `%3F`). An audio model returns audio, and with
    `stream=true` the response is the same stream of events as from chat. Costs pollen per token; the
    response to a repeated request comes from the cache, free of charge, unless `seed` is -1.

    Args:
        prompt: The prompt, percent-encoded as one path segment.
        model: Name or alias of a text model, see `/text/models`. The service assumes openai when it is not
            given.
        seed: The same seed and prompt produce the same response. -1 requests a fresh one and skips the
            cache. From -1. The service assumes 0 when it is not given.
        system: A system prompt that sets tone and task.
        json: Request a JSON object from the model. The service assumes false when it is not given.
        temperature: From 0.0 (deterministic) to 2.0 (varied).
        stream: Stream the response as server-sent events. The service assumes false when it is not given.

    Returns:
        The text, with the headers it came with. With `stream=True` an asynchronous stream of typed chunks.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (
        await asyncio_detailed(
            prompt=prompt,
            model=model,
            seed=seed,
            system=system,
            json=json,
            temperature=temperature,
            stream=stream,
            client=client,
        )
    ).parsed
