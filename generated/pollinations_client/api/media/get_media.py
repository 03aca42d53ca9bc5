"""getMedia: GET /{hash}."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..._operation import Operation
from ...types import Response

if TYPE_CHECKING:
    from ..._content import Binary
    from ...client import AsyncPollinations, Pollinations

OPERATION: Final = Operation(
    id="getMedia",
    name="client.media.retrieve",
    method="GET",
    path="/{hash}",
    host="media",
    auth="none",
    idempotent=True,
    answer="binary",
    accepts=("*/*",),
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
) -> Response[Binary]:
    """Fetch a stored file.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[Binary] = client.core.call(
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
) -> Binary:
    """Fetch a stored file.

    Return the bytes as they were uploaded. Public, free of charge, and cacheable forever.

    Args:
        hash: The id from the upload, 16 hexadecimal digits.

    Returns:
        The bytes, with their content type and what the headers report.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(hash=hash, client=client).parsed


async def asyncio_detailed(
    hash: str,
    *,
    client: AsyncPollinations,
) -> Response[Binary]:
    """Fetch a stored file.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[Binary] = await client.core.call(
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
) -> Binary:
    """Fetch a stored file.

    Return the bytes as they were uploaded. Public, free of charge, and cacheable forever.

    Args:
        hash: The id from the upload, 16 hexadecimal digits.

    Returns:
        The bytes, with their content type and what the headers report.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (await asyncio_detailed(hash=hash, client=client)).parsed
