"""How a server behaves beyond the contract."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SERVICE_DEPARTURES = {
    "createTranscription": "whisper fails with 500 for text, srt and vtt; scribe refuses srt and vtt",
    "uploadMedia": "files of every type are stored",
    "createChatCompletionLegacy": "there is no such route",
    "preflights": "exactly the requested headers are allowed",
    "empty balance": "403 in place of 402",
    "key over its request limit": "401 as for a missing key, in place of 429",
    "generateImage": "the prompt is decoded twice; an aspectRatio but 16:9 and 9:16 is refused with 400",
    "generateAudio, createSpeech": "flac arrives as raw samples",
}
"""What the profile `service` does otherwise than the contract says."""


@dataclass(slots=True)
class Options:
    """How a server behaves beyond the contract.

    Attributes:
        seed: of keys, generated content and media.
        latency: seconds every generation takes before its first byte.
        pace: seconds between the events of a stream.
        cached: whether responses are cached; without it every request is worked on and billed.
        strict: whether everything is refused that the contract lets a server refuse: query values
            other than true, false and plain numbers, cached responses without a key, and wrong
            methods with 405.
        profile: `contract`, or `service` for what the recorded service does where it departs from the
            contract: see `SERVICE_DEPARTURES`.
        edge_limit: requests in ten seconds from one IP address; None for no limit.
        contract: path of another contract than the package's own.
        clock: POSIX time in seconds; another one lets tests travel in time.
        sleep: waits for a number of seconds; another one lets tests skip every delay.
    """

    seed: int = 0
    latency: float = 0.0
    pace: float = 0.0
    cached: bool = True
    strict: bool = False
    profile: Literal["contract", "service"] = "contract"
    edge_limit: int | None = None
    contract: Path | None = None
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
