"""Let schemathesis send its requests as the suite sends its own.

With a deadline for the whole exchange, a limit on what is read, and no proxy or .netrc of the
environment: requests go to the URL that was given, with the key that was given.
"""

import io
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from pollinations_conformance.suite.errors import Unreachable
from pollinations_conformance.suite.exchange import Exchange
from pollinations_conformance.suite.target import Target

OWN = {"content-length", "accept-encoding", "connection", "host"}
"""Headers that the connection itself sets."""


class Adapter(BaseAdapter):
    """Sends the requests of a `requests.Session` through a target's connections.

    Args:
        target: the server under test.
        broken: is called with a message and the exchange when no complete response came.
    """

    def __init__(self, target: Target, broken: Callable[[str, Exchange], None]) -> None:
        super().__init__()
        self._target = target
        self._broken = broken
        self._builder = HTTPAdapter()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send a request and return the complete response.

        Raises:
            requests.ConnectionError: no complete response came.
        """
        body: Any = request.body or b""
        content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body)
        headers = [
            (str(name), value.decode("latin-1") if isinstance(value, bytes) else str(value))
            for name, value in request.headers.items()
            if name.lower() not in OWN
        ]
        method, url = str(request.method), str(request.url)
        try:
            exchange = self._target.transmit(method, url, headers, content)
        except Unreachable as error:
            if not (error.refused or error.slow or error.excessive) and error.exchange is not None:
                self._broken(str(error), error.exchange)
            raise requests.ConnectionError(str(error), request=request) from None
        # The body is inflated already.
        sent = [item for item in exchange.headers if item[0].lower() != "content-encoding"]
        raw = HTTPResponse(
            body=io.BytesIO(exchange.content),
            headers=HTTPHeaderDict(sent),
            status=exchange.status,
            version=11,
            preload_content=False,
            decode_content=False,
            request_method=method,
        )
        return self._builder.build_response(request, raw)

    def close(self) -> None:
        """Close nothing: the connections are the target's."""


def mount(session: requests.Session, adapter: Adapter) -> None:
    """Let the requests of a session go through an adapter."""
    if session.adapters.get("http://") is not adapter:
        session.trust_env = False
        session.mount("http://", adapter)
        session.mount("https://", adapter)
