"""Resources below `client.image`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from .._operation import Options
from .._resource import AsyncResource, Resource, as_async_open, as_async_raw, as_open, as_raw
from ..api.image import generate_image
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .._content import Binary
    from .._core import AsyncCore, SyncCore
    from .._http import Timeout
    from ..models.image_model_name import ImageModelName


class ImageResource(Resource):
    """Images and short videos. Costs pollen per image, token or second."""

    def generate(
        self,
        prompt: str,
        *,
        model: ImageModelName | None = None,
        width: int | None = None,
        height: int | None = None,
        seed: int | None = None,
        enhance: bool | None = None,
        negative_prompt: str | None = None,
        safe: bool | None = None,
        quality: Literal["low", "medium", "high", "hd"] | str | None = None,
        image: str | None = None,
        transparent: bool | None = None,
        duration: int | None = None,
        aspect_ratio: str | None = None,
        audio: bool | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Binary:
        """Generate an image or a video.

        Return the bytes of an image, or of a video when the model generates videos. The prompt is the rest
        of the path: it may contain slashes and line breaks, but encoding them is safer. Image models are,
        among others, flux, turbo, gptimage, kontext, seedream, nanobanana and nanobanana-pro; video models
        are veo (4 to 8 seconds) and seedance (2 to 10 seconds, from text or an image). `/image/models` has
        the current list. Costs pollen per image, token or second of video. The response to a repeated
        request comes from the cache, free of charge, unless `seed` is -1. A video can take minutes.

        Args:
            prompt: What the image or video shows.
            model: Name or alias of an image or video model, see `/image/models`. The service assumes zimage
                when it is not given.
            width: Width in pixels. From 0. The service assumes 1024 when it is not given.
            height: Height in pixels. From 0. The service assumes 1024 when it is not given.
            seed: The same seed and prompt produce the same image. -1 requests a fresh one and skips the
                cache. From -1 to 2147483647. The service assumes 0 when it is not given.
            enhance: Let a text model improve the prompt first. The service assumes false when it is not
                given.
            negative_prompt: What the image must not show. The service assumes worst quality, blurry when it
                is not given.
            safe: Enable the content filters. The service assumes false when it is not given.
            quality: The quality of the image; only gptimage supports it. The service assumes medium when it
                is not given.
            image: URLs of reference images, separated by `|` (or `,`). veo uses the first as its first
                frame and the second as its last. Percent-encode them in a URL that you write by hand.
            transparent: Make the background transparent; only gptimage supports it. The service assumes
                false when it is not given.
            duration: Length of the video in seconds (veo 4, 6 or 8; seedance 2 to 10). From 1 to 10.
            aspect_ratio: Aspect ratio of the video, `16:9` or `9:16` (veo and seedance).
            audio: Generate audio for the video; only veo supports it. The service assumes false when it is
                not given.
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
            **generate_image.get_kwargs(
                prompt=prompt,
                model=model,
                width=width,
                height=height,
                seed=seed,
                enhance=enhance,
                negative_prompt=negative_prompt,
                safe=safe,
                quality=quality,
                image=image,
                transparent=transparent,
                duration=duration,
                aspect_ratio=aspect_ratio,
                audio=audio,
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> ImageResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return ImageResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> ImageResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `with`."""
        return ImageResourceWithStreamingResponse(self._core)


class ImageResourceWithRawResponse:
    """Methods of `ImageResource` that return the whole response."""

    def __init__(self, core: SyncCore) -> None:
        resource = ImageResource(core, "raw")
        self.generate = as_raw(resource.generate)


class ImageResourceWithStreamingResponse:
    """Methods of `ImageResource` whose response is read piece by piece."""

    def __init__(self, core: SyncCore) -> None:
        resource = ImageResource(core, "open")
        self.generate = as_open(resource.generate)


class AsyncImageResource(AsyncResource):
    """Images and short videos. Costs pollen per image, token or second."""

    async def generate(
        self,
        prompt: str,
        *,
        model: ImageModelName | None = None,
        width: int | None = None,
        height: int | None = None,
        seed: int | None = None,
        enhance: bool | None = None,
        negative_prompt: str | None = None,
        safe: bool | None = None,
        quality: Literal["low", "medium", "high", "hd"] | str | None = None,
        image: str | None = None,
        transparent: bool | None = None,
        duration: int | None = None,
        aspect_ratio: str | None = None,
        audio: bool | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Binary:
        """Generate an image or a video.

        Return the bytes of an image, or of a video when the model generates videos. The prompt is the rest
        of the path: it may contain slashes and line breaks, but encoding them is safer. Image models are,
        among others, flux, turbo, gptimage, kontext, seedream, nanobanana and nanobanana-pro; video models
        are veo (4 to 8 seconds) and seedance (2 to 10 seconds, from text or an image). `/image/models` has
        the current list. Costs pollen per image, token or second of video. The response to a repeated
        request comes from the cache, free of charge, unless `seed` is -1. A video can take minutes.

        Args:
            prompt: What the image or video shows.
            model: Name or alias of an image or video model, see `/image/models`. The service assumes zimage
                when it is not given.
            width: Width in pixels. From 0. The service assumes 1024 when it is not given.
            height: Height in pixels. From 0. The service assumes 1024 when it is not given.
            seed: The same seed and prompt produce the same image. -1 requests a fresh one and skips the
                cache. From -1 to 2147483647. The service assumes 0 when it is not given.
            enhance: Let a text model improve the prompt first. The service assumes false when it is not
                given.
            negative_prompt: What the image must not show. The service assumes worst quality, blurry when it
                is not given.
            safe: Enable the content filters. The service assumes false when it is not given.
            quality: The quality of the image; only gptimage supports it. The service assumes medium when it
                is not given.
            image: URLs of reference images, separated by `|` (or `,`). veo uses the first as its first
                frame and the second as its last. Percent-encode them in a URL that you write by hand.
            transparent: Make the background transparent; only gptimage supports it. The service assumes
                false when it is not given.
            duration: Length of the video in seconds (veo 4, 6 or 8; seedance 2 to 10). From 1 to 10.
            aspect_ratio: Aspect ratio of the video, `16:9` or `9:16` (veo and seedance).
            audio: Generate audio for the video; only veo supports it. The service assumes false when it is
                not given.
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
            **generate_image.get_kwargs(
                prompt=prompt,
                model=model,
                width=width,
                height=height,
                seed=seed,
                enhance=enhance,
                negative_prompt=negative_prompt,
                safe=safe,
                quality=quality,
                image=image,
                transparent=transparent,
                duration=duration,
                aspect_ratio=aspect_ratio,
                audio=audio,
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> AsyncImageResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return AsyncImageResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> AsyncImageResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `async with`."""
        return AsyncImageResourceWithStreamingResponse(self._core)


class AsyncImageResourceWithRawResponse:
    """Methods of `AsyncImageResource` that return the whole response."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncImageResource(core, "raw")
        self.generate = as_async_raw(resource.generate)


class AsyncImageResourceWithStreamingResponse:
    """Methods of `AsyncImageResource` whose response is read piece by piece."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncImageResource(core, "open")
        self.generate = as_async_open(resource.generate)
