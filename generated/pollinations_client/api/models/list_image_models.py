"""listImageModels: GET /image/models."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any, Final

from ..._operation import Operation
from ...types import Response

if TYPE_CHECKING:
    from ...client import AsyncPollinations, Pollinations
    from ...models.model_info import ModelInfo

OPERATION: Final = Operation(
    id="listImageModels",
    name="client.models.image",
    method="GET",
    path="/image/models",
    host="gateway",
    auth="optional",
    idempotent=True,
    answer="list",
    accepts=("application/json",),
    model="ModelInfo",
)


def get_kwargs() -> dict[str, Any]:
    """Return the arguments that the runtime makes the request from."""
    return {
        "operation": OPERATION,
    }


def sync_detailed(
    *,
    client: Pollinations,
) -> Response[builtins.list[ModelInfo]]:
    """List image and video models with prices.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[builtins.list[ModelInfo]] = client.core.call(**get_kwargs(), mode="raw")
    return result


def sync(
    *,
    client: Pollinations,
) -> builtins.list[ModelInfo]:
    """List image and video models with prices.

    Return every model of `/image/{prompt}`, video models included, with its price in pollen. For a key that
    is restricted to some models, only those are listed. Public and free of charge.

    Returns:
        The decoded items.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(client=client).parsed


async def asyncio_detailed(
    *,
    client: AsyncPollinations,
) -> Response[builtins.list[ModelInfo]]:
    """List image and video models with prices.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[builtins.list[ModelInfo]] = await client.core.call(**get_kwargs(), mode="raw")
    return result


async def asyncio(
    *,
    client: AsyncPollinations,
) -> builtins.list[ModelInfo]:
    """List image and video models with prices.

    Return every model of `/image/{prompt}`, video models included, with its price in pollen. For a key that
    is restricted to some models, only those are listed. Public and free of charge.

    Returns:
        The decoded items.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (await asyncio_detailed(client=client)).parsed
