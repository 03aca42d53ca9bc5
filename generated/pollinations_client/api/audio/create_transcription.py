"""createTranscription: POST /v1/audio/transcriptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ..._operation import Operation
from ..._requests import fields_of
from ..._uploads import multipart
from ...types import Response

if TYPE_CHECKING:
    from ..._content import Text
    from ...client import AsyncPollinations, Pollinations
    from ...models.create_transcription_request import CreateTranscriptionRequest
    from ...models.transcription import Transcription

OPERATION: Final = Operation(
    id="createTranscription",
    name="client.audio.transcriptions.create",
    method="POST",
    path="/v1/audio/transcriptions",
    host="gateway",
    auth="required",
    idempotent=False,
    answer="json",
    accepts=(
        "application/json",
        "text/plain",
    ),
    model="Transcription",
)


def get_kwargs(
    *,
    body: CreateTranscriptionRequest | Mapping[str, Any],
) -> dict[str, Any]:
    """Return the arguments that the runtime makes the request from."""
    return {
        "operation": OPERATION,
        "payload": lambda: multipart(fields_of(body), ("file",)),
    }


def sync_detailed(
    *,
    client: Pollinations,
    body: CreateTranscriptionRequest | Mapping[str, Any],
) -> Response[Transcription | Text]:
    """Transcribe audio.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[Transcription | Text] = client.core.call(
        **get_kwargs(
            body=body,
        ),
        mode="raw",
    )
    return result


def sync(
    *,
    client: Pollinations,
    body: CreateTranscriptionRequest | Mapping[str, Any],
) -> Transcription | Text:
    """Transcribe audio.

    OpenAI's transcription request, served by Whisper or ElevenLabs Scribe. Accepts mp3, mp4, mpeg, mpga,
    m4a, wav and webm files. Costs pollen per second of audio.

    Args:
        body: Body: the model or a mapping.

    Returns:
        The decoded response. With response_format text or srt or vtt the text.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(body=body, client=client).parsed


async def asyncio_detailed(
    *,
    client: AsyncPollinations,
    body: CreateTranscriptionRequest | Mapping[str, Any],
) -> Response[Transcription | Text]:
    """Transcribe audio.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[Transcription | Text] = await client.core.call(
        **get_kwargs(
            body=body,
        ),
        mode="raw",
    )
    return result


async def asyncio(
    *,
    client: AsyncPollinations,
    body: CreateTranscriptionRequest | Mapping[str, Any],
) -> Transcription | Text:
    """Transcribe audio.

    OpenAI's transcription request, served by Whisper or ElevenLabs Scribe. Accepts mp3, mp4, mpeg, mpga,
    m4a, wav and webm files. Costs pollen per second of audio.

    Args:
        body: Body: the model or a mapping.

    Returns:
        The decoded response. With response_format text or srt or vtt the text.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (await asyncio_detailed(body=body, client=client)).parsed
