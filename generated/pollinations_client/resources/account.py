"""Resources below `client.account`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from .._operation import Options
from .._resource import AsyncResource, Resource, as_async_open, as_async_raw, as_open, as_raw
from ..api.account import (
    get_account_balance,
    get_account_key,
    get_account_profile,
    get_account_usage,
    get_account_usage_daily,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .._content import Text
    from .._core import AsyncCore, SyncCore
    from .._http import Timeout
    from ..models.balance import Balance
    from ..models.daily_usage_report import DailyUsageReport
    from ..models.key_info import KeyInfo
    from ..models.profile import Profile
    from ..models.usage_report import UsageReport


class AccountResource(Resource):
    """The owner of the key, the remaining balance and the recorded usage. Free of charge."""

    def profile(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Profile:
        """Read the profile of the key's owner.

        Return the name, email address, GitHub account and tier of the key's owner. A key needs the
        `account:profile` permission. Free of charge.

        Args:
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Profile = self._core.call(
            **get_account_profile.get_kwargs(),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    def balance(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Balance:
        """Read the remaining pollen.

        Return the remaining pollen. A key with a budget of its own reports that budget; any other key
        reports the owner's total over all balances (tier, crypto, pack). A key needs the `account:balance`
        permission. Free of charge.

        Args:
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Balance = self._core.call(
            **get_account_balance.get_kwargs(),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @overload
    def usage(
        self,
        *,
        format: Literal["json"] | None = None,
        limit: float | None = None,
        before: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> UsageReport: ...

    @overload
    def usage(
        self,
        *,
        format: Literal["csv"],
        limit: float | None = None,
        before: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Text: ...

    @overload
    def usage(
        self,
        *,
        format: str | None,
        limit: float | None = None,
        before: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> UsageReport | Text: ...

    def usage(
        self,
        *,
        format: Literal["json", "csv"] | str | None = None,
        limit: float | None = None,
        before: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> UsageReport | Text:
        """List billed requests.

        Return requests that cost pollen, newest first, one record each. For the next page, pass the
        `timestamp` of the last record as `before`. A key needs the `account:usage` permission. Free of
        charge.

        Args:
            format: JSON, or a CSV file to download. The service assumes json when it is not given.
            limit: The maximum number of records. From 1 to 50000. The service assumes 100 when it is not
                given.
            before: Return only records strictly older than this ISO 8601 timestamp, e.g.
                `2026-03-01T00:00:00`.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response. With format csv the text.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: UsageReport | Text = self._core.call(
            **get_account_usage.get_kwargs(
                format=format,
                limit=limit,
                before=before,
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @overload
    def usage_daily(
        self,
        *,
        format: Literal["json"] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> DailyUsageReport: ...

    @overload
    def usage_daily(
        self,
        *,
        format: Literal["csv"],
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Text: ...

    @overload
    def usage_daily(
        self,
        *,
        format: str | None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> DailyUsageReport | Text: ...

    def usage_daily(
        self,
        *,
        format: Literal["json", "csv"] | str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> DailyUsageReport | Text:
        """Sum spending by day and model.

        Return one record per day, model and balance for the last 90 days. The records are cached for an
        hour, so a request made just now may be missing. A key needs the `account:usage` permission. Free of
        charge.

        Args:
            format: JSON, or a CSV file to download. The service assumes json when it is not given.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response. With format csv the text.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: DailyUsageReport | Text = self._core.call(
            **get_account_usage_daily.get_kwargs(
                format=format,
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    def key(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> KeyInfo:
        """Check the key itself.

        Return the type, expiry, permissions and remaining budget of the key of the request. Any valid key
        is accepted, without a permission. This is the cheapest way to check whether a key is valid: it is
        free of charge.

        Args:
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: KeyInfo = self._core.call(
            **get_account_key.get_kwargs(),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> AccountResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return AccountResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> AccountResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `with`."""
        return AccountResourceWithStreamingResponse(self._core)


class AccountResourceWithRawResponse:
    """Methods of `AccountResource` that return the whole response."""

    def __init__(self, core: SyncCore) -> None:
        resource = AccountResource(core, "raw")
        self.profile = as_raw(resource.profile)
        self.balance = as_raw(resource.balance)
        self.usage = as_raw(resource.usage)
        self.usage_daily = as_raw(resource.usage_daily)
        self.key = as_raw(resource.key)


class AccountResourceWithStreamingResponse:
    """Methods of `AccountResource` whose response is read piece by piece."""

    def __init__(self, core: SyncCore) -> None:
        resource = AccountResource(core, "open")
        self.profile = as_open(resource.profile)
        self.balance = as_open(resource.balance)
        self.usage = as_open(resource.usage)
        self.usage_daily = as_open(resource.usage_daily)
        self.key = as_open(resource.key)


class AsyncAccountResource(AsyncResource):
    """The owner of the key, the remaining balance and the recorded usage. Free of charge."""

    async def profile(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Profile:
        """Read the profile of the key's owner.

        Return the name, email address, GitHub account and tier of the key's owner. A key needs the
        `account:profile` permission. Free of charge.

        Args:
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Profile = await self._core.call(
            **get_account_profile.get_kwargs(),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    async def balance(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Balance:
        """Read the remaining pollen.

        Return the remaining pollen. A key with a budget of its own reports that budget; any other key
        reports the owner's total over all balances (tier, crypto, pack). A key needs the `account:balance`
        permission. Free of charge.

        Args:
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Balance = await self._core.call(
            **get_account_balance.get_kwargs(),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @overload
    async def usage(
        self,
        *,
        format: Literal["json"] | None = None,
        limit: float | None = None,
        before: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> UsageReport: ...

    @overload
    async def usage(
        self,
        *,
        format: Literal["csv"],
        limit: float | None = None,
        before: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Text: ...

    @overload
    async def usage(
        self,
        *,
        format: str | None,
        limit: float | None = None,
        before: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> UsageReport | Text: ...

    async def usage(
        self,
        *,
        format: Literal["json", "csv"] | str | None = None,
        limit: float | None = None,
        before: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> UsageReport | Text:
        """List billed requests.

        Return requests that cost pollen, newest first, one record each. For the next page, pass the
        `timestamp` of the last record as `before`. A key needs the `account:usage` permission. Free of
        charge.

        Args:
            format: JSON, or a CSV file to download. The service assumes json when it is not given.
            limit: The maximum number of records. From 1 to 50000. The service assumes 100 when it is not
                given.
            before: Return only records strictly older than this ISO 8601 timestamp, e.g.
                `2026-03-01T00:00:00`.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response. With format csv the text.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: UsageReport | Text = await self._core.call(
            **get_account_usage.get_kwargs(
                format=format,
                limit=limit,
                before=before,
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @overload
    async def usage_daily(
        self,
        *,
        format: Literal["json"] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> DailyUsageReport: ...

    @overload
    async def usage_daily(
        self,
        *,
        format: Literal["csv"],
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Text: ...

    @overload
    async def usage_daily(
        self,
        *,
        format: str | None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> DailyUsageReport | Text: ...

    async def usage_daily(
        self,
        *,
        format: Literal["json", "csv"] | str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> DailyUsageReport | Text:
        """Sum spending by day and model.

        Return one record per day, model and balance for the last 90 days. The records are cached for an
        hour, so a request made just now may be missing. A key needs the `account:usage` permission. Free of
        charge.

        Args:
            format: JSON, or a CSV file to download. The service assumes json when it is not given.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response. With format csv the text.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: DailyUsageReport | Text = await self._core.call(
            **get_account_usage_daily.get_kwargs(
                format=format,
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    async def key(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> KeyInfo:
        """Check the key itself.

        Return the type, expiry, permissions and remaining budget of the key of the request. Any valid key
        is accepted, without a permission. This is the cheapest way to check whether a key is valid: it is
        free of charge.

        Args:
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: KeyInfo = await self._core.call(
            **get_account_key.get_kwargs(),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> AsyncAccountResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return AsyncAccountResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> AsyncAccountResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `async with`."""
        return AsyncAccountResourceWithStreamingResponse(self._core)


class AsyncAccountResourceWithRawResponse:
    """Methods of `AsyncAccountResource` that return the whole response."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncAccountResource(core, "raw")
        self.profile = as_async_raw(resource.profile)
        self.balance = as_async_raw(resource.balance)
        self.usage = as_async_raw(resource.usage)
        self.usage_daily = as_async_raw(resource.usage_daily)
        self.key = as_async_raw(resource.key)


class AsyncAccountResourceWithStreamingResponse:
    """Methods of `AsyncAccountResource` whose response is read piece by piece."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncAccountResource(core, "open")
        self.profile = as_async_open(resource.profile)
        self.balance = as_async_open(resource.balance)
        self.usage = as_async_open(resource.usage)
        self.usage_daily = as_async_open(resource.usage_daily)
        self.key = as_async_open(resource.key)
