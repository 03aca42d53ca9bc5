"""createChatCompletionLegacy: POST /openai."""

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
    id="createChatCompletionLegacy",
    name="client.chat.completions.create_legacy",
    method="POST",
    path="/openai",
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
    """Create a chat completion (legacy path).

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
    """Create a chat completion (legacy path).

    The same as `POST /v1/chat/completions`, at its former path and at the same cost. Use the new path: this
    one may no longer exist.

    Deprecated by the service.

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
    """Create a chat completion (legacy path).

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
    """Create a chat completion (legacy path).

    The same as `POST /v1/chat/completions`, at its former path and at the same cost. Use the new path: this
    one may no longer exist.

    Deprecated by the service.

    Args:
        body: Body: the model or a mapping.

    Returns:
        The decoded response. With `stream=True` an asynchronous stream of typed chunks.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (await asyncio_detailed(body=body, client=client)).parsed
