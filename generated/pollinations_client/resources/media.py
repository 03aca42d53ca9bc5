"""Resources below `client.media`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from .._operation import Options
from .._resource import AsyncResource, Resource, as_async_open, as_async_raw, as_open, as_raw
from ..api.media import get_media, head_media, upload_media
from ..errors import NotFoundError
from ..types import UNSET, FileInput, Unset

if TYPE_CHECKING:
    from .._content import Binary, Metadata
    from .._core import AsyncCore, SyncCore
    from .._http import Timeout
    from ..models.upload import Upload


class MediaResource(Resource):
    """Content-addressed storage for input files, on its own host. Free of charge."""

    def upload(
        self,
        file: FileInput,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        form: Literal["multipart", "raw", "json"] = "multipart",
        verify: bool = False,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Upload:
        """Store a file.

        Store an image, audio or video file of up to 10 MB (10485760 bytes) and return its URL, which can be
        used as `image` of a generation. The URL contains a hash of the bytes: the same file always has the
        same URL. The body may be a form, the raw bytes, or JSON with base64. Free of charge, with any valid
        key.

        Args:
            file: A path, bytes or a binary file object, or a tuple (name, content, content type).
            filename: Name to store with it; that of the file by default.
            content_type: Media type; guessed from the name by default.
            form: How the bytes travel: as a form (multipart), as the body itself (raw), or as base64 in
                JSON.
            verify: Compare the returned content hash with that of the bytes sent.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Upload = self._core.call(
            **upload_media.get_kwargs(
                file=file,
                filename=filename,
                content_type=content_type,
                form=form,
            ),
            verify="id" if verify else "",
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    def retrieve(
        self,
        hash: str,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Binary:
        """Fetch a stored file.

        Return the bytes as they were uploaded. Public, free of charge, and cacheable forever.

        Args:
            hash: The id from the upload, 16 hexadecimal digits.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The bytes, with their content type and what the headers report.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Binary = self._core.call(
            **get_media.get_kwargs(
                hash=hash,
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    def head(
        self,
        hash: str,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Metadata:
        """Check whether a file is stored.

        Return the headers of `GET` without the file. Public and free of charge.

        Args:
            hash: The id from the upload, 16 hexadecimal digits.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            What the headers report.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Metadata = self._core.call(
            **head_media.get_kwargs(
                hash=hash,
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    def exists(
        self,
        hash: str,
        *,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> bool:
        """Return whether it is there: False for 404, True for a success.

        Args:
            hash: The id from the upload, 16 hexadecimal digits.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Raises:
            PollinationsError: The call failed in another way.
        """
        try:
            self._core.call(
                **head_media.get_kwargs(
                    hash=hash,
                ),
                options=Options(timeout=timeout, max_retries=max_retries),
            )
        except NotFoundError:
            return False
        return True

    @property
    def with_raw_response(self) -> MediaResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return MediaResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> MediaResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `with`."""
        return MediaResourceWithStreamingResponse(self._core)


class MediaResourceWithRawResponse:
    """Methods of `MediaResource` that return the whole response."""

    def __init__(self, core: SyncCore) -> None:
        resource = MediaResource(core, "raw")
        self.upload = as_raw(resource.upload)
        self.retrieve = as_raw(resource.retrieve)
        self.head = as_raw(resource.head)


class MediaResourceWithStreamingResponse:
    """Methods of `MediaResource` whose response is read piece by piece."""

    def __init__(self, core: SyncCore) -> None:
        resource = MediaResource(core, "open")
        self.upload = as_open(resource.upload)
        self.retrieve = as_open(resource.retrieve)
        self.head = as_open(resource.head)


class AsyncMediaResource(AsyncResource):
    """Content-addressed storage for input files, on its own host. Free of charge."""

    async def upload(
        self,
        file: FileInput,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        form: Literal["multipart", "raw", "json"] = "multipart",
        verify: bool = False,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Upload:
        """Store a file.

        Store an image, audio or video file of up to 10 MB (10485760 bytes) and return its URL, which can be
        used as `image` of a generation. The URL contains a hash of the bytes: the same file always has the
        same URL. The body may be a form, the raw bytes, or JSON with base64. Free of charge, with any valid
        key.

        Args:
            file: A path, bytes or a binary file object, or a tuple (name, content, content type).
            filename: Name to store with it; that of the file by default.
            content_type: Media type; guessed from the name by default.
            form: How the bytes travel: as a form (multipart), as the body itself (raw), or as base64 in
                JSON.
            verify: Compare the returned content hash with that of the bytes sent.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Upload = await self._core.call(
            **upload_media.get_kwargs(
                file=file,
                filename=filename,
                content_type=content_type,
                form=form,
            ),
            verify="id" if verify else "",
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    async def retrieve(
        self,
        hash: str,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Binary:
        """Fetch a stored file.

        Return the bytes as they were uploaded. Public, free of charge, and cacheable forever.

        Args:
            hash: The id from the upload, 16 hexadecimal digits.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The bytes, with their content type and what the headers report.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Binary = await self._core.call(
            **get_media.get_kwargs(
                hash=hash,
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    async def head(
        self,
        hash: str,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Metadata:
        """Check whether a file is stored.

        Return the headers of `GET` without the file. Public and free of charge.

        Args:
            hash: The id from the upload, 16 hexadecimal digits.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            What the headers report.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Metadata = await self._core.call(
            **head_media.get_kwargs(
                hash=hash,
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    async def exists(
        self,
        hash: str,
        *,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> bool:
        """Return whether it is there: False for 404, True for a success.

        Args:
            hash: The id from the upload, 16 hexadecimal digits.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Raises:
            PollinationsError: The call failed in another way.
        """
        try:
            await self._core.call(
                **head_media.get_kwargs(
                    hash=hash,
                ),
                options=Options(timeout=timeout, max_retries=max_retries),
            )
        except NotFoundError:
            return False
        return True

    @property
    def with_raw_response(self) -> AsyncMediaResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return AsyncMediaResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> AsyncMediaResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `async with`."""
        return AsyncMediaResourceWithStreamingResponse(self._core)


class AsyncMediaResourceWithRawResponse:
    """Methods of `AsyncMediaResource` that return the whole response."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncMediaResource(core, "raw")
        self.upload = as_async_raw(resource.upload)
        self.retrieve = as_async_raw(resource.retrieve)
        self.head = as_async_raw(resource.head)


class AsyncMediaResourceWithStreamingResponse:
    """Methods of `AsyncMediaResource` whose response is read piece by piece."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncMediaResource(core, "open")
        self.upload = as_async_open(resource.upload)
        self.retrieve = as_async_open(resource.retrieve)
        self.head = as_async_open(resource.head)
