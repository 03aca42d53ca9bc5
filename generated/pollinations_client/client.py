"""The clients: `Pollinations`, and `AsyncPollinations` for `await`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from ._core import DEFAULT_MAX_RETRIES, AsyncCore, SyncCore
from .types import UNSET, Unset

if TYPE_CHECKING:
    from ._http import AsyncHTTPClient, SyncHTTPClient, Timeout
    from .resources.account import AccountResource, AsyncAccountResource
    from .resources.audio import AsyncAudioResource, AudioResource
    from .resources.chat import AsyncChatResource, ChatResource
    from .resources.image import AsyncImageResource, ImageResource
    from .resources.media import AsyncMediaResource, MediaResource
    from .resources.models import AsyncModelsResource, ModelsResource
    from .resources.text import AsyncTextResource, TextResource

SERVERS: Final = {
    "gateway": "https://gen.pollinations.ai",
    "media": "https://media.pollinations.ai",
}
_USER_AGENT: Final = "pollinations-client/0.1.0"


class Pollinations:
    """Client for pollinations.ai API.

    Closing it, or leaving its `with` block, closes the connections. It may
    be shared by threads.

    Args:
        api_key: The key; by default that of the environment variable POLLINATIONS_API_KEY. Public operations need none
            and never get it.
        base_url: URL of the gateway. When it is changed, media operations need `media_base_url` as well.
        media_base_url: URL of the media host.
        timeout: Seconds to wait for the next byte (300 by default, 10 for connecting); None waits forever. A `Timeout`
            sets each step, and with `total` the whole call: `Timeout(30, total=120)`.
        max_retries: How often a call is repeated where that is safe. Nothing sent, 408 and 429: always. Calls that
            cost nothing: also after lost connections and 5xx. Paid GETs: also after 5xx. Paid POSTs: after 503 with
            Retry-After only. A Retry-After of more than 60 seconds is raised at once.
        max_response_bytes: The most bytes that a response may have, after decompression. By default 64 MiB where it
            is held in memory, and no limit for `with_streaming_response`, read in pieces or saved; None sets no limit.
        default_headers: Headers for every request.
        default_query: Query parameters for every request.
        http_client: Your own HTTP client, for proxies, certificates or tests. It is not closed, and cookies that it
            was sent are not sent back.
        key_in_query: Send the key as the query parameter `key` instead of in a header.
        retry_paid: Repeat paid calls like the others; a call whose response was lost may then be paid for twice.

    Raises:
        ConfigurationError: A value cannot be used.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        media_base_url: str | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int = DEFAULT_MAX_RETRIES,
        max_response_bytes: int | Unset | None = UNSET,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, Any] | None = None,
        http_client: SyncHTTPClient | None = None,
        key_in_query: bool = False,
        retry_paid: bool = False,
    ) -> None:
        self.core = SyncCore(
            api_key=api_key,
            base_url=base_url,
            media_base_url=media_base_url,
            timeout=timeout,
            max_retries=max_retries,
            max_response_bytes=max_response_bytes,
            default_headers=default_headers,
            default_query=default_query,
            http_client=http_client,
            key_in_query=key_in_query,
            retry_paid=retry_paid,
            servers=SERVERS,
            user_agent=_USER_AGENT,
        )

    @cached_property
    def account(self) -> AccountResource:
        """The owner of the key, the remaining balance and the recorded usage. Free of charge."""
        from .resources.account import AccountResource

        return AccountResource(self.core)

    @cached_property
    def models(self) -> ModelsResource:
        """The available models with their names and prices. Public and free of charge."""
        from .resources.models import ModelsResource

        return ModelsResource(self.core)

    @cached_property
    def chat(self) -> ChatResource:
        """Conversations in the format of OpenAI's chat completions. Costs pollen per token."""
        from .resources.chat import ChatResource

        return ChatResource(self.core)

    @cached_property
    def text(self) -> TextResource:
        """One prompt in, one text out, with a plain GET. Costs pollen per token."""
        from .resources.text import TextResource

        return TextResource(self.core)

    @cached_property
    def image(self) -> ImageResource:
        """Images and short videos. Costs pollen per image, token or second."""
        from .resources.image import ImageResource

        return ImageResource(self.core)

    @cached_property
    def audio(self) -> AudioResource:
        """Speech, music and transcription. Costs pollen per character or second."""
        from .resources.audio import AudioResource

        return AudioResource(self.core)

    @cached_property
    def media(self) -> MediaResource:
        """Content-addressed storage for input files, on its own host. Free of charge."""
        from .resources.media import MediaResource

        return MediaResource(self.core)

    def with_options(
        self,
        *,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
        max_response_bytes: int | Unset | None = UNSET,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, Any] | None = None,
        retry_paid: bool | None = None,
    ) -> Pollinations:
        """Make a client with other settings that shares this one's connections and key.

        Args:
            timeout: As in the constructor.
            max_retries: As in the constructor.
            max_response_bytes: As in the constructor.
            default_headers: Added to this client's.
            default_query: Added to this client's.
            retry_paid: As in the constructor.
        """
        other = object.__new__(type(self))
        other.core = self.core.copy(
            timeout=timeout,
            max_retries=max_retries,
            max_response_bytes=max_response_bytes,
            default_headers=default_headers,
            default_query=default_query,
            retry_paid=retry_paid,
        )
        return other

    def close(self) -> None:
        """Close the connections, unless the HTTP client was passed in."""
        self.core.close()

    def __enter__(self) -> Pollinations:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Pollinations(base_url={self.core.servers['gateway']!r})"


