"""createSpeech: POST /v1/audio/speech."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ..._operation import Operation
from ...types import Response

if TYPE_CHECKING:
    from ..._content import Binary
    from ...client import AsyncPollinations, Pollinations
    from ...models.create_speech_request import CreateSpeechRequest

OPERATION: Final = Operation(
    id="createSpeech",
    name="client.audio.speech.create",
    method="POST",
    path="/v1/audio/speech",
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
    body: CreateSpeechRequest | Mapping[str, Any],
) -> dict[str, Any]:
    """Return the arguments that the runtime makes the request from."""
    return {
        "operation": OPERATION,
        "body": body,
    }


def sync_detailed(
    *,
    client: Pollinations,
    body: CreateSpeechRequest | Mapping[str, Any],
) -> Response[Binary]:
    """Generate speech or music, in OpenAI's format.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[Binary] = client.core.call(
        **get_kwargs(
            body=body,
        ),
        mode="raw",
    )
    return result


def sync(
    *,
    client: Pollinations,
    body: CreateSpeechRequest | Mapping[str, Any],
) -> Binary:
    """Generate speech or music, in OpenAI's format.

    OpenAI's text-to-speech request. With `model` set to `elevenmusic` (or `music`) it composes music
    instead. Costs pollen per character or second; responses are not cached.

    Args:
        body: Body: the model or a mapping.

    Returns:
        The bytes, with their content type and what the headers report.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(body=body, client=client).parsed


async def asyncio_detailed(
    *,
    client: AsyncPollinations,
    body: CreateSpeechRequest | Mapping[str, Any],
) -> Response[Binary]:
    """Generate speech or music, in OpenAI's format.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[Binary] = await client.core.call(
        **get_kwargs(
            body=body,
        ),
        mode="raw",
    )
    return result


async def asyncio(
    *,
    client: AsyncPollinations,
    body: CreateSpeechRequest | Mapping[str, Any],
) -> Binary:
    """Generate speech or music, in OpenAI's format.

    OpenAI's text-to-speech request. With `model` set to `elevenmusic` (or `music`) it composes music
    instead. Costs pollen per character or second; responses are not cached.

    Args:
        body: Body: the model or a mapping.

    Returns:
        The bytes, with their content type and what the headers report.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (await asyncio_detailed(body=body, client=client)).parsed
