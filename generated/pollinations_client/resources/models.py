"""Resources below `client.models`."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._operation import Options
from .._resource import AsyncResource, Resource, as_async_open, as_async_raw, as_open, as_raw
from ..api.models import list_audio_models, list_image_models, list_models, list_text_models
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .._core import AsyncCore, SyncCore
    from .._http import Timeout
    from ..models.model_info import ModelInfo
    from ..models.model_list import ModelList


class ModelsResource(Resource):
    """The available models with their names and prices. Public and free of charge."""

    def list(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> ModelList:
        """List text models in OpenAI's format.

        Return the names of the models for chat and text generation, without prices. For a key that is
        restricted to some models, only those are listed. Public and free of charge.

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
        result: ModelList = self._core.call(
            **list_models.get_kwargs(),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    def image(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> builtins.list[ModelInfo]:
        """List image and video models with prices.

        Return every model of `/image/{prompt}`, video models included, with its price in pollen. For a key
        that is restricted to some models, only those are listed. Public and free of charge.

        Args:
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded items.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: builtins.list[ModelInfo] = self._core.call(
            **list_image_models.get_kwargs(),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    def text(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> builtins.list[ModelInfo]:
        """List text models with prices.

        Return every model of chat and `/text/{prompt}`, with its price in pollen, its aliases and its input
        and output modalities. For a key that is restricted to some models, only those are listed. Public
        and free of charge.

        Args:
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded items.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: builtins.list[ModelInfo] = self._core.call(
            **list_text_models.get_kwargs(),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    def audio(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> builtins.list[ModelInfo]:
        """List speech, music and transcription models with prices.

        Return every model of the audio operations, with its price in pollen and, for speech, its voices.
        For a key that is restricted to some models, only those are listed. Public and free of charge.

        Args:
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded items.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: builtins.list[ModelInfo] = self._core.call(
            **list_audio_models.get_kwargs(),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> ModelsResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return ModelsResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> ModelsResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `with`."""
        return ModelsResourceWithStreamingResponse(self._core)


class ModelsResourceWithRawResponse:
    """Methods of `ModelsResource` that return the whole response."""

    def __init__(self, core: SyncCore) -> None:
        resource = ModelsResource(core, "raw")
        self.list = as_raw(resource.list)
        self.image = as_raw(resource.image)
        self.text = as_raw(resource.text)
        self.audio = as_raw(resource.audio)


class ModelsResourceWithStreamingResponse:
    """Methods of `ModelsResource` whose response is read piece by piece."""

    def __init__(self, core: SyncCore) -> None:
        resource = ModelsResource(core, "open")
        self.list = as_open(resource.list)
        self.image = as_open(resource.image)
        self.text = as_open(resource.text)
        self.audio = as_open(resource.audio)


class AsyncModelsResource(AsyncResource):
    """The available models with their names and prices. Public and free of charge."""

    async def list(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> ModelList:
        """List text models in OpenAI's format.

        Return the names of the models for chat and text generation, without prices. For a key that is
        restricted to some models, only those are listed. Public and free of charge.

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
        result: ModelList = await self._core.call(
            **list_models.get_kwargs(),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    async def image(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> builtins.list[ModelInfo]:
        """List image and video models with prices.

        Return every model of `/image/{prompt}`, video models included, with its price in pollen. For a key
        that is restricted to some models, only those are listed. Public and free of charge.

        Args:
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded items.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: builtins.list[ModelInfo] = await self._core.call(
            **list_image_models.get_kwargs(),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    async def text(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> builtins.list[ModelInfo]:
        """List text models with prices.

        Return every model of chat and `/text/{prompt}`, with its price in pollen, its aliases and its input
        and output modalities. For a key that is restricted to some models, only those are listed. Public
        and free of charge.

        Args:
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded items.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: builtins.list[ModelInfo] = await self._core.call(
            **list_text_models.get_kwargs(),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    async def audio(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> builtins.list[ModelInfo]:
        """List speech, music and transcription models with prices.

        Return every model of the audio operations, with its price in pollen and, for speech, its voices.
        For a key that is restricted to some models, only those are listed. Public and free of charge.

        Args:
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded items.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: builtins.list[ModelInfo] = await self._core.call(
            **list_audio_models.get_kwargs(),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> AsyncModelsResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return AsyncModelsResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> AsyncModelsResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `async with`."""
        return AsyncModelsResourceWithStreamingResponse(self._core)


class AsyncModelsResourceWithRawResponse:
    """Methods of `AsyncModelsResource` that return the whole response."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncModelsResource(core, "raw")
        self.list = as_async_raw(resource.list)
        self.image = as_async_raw(resource.image)
        self.text = as_async_raw(resource.text)
        self.audio = as_async_raw(resource.audio)


class AsyncModelsResourceWithStreamingResponse:
    """Methods of `AsyncModelsResource` whose response is read piece by piece."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncModelsResource(core, "open")
        self.list = as_async_open(resource.list)
        self.image = as_async_open(resource.image)
        self.text = as_async_open(resource.text)
        self.audio = as_async_open(resource.audio)
