"""listModels: GET /v1/models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..._operation import Operation
from ...models.model_list import ModelList
from ...types import Response

if TYPE_CHECKING:
    from ...client import AsyncPollinations, Pollinations

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
    model=ModelList,
)


def sync_detailed(
    *,
    client: Pollinations,
) -> Response[ModelList]:
    """List text models in OpenAI's format.

    Returns:
        The whole answer; what `sync` returns is its `parsed`.
    """
    result: Response[ModelList] = client.core.call(
        OPERATION,
        mode="raw",
    )
    return result


def sync(
    *,
    client: Pollinations,
) -> ModelList:
    """List text models in OpenAI's format.

    The names that chat and text generation understand, without prices. A key with a model restriction sees
    only its models. Public and free of charge.

    Returns:
        The decoded answer.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(
        client=client,
    ).parsed


async def asyncio_detailed(
    *,
    client: AsyncPollinations,
) -> Response[ModelList]:
    """List text models in OpenAI's format.

    Returns:
        The whole answer; what `asyncio` returns is its `parsed`.
    """
    result: Response[ModelList] = await client.core.call(
        OPERATION,
        mode="raw",
    )
    return result


async def asyncio(
    *,
    client: AsyncPollinations,
) -> ModelList:
    """List text models in OpenAI's format.

    The names that chat and text generation understand, without prices. A key with a model restriction sees
    only its models. Public and free of charge.

    Returns:
        The decoded answer.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (
        await asyncio_detailed(
            client=client,
        )
    ).parsed
