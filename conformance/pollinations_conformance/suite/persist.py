"""Send a request again when the server only requires a slower pace, or a provider failed."""

import functools
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from pollinations_conformance.suite.exchange import Exchange, is_transient
from pollinations_conformance.suite.keyring import KeyUse
from pollinations_conformance.suite.payload import Payload
from pollinations_conformance.suite.target import Target

PATIENCE = 12
"""So many times in a row waiting for a busy server may be in vain; then its responses are taken."""


class Persistence:
    """How a run sends requests that may have to wait.

    Args:
        target: the server under test.
        keys: which of them it has accepted.
    """

    def __init__(self, target: Target, keys: KeyUse) -> None:
        self.target = target
        self.clock = target.clock
        self.keys = keys
        self._vain_waits = 0
        """How often in a row waiting did not help."""
        self._vain_pauses: dict[str, int] = {}
        """How often in a row a pause after a 401 did not help, by key, host and place of the key."""
        self._worked: set[str] = set()
        """Where a key was not refused at least once."""
        self._helped: set[str] = set()
        """Roles of keys that are used less often because a pause has helped."""

    def send(
        self,
        method: str,
        url: str,
        headers: list[tuple[str, str]],
        payload: Payload | None,
        role: str | None,
        throttled: bool,
    ) -> Exchange:
        """Send a request, at most four times, and return the last exchange.

        Args:
            method: HTTP method.
            url: absolute and percent-encoded.
            headers: all of them.
            payload: the body, if any.
            role: of the key that is sent; None for none.
            throttled: whether a 429 is not waited out.
        """
        content = payload.content if payload else b""
        fetch = functools.partial(self.target.fetch, method, url, headers, content)
        exchange = fetch()
        if role is not None:
            exchange = self._after_pause(exchange, role, fetch)
        for attempt in range(1, 4):
            if throttled or self._vain_waits >= PATIENCE or not self._wait(exchange, role, attempt):
                return exchange
            self._vain_waits += attempt - 1
            exchange = fetch()
            if not is_transient(exchange) and exchange.status != 429:
                self._vain_waits = 0
        return exchange

    def _wait(self, exchange: Exchange, role: str | None, attempt: int) -> bool:
        """Wait until a request may be sent again; return whether that makes sense."""
        if is_transient(exchange) and not self.target.embedded and attempt < 3:
            self.clock.sleep(0.5 * attempt)
            return True
        if exchange.status != 429:
            return False
        pause = _retry_after(exchange, self.clock.now())
        if pause > self.target.max_wait:
            return False
        if role == "publishable":
            # Its own limit was met (LIMIT-PK-01); nothing else needs to go slower.
            self.clock.sleep(self.target.patience(pause))
        else:
            self.target.pace.slow(4.0, pause)
        return True

    def _after_pause(
        self, exchange: Exchange, role: str, fetch: Callable[[], Exchange]
    ) -> Exchange:
        """Return the response to a request with a key that was refused, once it had a pause.

        The real gateway responds 401 when a key is used too often. Any other server means what it
        says: so a place in which the key never worked is given one pause, and only a pause that
        helped makes the key be used less often from then on.

        Args:
            exchange: the first response.
            role: of the key.
            fetch: sends the request again.
        """
        if self.target.embedded or role not in self.target.keys or role == "expired":
            return exchange
        host = self.target.host_of(exchange.url)
        place = f"{role} {host} {'query' if 'key=' in exchange.url else 'header'}"
        if exchange.status != 401:
            self._worked.add(place)
        patience = 3 if place in self._worked else 1
        while exchange.status == 401 and self._vain_pauses.get(place, 0) < patience:
            self._vain_pauses[place] = self._vain_pauses.get(place, 0) + 1
            self.slow_down(role)
            exchange = fetch()
            if exchange.status != 401:
                self._vain_pauses[place] = 0
                self._helped.add(role)
            elif role not in self._helped:
                self.target.key_pace.forget(self.target.keys.get(role) or "")
        return exchange

    def slow_down(self, role: str) -> None:
        """Use a key less often from now on."""
        key = self.target.keys.get(role)
        if key is not None:
            self.target.key_pace.slow(key)


def _retry_after(exchange: Exchange, now: float) -> float:
    wait = exchange.header("retry-after") or "1.5"
    try:
        return max(0.0, float(wait))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(wait).timestamp() - now)
    except (ValueError, OverflowError):
        return 1.5
