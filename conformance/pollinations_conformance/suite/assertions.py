"""What a check asserts about responses."""

import json
import re
from collections.abc import Collection
from typing import Any, cast

from pollinations_conformance.http import sse
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.suite.errors import NotTested, Violated
from pollinations_conformance.suite.exchange import (
    Exchange,
    describe,
    is_provider_failure,
    is_proxy_error,
    shorten,
)
from pollinations_conformance.suite.keyring import MAIN, UNPAID
from pollinations_conformance.suite.run import Run

TEMPORARY = {402, 408, 425, 429, 502, 503, 504, *range(520, 531)}
"""Statuses that say that the service cannot serve now, which no requirement forbids."""


class Assertions:
    """Assertions of one check.

    Args:
        run: to which it belongs.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.target = run.target

    def assert_that(self, condition: object, message: str) -> None:
        """Raise Violated unless a condition holds."""
        if not condition:
            raise Violated(message)

    def assert_success(
        self, exchange: Exchange, what: str = "a valid request", status: int = 200
    ) -> Exchange:
        """Return an exchange whose response is a success; raise Violated for any other.

        Args:
            exchange: the request under test and its response.
            what: what was sent, as a noun phrase.
            status: what counts as a success.

        Raises:
            Violated: the status is another one.
            NotTested: the service cannot serve now, or the key has no pollen.
        """
        if exchange.status == status:
            return exchange
        self.skip_if_unavailable(exchange)
        raise Violated(f"{what} is answered {describe(exchange)}, not {status}")

    def skip_if_unavailable(self, exchange: Exchange) -> None:
        """Raise NotTested if a response only says that the service cannot serve now."""
        if exchange.status in TEMPORARY or is_proxy_error(exchange):
            raise NotTested(f"the server answered {describe(exchange)}")
        if is_provider_failure(exchange):
            raise NotTested(f"a provider behind the server failed: {describe(exchange)}")
        if (
            exchange.status == 401
            and exchange.key in self.target.keys
            and not self.run.keys.is_accepted(exchange.key, self.target.host_of(exchange.url))
        ):
            raise NotTested(f"the server refuses the run's key: {describe(exchange)}")
        if exchange.status == 403 and exchange.key == MAIN and self.run.restricted:
            raise NotTested(f"the run's key may not use every model: {describe(exchange)}")
        if exchange.status == 403 and re.search(r"balance|budget", exchange.text(), re.I):
            raise NotTested(f"the key has no pollen: {describe(exchange)}")

    def assert_rejected(
        self, exchange: Exchange, status: int | Collection[int], what: str, field: str = ""
    ) -> Exchange:
        """Return an exchange whose response is a rejection; raise Violated for any other.

        Args:
            exchange: the request under test and its response.
            status: the status, or those that will do.
            what: what was sent, as a noun phrase.
            field: name that `details.fieldErrors` must hold.
        """
        wanted = {status} if isinstance(status, int) else set(status)
        if exchange.status not in wanted:
            if exchange.status in {429, 503} or is_proxy_error(exchange):
                raise NotTested(f"the server answered {describe(exchange)}")
            if exchange.status == 401 and exchange.key == UNPAID:
                raise NotTested(
                    "without a budget the request went out without a key, "
                    "and the server asks for the key first"
                )
            host = self.target.host_of(exchange.url)
            refused = exchange.key != "expired" and self.run.keys.is_refused(exchange.key, host)
            if exchange.status == 401 and refused:
                raise NotTested(f"the server refuses the run's key: {describe(exchange)}")
            names = " or ".join(str(item) for item in sorted(wanted))
            raise Violated(f"{what} is answered {describe(exchange)}, not {names}")
        if field:
            errors = self.error_object(exchange).get("details")
            fields = cast("Any", errors).get("fieldErrors") if is_object(errors) else None
            if not is_object(fields) or field not in fields:
                raise Violated(
                    f"{what} is refused, but details.fieldErrors does not name {field!r}: "
                    f"{shorten(exchange.text())}"
                )
        return exchange

    def error_object(self, exchange: Exchange) -> dict[str, Any]:
        """Return the `error` object of an envelope."""
        value = self.json_object(exchange)
        inner = value.get("error")
        self.assert_that(
            is_object(inner), f"the error body is no envelope: {shorten(exchange.text())}"
        )
        return cast("dict[str, Any]", inner)

    def json_value(self, exchange: Exchange) -> Any:
        """Return the value of a JSON body."""
        try:
            # Not from the bytes: that would let other encodings and a byte order mark pass.
            return json.loads(exchange.content.decode("utf-8"))
        except (ValueError, RecursionError):
            raise Violated(
                f"the body of {exchange.method} {exchange.status} is not JSON: "
                f"{shorten(exchange.text())}"
            ) from None

    def json_object(self, exchange: Exchange) -> dict[str, Any]:
        """Return the value of a JSON body that is an object."""
        value = self.json_value(exchange)
        self.assert_that(is_object(value), f"the body is not an object: {shorten(str(value))}")
        return cast("dict[str, Any]", value)

    def json_array(self, exchange: Exchange) -> list[Any]:
        """Return the value of a JSON body that is an array."""
        value = self.json_value(exchange)
        self.assert_that(is_list(value), f"the body is not an array: {shorten(str(value))}")
        return cast("list[Any]", value)

    def events(self, exchange: Exchange) -> list[sse.Event]:
        """Return the events of a stream."""
        self.assert_that(
            exchange.media_type == "text/event-stream",
            f"the answer to a streaming request is {exchange.header('content-type')!r}, "
            "not text/event-stream",
        )
        return sse.decode(exchange.content)

    def chunks(self, exchange: Exchange) -> list[dict[str, Any]]:
        """Return the JSON chunks of a stream, without the closing marker."""
        found: list[dict[str, Any]] = []
        for number, event in enumerate(self.events(exchange)):
            if event.data == "[DONE]":
                continue
            try:
                chunk = json.loads(event.data)
            except (ValueError, RecursionError):
                raise Violated(
                    f"event {number} of the stream is not JSON: {shorten(event.data)}"
                ) from None
            self.assert_that(
                is_object(chunk),
                f"event {number} of the stream is not an object: {shorten(event.data)}",
            )
            found.append(chunk)
        return found
