"""getAccountBalance: GET /account/balance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..._operation import Operation
from ...types import Response

if TYPE_CHECKING:
    from ...client import AsyncPollinations, Pollinations
    from ...models.balance import Balance

OPERATION: Final = Operation(
    id="getAccountBalance",
    name="client.account.balance",
    method="GET",
    path="/account/balance",
    host="gateway",
    auth="required",
    idempotent=True,
    answer="json",
    accepts=("application/json",),
    model="Balance",
)


def get_kwargs() -> dict[str, Any]:
    """Return the arguments that the runtime makes the request from."""
    return {
        "operation": OPERATION,
    }


def sync_detailed(
    *,
    client: Pollinations,
) -> Response[Balance]:
    """Read the remaining pollen.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[Balance] = client.core.call(**get_kwargs(), mode="raw")
    return result


def sync(
    *,
    client: Pollinations,
) -> Balance:
    """Read the remaining pollen.

    Return the remaining pollen. A key with a budget of its own reports that budget; any other key reports
    the owner's total over all balances (tier, crypto, pack). A key needs the `account:balance` permission.
    Free of charge.

    Returns:
        The decoded response.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(client=client).parsed


async def asyncio_detailed(
    *,
    client: AsyncPollinations,
) -> Response[Balance]:
    """Read the remaining pollen.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[Balance] = await client.core.call(**get_kwargs(), mode="raw")
    return result


async def asyncio(
    *,
    client: AsyncPollinations,
) -> Balance:
    """Read the remaining pollen.

    Return the remaining pollen. A key with a budget of its own reports that budget; any other key reports
    the owner's total over all balances (tier, crypto, pack). A key needs the `account:balance` permission.
    Free of charge.

    Returns:
        The decoded response.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (await asyncio_detailed(client=client)).parsed
