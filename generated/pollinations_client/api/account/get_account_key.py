"""getAccountKey: GET /account/key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..._operation import Operation
from ...types import Response

if TYPE_CHECKING:
    from ...client import AsyncPollinations, Pollinations
    from ...models.key_info import KeyInfo

OPERATION: Final = Operation(
    id="getAccountKey",
    name="client.account.key",
    method="GET",
    path="/account/key",
    host="gateway",
    auth="required",
    idempotent=True,
    answer="json",
    accepts=("application/json",),
    model="KeyInfo",
)


def get_kwargs() -> dict[str, Any]:
    """Return the arguments that the runtime makes the request from."""
    return {
        "operation": OPERATION,
    }


def sync_detailed(
    *,
    client: Pollinations,
) -> Response[KeyInfo]:
    """Check the key itself.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[KeyInfo] = client.core.call(**get_kwargs(), mode="raw")
    return result


def sync(
    *,
    client: Pollinations,
) -> KeyInfo:
    """Check the key itself.

    Return the type, expiry, permissions and remaining budget of the key of the request. Any valid key is
    accepted, without a permission. This is the cheapest way to check whether a key is valid: it is free of
    charge.

    Returns:
        The decoded response.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(client=client).parsed


async def asyncio_detailed(
    *,
    client: AsyncPollinations,
) -> Response[KeyInfo]:
    """Check the key itself.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[KeyInfo] = await client.core.call(**get_kwargs(), mode="raw")
    return result


async def asyncio(
    *,
    client: AsyncPollinations,
) -> KeyInfo:
    """Check the key itself.

    Return the type, expiry, permissions and remaining budget of the key of the request. Any valid key is
    accepted, without a permission. This is the cheapest way to check whether a key is valid: it is free of
    charge.

    Returns:
        The decoded response.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (await asyncio_detailed(client=client)).parsed
