"""getAccountUsageDaily: GET /account/usage/daily."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from ..._operation import Operation
from ...types import Response

if TYPE_CHECKING:
    from ..._content import Text
    from ...client import AsyncPollinations, Pollinations
    from ...models.daily_usage_report import DailyUsageReport

OPERATION: Final = Operation(
    id="getAccountUsageDaily",
    name="client.account.usage_daily",
    method="GET",
    path="/account/usage/daily",
    host="gateway",
    auth="required",
    idempotent=True,
    answer="json",
    accepts=(
        "application/json",
        "text/csv",
    ),
    model="DailyUsageReport",
)


def get_kwargs(
    *,
    format: Literal["json", "csv"] | str | None = None,
) -> dict[str, Any]:
    """Return the arguments that the runtime makes the request from."""
    return {
        "operation": OPERATION,
        "query": {
            "format": format,
        },
    }


def sync_detailed(
    *,
    client: Pollinations,
    format: Literal["json", "csv"] | str | None = None,
) -> Response[DailyUsageReport | Text]:
    """Sum spending by day and model.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[DailyUsageReport | Text] = client.core.call(
        **get_kwargs(
            format=format,
        ),
        mode="raw",
    )
    return result


def sync(
    *,
    client: Pollinations,
    format: Literal["json", "csv"] | str | None = None,
) -> DailyUsageReport | Text:
    """Sum spending by day and model.

    Return one record per day, model and balance for the last 90 days. The records are cached for an hour,
    so a request made just now may be missing. A key needs the `account:usage` permission. Free of charge.

    Args:
        format: JSON, or a CSV file to download. The service assumes json when it is not given.

    Returns:
        The decoded response. With format csv the text.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(format=format, client=client).parsed


async def asyncio_detailed(
    *,
    client: AsyncPollinations,
    format: Literal["json", "csv"] | str | None = None,
) -> Response[DailyUsageReport | Text]:
    """Sum spending by day and model.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[DailyUsageReport | Text] = await client.core.call(
        **get_kwargs(
            format=format,
        ),
        mode="raw",
    )
    return result


async def asyncio(
    *,
    client: AsyncPollinations,
    format: Literal["json", "csv"] | str | None = None,
) -> DailyUsageReport | Text:
    """Sum spending by day and model.

    Return one record per day, model and balance for the last 90 days. The records are cached for an hour,
    so a request made just now may be missing. A key needs the `account:usage` permission. Free of charge.

    Args:
        format: JSON, or a CSV file to download. The service assumes json when it is not given.

    Returns:
        The decoded response. With format csv the text.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (await asyncio_detailed(format=format, client=client)).parsed
