"""generateAudio: GET /audio/{text}."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from ..._operation import Operation
from ...types import Response

if TYPE_CHECKING:
    from ..._content import Binary
    from ...client import AsyncPollinations, Pollinations
    from ...models.audio_format import AudioFormat
    from ...models.audio_model_name import AudioModelName
    from ...models.voice import Voice

OPERATION: Final = Operation(
    id="generateAudio",
    name="client.audio.generate",
    method="GET",
    path="/audio/{text}",
    host="gateway",
    auth="required",
    idempotent=False,
    answer="binary",
    accepts=(
        "audio/mpeg",
        "audio/opus",
        "audio/aac",
        "audio/flac",
        "audio/wav",
        "audio/*",
    ),
)


def get_kwargs(
    *,
    text: str,
    voice: Voice | None = None,
    response_format: AudioFormat | None = None,
    model: AudioModelName | None = None,
    duration: str | None = None,
    instrumental: Literal["true", "false"] | str | None = None,
) -> dict[str, Any]:
    """Return the arguments that the runtime makes the request from."""
    return {
        "operation": OPERATION,
        "path": {
            "text": text,
        },
        "query": {
            "voice": voice,
            "response_format": response_format,
            "model": model,
            "duration": duration,
            "instrumental": instrumental,
        },
    }


def sync_detailed(
    text: str,
    *,
    client: Pollinations,
    voice: Voice | None = None,
    response_format: AudioFormat | None = None,
    model: AudioModelName | None = None,
    duration: str | None = None,
    instrumental: Literal["true", "false"] | str | None = None,
) -> Response[Binary]:
    """Generate speech or music.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[Binary] = client.core.call(
        **get_kwargs(
            text=text,
            voice=voice,
            response_format=response_format,
            model=model,
            duration=duration,
            instrumental=instrumental,
        ),
        mode="raw",
    )
    return result


def sync(
    text: str,
    *,
    client: Pollinations,
    voice: Voice | None = None,
    response_format: AudioFormat | None = None,
    model: AudioModelName | None = None,
    duration: str | None = None,
    instrumental: Literal["true", "false"] | str | None = None,
) -> Binary:
    """Generate speech or music.

    Return speech or music. The text is the path, percent-encoded as one segment; the response is audio.
    `elevenlabs` generates speech (with a choice of voice and format), `elevenmusic` composes music (3 to
    300 seconds). Costs pollen per character or second; responses are not cached.

    Args:
        text: The text of the speech, or a description of the music.
        voice: One of the preset voices; speech only. The service assumes alloy when it is not given.
        response_format: Format of the audio; speech only. The service assumes mp3 when it is not given.
        model: Name or alias of a speech or music model; `elevenlabs` when absent.
        duration: Duration of the music in seconds, 3 to 300, written as digits.
        instrumental: Compose without vocals; music only. The service assumes false when it is not given.

    Returns:
        The bytes, with their content type and what the headers report.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(
        text=text,
        voice=voice,
        response_format=response_format,
        model=model,
        duration=duration,
        instrumental=instrumental,
        client=client,
    ).parsed


async def asyncio_detailed(
    text: str,
    *,
    client: AsyncPollinations,
    voice: Voice | None = None,
    response_format: AudioFormat | None = None,
    model: AudioModelName | None = None,
    duration: str | None = None,
    instrumental: Literal["true", "false"] | str | None = None,
) -> Response[Binary]:
    """Generate speech or music.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[Binary] = await client.core.call(
        **get_kwargs(
            text=text,
            voice=voice,
            response_format=response_format,
            model=model,
            duration=duration,
            instrumental=instrumental,
        ),
        mode="raw",
    )
    return result


async def asyncio(
    text: str,
    *,
    client: AsyncPollinations,
    voice: Voice | None = None,
    response_format: AudioFormat | None = None,
    model: AudioModelName | None = None,
    duration: str | None = None,
    instrumental: Literal["true", "false"] | str | None = None,
) -> Binary:
    """Generate speech or music.

    Return speech or music. The text is the path, percent-encoded as one segment; the response is audio.
    `elevenlabs` generates speech (with a choice of voice and format), `elevenmusic` composes music (3 to
    300 seconds). Costs pollen per character or second; responses are not cached.

    Args:
        text: The text of the speech, or a description of the music.
        voice: One of the preset voices; speech only. The service assumes alloy when it is not given.
        response_format: Format of the audio; speech only. The service assumes mp3 when it is not given.
        model: Name or alias of a speech or music model; `elevenlabs` when absent.
        duration: Duration of the music in seconds, 3 to 300, written as digits.
        instrumental: Compose without vocals; music only. The service assumes false when it is not given.

    Returns:
        The bytes, with their content type and what the headers report.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (
        await asyncio_detailed(
            text=text,
            voice=voice,
            response_format=response_format,
            model=model,
            duration=duration,
            instrumental=instrumental,
            client=client,
        )
    ).parsed
