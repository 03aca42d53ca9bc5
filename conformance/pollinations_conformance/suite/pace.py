"""How fast requests follow each other."""

import threading

from pollinations_conformance.suite.clock import SYSTEM, Clock


class Pace:
    """How fast requests may follow each other; slows down when the server requires it.

    Args:
        per_second: requests per second; None for no limit.
        clock: the run's.
    """

    def __init__(self, per_second: float | None = None, clock: Clock = SYSTEM) -> None:
        self.per_second = per_second
        self.clock = clock
        self.throttled = 0
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Sleep until the next request may go."""
        with self._lock:
            now = self.clock.monotonic()
            start = max(now, self._next)
            self._next = start + (1 / self.per_second if self.per_second else 0)
        if start > now:
            self.clock.sleep(start - now)

    def slow(self, per_second: float, pause: float = 0.0) -> None:
        """Go no faster than this from now on, after a pause in seconds."""
        with self._lock:
            self.throttled += 1
            if self.per_second is None or self.per_second > per_second:
                self.per_second = per_second
            self._next = max(self._next, self.clock.monotonic() + pause)


class Bursts:
    """How requests with a key follow each other, once that key was used too often.

    The real gateway takes five of them, and further ones only when none came for a second.
    """

    SIZE = 4
    PAUSE = 1.25

    def __init__(self, clock: Clock = SYSTEM) -> None:
        self.clock = clock
        self._keys: dict[str, tuple[int, float]] = {}
        """By key: how many requests its last burst has, and when the last of them goes."""
        self._lock = threading.Lock()

    @property
    def active(self) -> bool:
        """Return whether a key was used too often."""
        return bool(self._keys)

    def wait(self, key: str | None) -> None:
        """Sleep until the next request with a key may go."""
        with self._lock:
            if key is None or key not in self._keys:
                return
            sent, last = self._keys[key]
            start = max(self.clock.monotonic(), last)
            if sent >= self.SIZE:
                start = max(start, last + self.PAUSE)
            sent = 0 if start >= last + self.PAUSE else sent
            self._keys[key] = sent + 1, start
        self.clock.sleep(max(0.0, start - self.clock.monotonic()))

    def slow(self, key: str) -> None:
        """Use a key in bursts from now on, after a pause."""
        with self._lock:
            now = self.clock.monotonic()
            if self._keys.get(key, (0, 0.0))[1] < now:  # otherwise a pause is to come already
                self._keys[key] = self.SIZE, now

    def forget(self, key: str) -> None:
        """Use a key as often as is wanted again."""
        with self._lock:
            self._keys.pop(key, None)
