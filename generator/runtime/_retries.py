"""Whether a failed call is repeated, and after how many seconds."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping
from typing import Final

from ._operation import Operation
from .errors import APIConnectionError, APIStatusError, PollinationsError

DEFAULT_MAX_RETRIES: Final = 2
MAX_RETRY_AFTER: Final = 60.0
"""Seconds: when the service wants a longer pause, the error is raised at once instead of sleeping."""
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 8.0


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Read Retry-After, in seconds or as an HTTP date.

    Args:
        headers: response headers.
        now: seconds since the epoch; the clock by default.

    Returns:
        Seconds to wait, never negative; None when there is no readable value.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        return float(text)
    import email.utils  # seldom needed, and a third of the time that importing this package takes

    try:
        parsed = email.utils.parsedate_tz(text)
        if parsed is None:
            return None
        return max(0.0, email.utils.mktime_tz(parsed) - (time.time() if now is None else now))
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def pause(
    operation: Operation, failure: PollinationsError, attempt: int, retry_paid: bool
) -> float | None:
    """Decide whether to try again.

    Nothing sent, 408 and 429 are always repeated: no work was begun. A call that costs nothing, or that is
    idempotent, is repeated after any connection failure or 5xx. A paid GET is repeated after 5xx: the service
    keeps responses by URL, and a failure costs nothing. A paid POST is repeated after 503 with Retry-After only,
    or like the others with `retry_paid`.

    Args:
        operation: what was called.
        failure: how it ended.
        attempt: how often it was repeated before.
        retry_paid: True to repeat paid calls like the others.

    Returns:
        Seconds to wait first, or None to give up.
    """
    free = operation.idempotent or retry_paid
    wait: float | None = None
    if isinstance(failure, APIConnectionError):
        again = failure.nothing_sent or free
    elif isinstance(failure, APIStatusError):
        wait = failure.retry_after
        status = failure.status_code
        if status in (408, 429):
            again = True
        elif status >= 500 and status != 501:
            again = free or operation.method == "GET" or (status == 503 and wait is not None)
        else:
            again = False
    else:
        return None
    if not again:
        return None
    if wait is not None:
        return None if wait > MAX_RETRY_AFTER else wait + random.random() * 0.1 * min(wait, 1)
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(attempt, 10))
    return longest * (0.5 + random.random() / 2)
