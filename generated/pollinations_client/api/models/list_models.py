"""listModels: GET /v1/models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..._operation import Operation
from ...types import Response

if TYPE_CHECKING:
    from ...client import AsyncPollinations, Pollinations
    from ...models.model_list import ModelList

OPERATION: Final = Operation(
    id="listModels",
    name="client.models.list",
    method="GET",
    path="/v1/models",
    host="gateway",
    auth="optional",
    idempotent=True,
    answer="json",
    accepts=("application/json",),
    model="ModelList",
)


def get_kwargs() -> dict[str, Any]:
    """Return the arguments that the runtime makes the request from."""
    return {
        "operation": OPERATION,
    }


def sync_detailed(
    *,
    client: Pollinations,
) -> Response[ModelList]:
    """List text models in OpenAI's format.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[ModelList] = client.core.call(**get_kwargs(), mode="raw")
    return result


def sync(
    *,
    client: Pollinations,
) -> ModelList:
    """List text models in OpenAI's format.

    Return the names of the models for chat and text generation, without prices. For a key that is
    restricted to some models, only those are listed. Public and free of charge.

    Returns:
        The decoded response.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(client=client).parsed


async def asyncio_detailed(
    *,
    client: AsyncPollinations,
) -> Response[ModelList]:
    """List text models in OpenAI's format.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[ModelList] = await client.core.call(**get_kwargs(), mode="raw")
    return result


async def asyncio(
    *,
    client: AsyncPollinations,
) -> ModelList:
    """List text models in OpenAI's format.

    Return the names of the models for chat and text generation, without prices. For a key that is
    restricted to some models, only those are listed. Public and free of charge.

    Returns:
        The decoded response.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (await asyncio_detailed(client=client)).parsed
