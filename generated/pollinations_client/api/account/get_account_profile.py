"""getAccountProfile: GET /account/profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..._operation import Operation
from ...types import Response

if TYPE_CHECKING:
    from ...client import AsyncPollinations, Pollinations
    from ...models.profile import Profile

OPERATION: Final = Operation(
    id="getAccountProfile",
    name="client.account.profile",
    method="GET",
    path="/account/profile",
    host="gateway",
    auth="required",
    idempotent=True,
    answer="json",
    accepts=("application/json",),
    model="Profile",
)


def get_kwargs() -> dict[str, Any]:
    """Return the arguments that the runtime makes the request from."""
    return {
        "operation": OPERATION,
    }


def sync_detailed(
    *,
    client: Pollinations,
) -> Response[Profile]:
    """Read the profile of the key's owner.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[Profile] = client.core.call(**get_kwargs(), mode="raw")
    return result


def sync(
    *,
    client: Pollinations,
) -> Profile:
    """Read the profile of the key's owner.

    Return the name, email address, GitHub account and tier of the key's owner. A key needs the
    `account:profile` permission. Free of charge.

    Returns:
        The decoded response.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(client=client).parsed


async def asyncio_detailed(
    *,
    client: AsyncPollinations,
) -> Response[Profile]:
    """Read the profile of the key's owner.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[Profile] = await client.core.call(**get_kwargs(), mode="raw")
    return result


async def asyncio(
    *,
    client: AsyncPollinations,
) -> Profile:
    """Read the profile of the key's owner.

    Return the name, email address, GitHub account and tier of the key's owner. A key needs the
    `account:profile` permission. Free of charge.

    Returns:
        The decoded response.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (await asyncio_detailed(client=client)).parsed
