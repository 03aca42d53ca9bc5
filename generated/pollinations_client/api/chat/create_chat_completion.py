"""createChatCompletion: POST /v1/chat/completions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ..._operation import Operation
from ..._requests import fields_of
from ...types import Response

if TYPE_CHECKING:
    from ..._streams import AsyncStream, Stream
    from ...client import AsyncPollinations, Pollinations
    from ...models.chat_completion import ChatCompletion
    from ...models.chat_completion_chunk import ChatCompletionChunk
    from ...models.create_chat_completion_request import CreateChatCompletionRequest

OPERATION: Final = Operation(
    id="createChatCompletion",
    name="client.chat.completions.create",
    method="POST",
    path="/v1/chat/completions",
    host="gateway",
    auth="required",
    idempotent=False,
    answer="json",
    accepts=("application/json",),
    model="ChatCompletion",
    item="ChatCompletionChunk",
    final="ChatCompletion",
)


def get_kwargs(
    *,
    body: CreateChatCompletionRequest | Mapping[str, Any],
) -> dict[str, Any]:
    """Return the arguments that the runtime makes the request from."""
    return {
        "operation": OPERATION,
        "body": body,
        "streamed": fields_of(body).get("stream") is True,
    }


def sync_detailed(
    *,
    client: Pollinations,
    body: CreateChatCompletionRequest | Mapping[str, Any],
) -> Response[ChatCompletion | Stream[ChatCompletionChunk, ChatCompletion]]:
    """Create a chat completion.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[ChatCompletion | Stream[ChatCompletionChunk, ChatCompletion]] = (
        client.core.call(
            **get_kwargs(
                body=body,
            ),
            mode="raw",
        )
    )
    return result


def sync(
    *,
    client: Pollinations,
    body: CreateChatCompletionRequest | Mapping[str, Any],
) -> ChatCompletion | Stream[ChatCompletionChunk, ChatCompletion]:
    """Create a chat completion.

    Send the messages of a conversation and receive the next one, in the format of OpenAI's chat
    completions. Models of many providers are behind it, so responses differ in detail: expect additional
    fields, any text as `finish_reason`, and `content` that is null or missing when the model calls a tool.

    With `stream: true` the response is a stream of server-sent events, each with one `ChatCompletionChunk`,
    ended by the event `[DONE]`. Errors that occur before the first event are ordinary JSON errors.

    **Cost.** Pollen per token, at the prices of `/text/models`. The response to a repeated
    request with the same body comes from the cache, free of charge, unless `seed` is -1.

    Args:
        body: Body: the model or a mapping.

    Returns:
        The decoded response. With `stream=True` a stream of typed chunks.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(body=body, client=client).parsed


async def asyncio_detailed(
    *,
    client: AsyncPollinations,
    body: CreateChatCompletionRequest | Mapping[str, Any],
) -> Response[ChatCompletion | AsyncStream[ChatCompletionChunk, ChatCompletion]]:
    """Create a chat completion.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[
        ChatCompletion | AsyncStream[ChatCompletionChunk, ChatCompletion]
    ] = await client.core.call(
        **get_kwargs(
            body=body,
        ),
        mode="raw",
    )
    return result


async def asyncio(
    *,
    client: AsyncPollinations,
    body: CreateChatCompletionRequest | Mapping[str, Any],
) -> ChatCompletion | AsyncStream[ChatCompletionChunk, ChatCompletion]:
    """Create a chat completion.

    Send the messages of a conversation and receive the next one, in the format of OpenAI's chat
    completions. Models of many providers are behind it, so responses differ in detail: expect additional
    fields, any text as `finish_reason`, and `content` that is null or missing when the model calls a tool.

    With `stream: true` the response is a stream of server-sent events, each with one `ChatCompletionChunk`,
    ended by the event `[DONE]`. Errors that occur before the first event are ordinary JSON errors.

    **Cost.** Pollen per token, at the prices of `/text/models`. The response to a repeated
    request with the same body comes from the cache, free of charge, unless `seed` is -1.

    Args:
        body: Body: the model or a mapping.

    Returns:
        The decoded response. With `stream=True` an asynchronous stream of typed chunks.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (await asyncio_detailed(body=body, client=client)).parsed
