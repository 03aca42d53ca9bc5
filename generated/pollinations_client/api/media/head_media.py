"""headMedia: HEAD /{hash}."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..._operation import Operation
from ...types import Response

if TYPE_CHECKING:
    from ..._content import Metadata
    from ...client import AsyncPollinations, Pollinations

OPERATION: Final = Operation(
    id="headMedia",
    name="client.media.head",
    method="HEAD",
    path="/{hash}",
    host="media",
    auth="none",
    idempotent=True,
    answer="head",
    accepts=(),
)


def get_kwargs(
    *,
    hash: str,
) -> dict[str, Any]:
    """Return the arguments that the runtime makes the request from."""
    return {
        "operation": OPERATION,
        "path": {
            "hash": hash,
        },
    }


def sync_detailed(
    hash: str,
    *,
    client: Pollinations,
) -> Response[Metadata]:
    """Check whether a file is stored.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[Metadata] = client.core.call(
        **get_kwargs(
            hash=hash,
        ),
        mode="raw",
    )
    return result


def sync(
    hash: str,
    *,
    client: Pollinations,
) -> Metadata:
    """Check whether a file is stored.

    Return the headers of `GET` without the file. Public and free of charge.

    Args:
        hash: The id from the upload, 16 hexadecimal digits.

    Returns:
        What the headers report.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(hash=hash, client=client).parsed


async def asyncio_detailed(
    hash: str,
    *,
    client: AsyncPollinations,
) -> Response[Metadata]:
    """Check whether a file is stored.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[Metadata] = await client.core.call(
        **get_kwargs(
            hash=hash,
        ),
        mode="raw",
    )
    return result


async def asyncio(
    hash: str,
    *,
    client: AsyncPollinations,
) -> Metadata:
    """Check whether a file is stored.

    Return the headers of `GET` without the file. Public and free of charge.

    Args:
        hash: The id from the upload, 16 hexadecimal digits.

    Returns:
        What the headers report.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (await asyncio_detailed(hash=hash, client=client)).parsed
