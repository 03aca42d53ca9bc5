"""How a server behaves beyond the contract."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path


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
    edge_limit: int | None = None
    contract: Path | None = None
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
