"""Send a request again when the server only asked to go slower, or a provider failed."""

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
        self._vain_retries: dict[str, int] = {}
        """The same for a 401, by role."""

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
        for attempt in range(4):
            exchange = self.target.fetch(method, url, headers, content)
            if role is not None and self._overused(exchange, role, attempt):
                self.slow_down(role)
                continue
            if attempt and not is_transient(exchange) and exchange.status != 429:
                self._vain_waits = 0
            if throttled or attempt == 3 or self._vain_waits >= PATIENCE:
                return exchange
            self._vain_waits += attempt
            if is_transient(exchange) and not self.target.embedded and attempt < 2:
                self.clock.sleep(0.5 * (attempt + 1))
            elif exchange.status == 429:
                pause = _retry_after(exchange, self.clock.now())
                if pause > self.target.max_wait:
                    return exchange
                if role == "publishable":
                    # Its own limit was met (LIMIT-PK-01); nothing else needs to go slower.
                    self.clock.sleep(self.target.patience(pause))
                    continue
                self.target.pace.slow(4.0, pause)
            else:
                return exchange
        raise AssertionError("unreachable")

    def _overused(self, exchange: Exchange, role: str, attempt: int) -> bool:
        """Return whether to send again: the real gateway responds 401 when a key is used too often."""
        if self.target.embedded or role not in self.target.keys or role == "expired":
            return False
        vain = self._vain_retries
        if exchange.status != 401:
            if attempt:
                vain[role] = 0
            return False
        if attempt == 3:
            vain[role] = vain.get(role, 0) + 1
        accepted = self.keys.is_accepted(role, self.target.host_of(exchange.url))
        patience = 3 if accepted else 1
        return attempt < 3 and vain.get(role, 0) < patience

    def slow_down(self, role: str) -> None:
        """Use a key less often from now on."""
        key = self.target.keys.get(role)
        if key is not None:
            self.target.key_pace.slow(key)


def _retry_after(exchange: Exchange, now: float) -> float:
    told = exchange.header("retry-after") or "1.5"
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - now)
    except (ValueError, OverflowError):
        return 1.5
