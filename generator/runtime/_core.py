"""Settings of a client. Making calls is in `_calls`, which is imported, with the HTTP library, by the first call."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ._connections import AsyncConnections, SyncConnections
from ._operation import Operation
from ._requests import checked_headers, checked_mapping, checked_server, count
from ._retries import DEFAULT_MAX_RETRIES as DEFAULT_MAX_RETRIES
from ._secrets import Quiet, Redactor, Secret
from .errors import ConfigurationError
from .types import Unset

if TYPE_CHECKING:
    from ._http import Timeout

C = TypeVar("C", bound="Core")

KEY_VARIABLE: Final = "POLLINATIONS_API_KEY"
DEFAULT_MAX_RESPONSE_BYTES: Final = 64 << 20
"""What is held in memory at the most: no JSON, text, event stream or image of the service comes near it."""


class Core:
    """Settings of a client and everything that does not depend on waiting synchronously or not."""

    connections: Any

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str | None,
        media_base_url: str | None,
        timeout: float | Timeout | Unset | None,
        max_retries: int,
        max_response_bytes: int | Unset | None,
        default_headers: Mapping[str, str] | None,
        default_query: Mapping[str, Any] | None,
        key_in_query: bool,
        retry_paid: bool,
        http_client: Any,
        servers: Mapping[str, str],
        user_agent: str,
    ) -> None:
        self.secret = _secret(api_key)
        self.servers = {
            "gateway": checked_server(
                "base_url", servers["gateway"] if base_url is None else base_url
            ),
            "media": "",
        }
        if media_base_url is not None:
            self.servers["media"] = checked_server("media_base_url", media_base_url)
        elif base_url is None:
            self.servers["media"] = servers["media"]
        self.timeout: Any = timeout
        """As it was given, until the first call makes it a timeout of the HTTP library."""
        self.max_retries = count("max_retries", max_retries)
        self.max_response_bytes: int | Unset | None = _limit(max_response_bytes)
        self.default_headers = Quiet(checked_headers("default_headers", default_headers))
        self.default_query = Quiet(checked_mapping("default_query", default_query))
        self.key_in_query = key_in_query
        self.retry_paid = retry_paid
        self.connections = self._connect(http_client, None)
        self.headers = {
            "accept-encoding": "gzip, deflate",
            "user-agent": f"{user_agent} Python/{sys.version_info[0]}.{sys.version_info[1]}",
        }
        self.redactor = Redactor(self.secret)
        self.urls: dict[str, Any] = {}
        """URL objects of operations without parameters."""

    def _connect(self, http_client: Any, parent: Any) -> Any:
        raise NotImplementedError

    def pool(self) -> Any:
        """Return the HTTP client, made when it is first needed."""
        return self.connections.get()

    def copy(
        self: C,
        *,
        timeout: float | Timeout | Unset | None,
        max_retries: int | None,
        max_response_bytes: int | Unset | None,
        default_headers: Mapping[str, str] | None,
        default_query: Mapping[str, Any] | None,
        retry_paid: bool | None,
    ) -> C:
        """Return a core with other settings that shares this one's connections."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.connections = self._connect(None, self.connections)
        if not isinstance(timeout, Unset):
            other.timeout = timeout
        if max_retries is not None:
            other.max_retries = count("max_retries", max_retries)
        if not isinstance(max_response_bytes, Unset):
            other.max_response_bytes = _limit(max_response_bytes)
        if retry_paid is not None:
            other.retry_paid = retry_paid
        added = checked_headers("default_headers", default_headers)
        other.default_headers = Quiet({**self.default_headers, **added})
        other.default_query = Quiet(
            {**self.default_query, **checked_mapping("default_query", default_query)}
        )
        return other

    def limit(self, held: bool) -> int | None:
        """Return the most bytes that a response may have.

        Args:
            held: True where it is held in memory, which has a limit by default.
        """
        limit = self.max_response_bytes
        if isinstance(limit, Unset):
            return DEFAULT_MAX_RESPONSE_BYTES if held else None
        return limit

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.servers['gateway']!r})"

    def __reduce__(self) -> Any:
        raise TypeError(
            "a client holds connections and a key; make a new one instead of pickling it"
        )


def _secret(api_key: Any) -> Secret | None:
    key: Any = api_key if api_key is not None else os.environ.get(KEY_VARIABLE)
    if key is not None and not isinstance(key, str):
        raise ConfigurationError(f"api_key must be text, not {type(key).__name__}")
    key = str.__str__(key).strip() if key else None
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        if "…" in key:
            raise ConfigurationError(
                "the API key is a placeholder; put a key in its place (for the mock server: sk_demo1234)"
            )
        raise ConfigurationError(
            "the API key holds characters that no key has; look for a line break or a quote"
        )
    return Secret(key) if key else None


def _limit(value: Any) -> int | Unset | None:
    if value is None or isinstance(value, Unset):
        return value
    return count("max_response_bytes", value)


class SyncCore(Core):
    """Makes calls and waits for them."""

    connections: SyncConnections

    def _connect(self, http_client: Any, parent: Any) -> SyncConnections:
        return SyncConnections(http_client, self.servers.values(), parent)

    def close(self) -> None:
        """Close the connections, unless the HTTP client was passed in."""
        self.connections.close()

    def call(self, operation: Operation, **given: Any) -> Any:
        """Make a call; see `_calls.call`."""
        from ._calls import SyncIO, call, finished

        return finished(call(self, SyncIO, operation, **given))


class AsyncCore(Core):
    """Makes calls and lets others run meanwhile."""

    connections: AsyncConnections

    def _connect(self, http_client: Any, parent: Any) -> AsyncConnections:
        return AsyncConnections(http_client, self.servers.values(), parent)

    async def close(self) -> None:
        """Close the connections, unless the HTTP client was passed in."""
        await self.connections.close()

    async def call(self, operation: Operation, **given: Any) -> Any:
        """Make a call; see `_calls.call`."""
        from ._calls import AsyncIO, call

        return await call(self, AsyncIO, operation, **given)
