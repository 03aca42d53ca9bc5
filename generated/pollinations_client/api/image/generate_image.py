"""generateImage: GET /image/{prompt}."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from ..._operation import Operation
from ...types import Response

if TYPE_CHECKING:
    from ..._content import Binary
    from ...client import AsyncPollinations, Pollinations
    from ...models.image_model_name import ImageModelName

OPERATION: Final = Operation(
    id="generateImage",
    name="client.image.generate",
    method="GET",
    path="/image/{prompt}",
    host="gateway",
    auth="required",
    idempotent=False,
    answer="binary",
    accepts=(
        "image/jpeg",
        "image/png",
        "video/mp4",
    ),
)


def get_kwargs(
    *,
    prompt: str,
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
) -> dict[str, Any]:
    """Return the arguments that the runtime makes the request from."""
    return {
        "operation": OPERATION,
        "path": {
            "prompt": prompt,
        },
        "query": {
            "model": model,
            "width": width,
            "height": height,
            "seed": seed,
            "enhance": enhance,
            "negative_prompt": negative_prompt,
            "safe": safe,
            "quality": quality,
            "image": image,
            "transparent": transparent,
            "duration": duration,
            "aspectRatio": aspect_ratio,
            "audio": audio,
        },
    }


def sync_detailed(
    prompt: str,
    *,
    client: Pollinations,
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
) -> Response[Binary]:
    """Generate an image or a video.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[Binary] = client.core.call(
        **get_kwargs(
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
        mode="raw",
    )
    return result


def sync(
    prompt: str,
    *,
    client: Pollinations,
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
) -> Binary:
    """Generate an image or a video.

    Return the bytes of an image, or of a video when the model generates videos. The prompt is the rest of
    the path: it may contain slashes and line breaks, but encoding them is safer. Image models are, among
    others, flux, turbo, gptimage, kontext, seedream, nanobanana and nanobanana-pro; video models are veo (4
    to 8 seconds) and seedance (2 to 10 seconds, from text or an image). `/image/models` has the current
    list. Costs pollen per image, token or second of video. The response to a repeated request comes from
    the cache, free of charge, unless `seed` is -1. A video can take minutes.

    Args:
        prompt: What the image or video shows.
        model: Name or alias of an image or video model, see `/image/models`. The service assumes zimage
            when it is not given.
        width: Width in pixels. From 0. The service assumes 1024 when it is not given.
        height: Height in pixels. From 0. The service assumes 1024 when it is not given.
        seed: The same seed and prompt produce the same image. -1 requests a fresh one and skips the cache.
            From -1 to 2147483647. The service assumes 0 when it is not given.
        enhance: Let a text model improve the prompt first. The service assumes false when it is not given.
        negative_prompt: What the image must not show. The service assumes worst quality, blurry when it is
            not given.
        safe: Enable the content filters. The service assumes false when it is not given.
        quality: The quality of the image; only gptimage supports it. The service assumes medium when it is
            not given.
        image: URLs of reference images, separated by `|` (or `,`). veo uses the first as its first frame
            and the second as its last. Percent-encode them in a URL that you write by hand.
        transparent: Make the background transparent; only gptimage supports it. The service assumes false
            when it is not given.
        duration: Length of the video in seconds (veo 4, 6 or 8; seedance 2 to 10). From 1 to 10.
        aspect_ratio: Aspect ratio of the video, `16:9` or `9:16` (veo and seedance).
        audio: Generate audio for the video; only veo supports it. The service assumes false when it is not
            given.

    Returns:
        The bytes, with their content type and what the headers report.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(
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
        client=client,
    ).parsed


async def asyncio_detailed(
    prompt: str,
    *,
    client: AsyncPollinations,
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
) -> Response[Binary]:
    """Generate an image or a video.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[Binary] = await client.core.call(
        **get_kwargs(
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
        mode="raw",
    )
    return result


async def asyncio(
    prompt: str,
    *,
    client: AsyncPollinations,
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
) -> Binary:
    """Generate an image or a video.

    Return the bytes of an image, or of a video when the model generates videos. The prompt is the rest of
    the path: it may contain slashes and line breaks, but encoding them is safer. Image models are, among
    others, flux, turbo, gptimage, kontext, seedream, nanobanana and nanobanana-pro; video models are veo (4
    to 8 seconds) and seedance (2 to 10 seconds, from text or an image). `/image/models` has the current
    list. Costs pollen per image, token or second of video. The response to a repeated request comes from
    the cache, free of charge, unless `seed` is -1. A video can take minutes.

    Args:
        prompt: What the image or video shows.
        model: Name or alias of an image or video model, see `/image/models`. The service assumes zimage
            when it is not given.
        width: Width in pixels. From 0. The service assumes 1024 when it is not given.
        height: Height in pixels. From 0. The service assumes 1024 when it is not given.
        seed: The same seed and prompt produce the same image. -1 requests a fresh one and skips the cache.
            From -1 to 2147483647. The service assumes 0 when it is not given.
        enhance: Let a text model improve the prompt first. The service assumes false when it is not given.
        negative_prompt: What the image must not show. The service assumes worst quality, blurry when it is
            not given.
        safe: Enable the content filters. The service assumes false when it is not given.
        quality: The quality of the image; only gptimage supports it. The service assumes medium when it is
            not given.
        image: URLs of reference images, separated by `|` (or `,`). veo uses the first as its first frame
            and the second as its last. Percent-encode them in a URL that you write by hand.
        transparent: Make the background transparent; only gptimage supports it. The service assumes false
            when it is not given.
        duration: Length of the video in seconds (veo 4, 6 or 8; seedance 2 to 10). From 1 to 10.
        aspect_ratio: Aspect ratio of the video, `16:9` or `9:16` (veo and seedance).
        audio: Generate audio for the video; only veo supports it. The service assumes false when it is not
            given.

    Returns:
        The bytes, with their content type and what the headers report.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (
        await asyncio_detailed(
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
            client=client,
        )
    ).parsed