class AsyncPollinations:
    """Client for pollinations.ai API, asynchronous.

    Closing it, or leaving its `async with` block, closes the connections. It may
    be shared by tasks of one event loop.

    Args:
        api_key: The key; by default that of the environment variable POLLINATIONS_API_KEY. Public operations need none
            and never get it.
        base_url: URL of the gateway. When it is changed, media operations need `media_base_url` as well.
        media_base_url: URL of the media host.
        timeout: Seconds to wait for the next byte (300 by default, 10 for connecting); None waits forever. A `Timeout`
            sets each step, and with `total` the whole call: `Timeout(30, total=120)`.
        max_retries: How often a call is repeated where that is safe. Nothing sent, 408 and 429: always. Calls that
            cost nothing: also after lost connections and 5xx. Paid GETs: also after 5xx. Paid POSTs: after 503 with
            Retry-After only. A Retry-After of more than 60 seconds is raised at once.
        max_response_bytes: The most bytes that a response may have, after decompression. By default 64 MiB where it
            is held in memory, and no limit for `with_streaming_response`, read in pieces or saved; None sets no limit.
        default_headers: Headers for every request.
        default_query: Query parameters for every request.
        http_client: Your own HTTP client, for proxies, certificates or tests. It is not closed, and cookies that it
            was sent are not sent back.
        key_in_query: Send the key as the query parameter `key` instead of in a header.
        retry_paid: Repeat paid calls like the others; a call whose response was lost may then be paid for twice.

    Raises:
        ConfigurationError: A value cannot be used.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        media_base_url: str | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int = DEFAULT_MAX_RETRIES,
        max_response_bytes: int | Unset | None = UNSET,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, Any] | None = None,
        http_client: AsyncHTTPClient | None = None,
        key_in_query: bool = False,
        retry_paid: bool = False,
    ) -> None:
        self.core = AsyncCore(
            api_key=api_key,
            base_url=base_url,
            media_base_url=media_base_url,
            timeout=timeout,
            max_retries=max_retries,
            max_response_bytes=max_response_bytes,
            default_headers=default_headers,
            default_query=default_query,
            http_client=http_client,
            key_in_query=key_in_query,
            retry_paid=retry_paid,
            servers=SERVERS,
            user_agent=_USER_AGENT,
        )

    @cached_property
    def account(self) -> AsyncAccountResource:
        """The owner of the key, the remaining balance and the recorded usage. Free of charge."""
        from .resources.account import AsyncAccountResource

        return AsyncAccountResource(self.core)

    @cached_property
    def models(self) -> AsyncModelsResource:
        """The available models with their names and prices. Public and free of charge."""
        from .resources.models import AsyncModelsResource

        return AsyncModelsResource(self.core)

    @cached_property
    def chat(self) -> AsyncChatResource:
        """Conversations in the format of OpenAI's chat completions. Costs pollen per token."""
        from .resources.chat import AsyncChatResource

        return AsyncChatResource(self.core)

    @cached_property
    def text(self) -> AsyncTextResource:
        """One prompt in, one text out, with a plain GET. Costs pollen per token."""
        from .resources.text import AsyncTextResource

        return AsyncTextResource(self.core)

    @cached_property
    def image(self) -> AsyncImageResource:
        """Images and short videos. Costs pollen per image, token or second."""
        from .resources.image import AsyncImageResource

        return AsyncImageResource(self.core)

    @cached_property
    def audio(self) -> AsyncAudioResource:
        """Speech, music and transcription. Costs pollen per character or second."""
        from .resources.audio import AsyncAudioResource

        return AsyncAudioResource(self.core)

    @cached_property
    def media(self) -> AsyncMediaResource:
        """Content-addressed storage for input files, on its own host. Free of charge."""
        from .resources.media import AsyncMediaResource

        return AsyncMediaResource(self.core)

    def with_options(
        self,
        *,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
        max_response_bytes: int | Unset | None = UNSET,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, Any] | None = None,
        retry_paid: bool | None = None,
    ) -> AsyncPollinations:
        """Make a client with other settings that shares this one's connections and key.

        Args:
            timeout: As in the constructor.
            max_retries: As in the constructor.
            max_response_bytes: As in the constructor.
            default_headers: Added to this client's.
            default_query: Added to this client's.
            retry_paid: As in the constructor.
        """
        other = object.__new__(type(self))
        other.core = self.core.copy(
            timeout=timeout,
            max_retries=max_retries,
            max_response_bytes=max_response_bytes,
            default_headers=default_headers,
            default_query=default_query,
            retry_paid=retry_paid,
        )
        return other

    async def close(self) -> None:
        """Close the connections, unless the HTTP client was passed in."""
        await self.core.close()

    async def __aenter__(self) -> AsyncPollinations:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncPollinations(base_url={self.core.servers['gateway']!r})"
