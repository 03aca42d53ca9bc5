"""getAccountUsage: GET /account/usage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from ..._operation import Operation
from ...types import Response

if TYPE_CHECKING:
    from ..._content import Text
    from ...client import AsyncPollinations, Pollinations
    from ...models.usage_report import UsageReport

OPERATION: Final = Operation(
    id="getAccountUsage",
    name="client.account.usage",
    method="GET",
    path="/account/usage",
    host="gateway",
    auth="required",
    idempotent=True,
    answer="json",
    accepts=(
        "application/json",
        "text/csv",
    ),
    model="UsageReport",
)


def get_kwargs(
    *,
    format: Literal["json", "csv"] | str | None = None,
    limit: float | None = None,
    before: str | None = None,
) -> dict[str, Any]:
    """Return the arguments that the runtime makes the request from."""
    return {
        "operation": OPERATION,
        "query": {
            "format": format,
            "limit": limit,
            "before": before,
        },
    }


def sync_detailed(
    *,
    client: Pollinations,
    format: Literal["json", "csv"] | str | None = None,
    limit: float | None = None,
    before: str | None = None,
) -> Response[UsageReport | Text]:
    """List billed requests.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[UsageReport | Text] = client.core.call(
        **get_kwargs(
            format=format,
            limit=limit,
            before=before,
        ),
        mode="raw",
    )
    return result


def sync(
    *,
    client: Pollinations,
    format: Literal["json", "csv"] | str | None = None,
    limit: float | None = None,
    before: str | None = None,
) -> UsageReport | Text:
    """List billed requests.

    Return requests that cost pollen, newest first, one record each. For the next page, pass the `timestamp`
    of the last record as `before`. A key needs the `account:usage` permission. Free of charge.

    Args:
        format: JSON, or a CSV file to download. The service assumes json when it is not given.
        limit: The maximum number of records. From 1 to 50000. The service assumes 100 when it is not given.
        before: Return only records strictly older than this ISO 8601 timestamp, e.g. `2026-03-01T00:00:00`.

    Returns:
        The decoded response. With format csv the text.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(format=format, limit=limit, before=before, client=client).parsed


async def asyncio_detailed(
    *,
    client: AsyncPollinations,
    format: Literal["json", "csv"] | str | None = None,
    limit: float | None = None,
    before: str | None = None,
) -> Response[UsageReport | Text]:
    """List billed requests.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[UsageReport | Text] = await client.core.call(
        **get_kwargs(
            format=format,
            limit=limit,
            before=before,
        ),
        mode="raw",
    )
    return result


async def asyncio(
    *,
    client: AsyncPollinations,
    format: Literal["json", "csv"] | str | None = None,
    limit: float | None = None,
    before: str | None = None,
) -> UsageReport | Text:
    """List billed requests.

    Return requests that cost pollen, newest first, one record each. For the next page, pass the `timestamp`
    of the last record as `before`. A key needs the `account:usage` permission. Free of charge.

    Args:
        format: JSON, or a CSV file to download. The service assumes json when it is not given.
        limit: The maximum number of records. From 1 to 50000. The service assumes 100 when it is not given.
        before: Return only records strictly older than this ISO 8601 timestamp, e.g. `2026-03-01T00:00:00`.

    Returns:
        The decoded response. With format csv the text.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (await asyncio_detailed(format=format, limit=limit, before=before, client=client)).parsed
