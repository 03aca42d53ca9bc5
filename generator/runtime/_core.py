# pyright: reportPrivateUsage=false
"""How calls are made: settings, keys, requests, retries. The generated code is data for it."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ._connections import AsyncConnections, SyncConnections
from ._operation import NO_OPTIONS, Call, Operation, Options
from ._requests import (
    checked_headers,
    checked_mapping,
    checked_server,
    encode_body,
    encode_query,
    encode_segment,
    merged,
)
from ._retries import DEFAULT_MAX_RETRIES as DEFAULT_MAX_RETRIES
from ._retries import pause
from ._secrets import Quiet, Redactor, Secret
from .errors import (
    APIConnectionError,
    ConfigurationError,
    ContentHashError,
    MissingKeyError,
    PollinationsError,
)
from .types import Unset

if TYPE_CHECKING:
    from ._http import AsyncHTTPClient, HTTPRequest, SyncHTTPClient, Timeout
    from ._responses import Reply, Source
    from ._uploads import Payload

C = TypeVar("C", bound="Core")

KEY_VARIABLE: Final = "POLLINATIONS_API_KEY"
DEFAULT_MAX_RESPONSE_BYTES: Final = 64 << 20
"""What is held in memory at the most: no JSON, text, event stream or image of the service comes near it."""


class Core:
    """Settings of a client and everything that does not depend on waiting synchronously or not."""

    connections: Any

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str | None,
        media_base_url: str | None,
        timeout: float | Timeout | Unset | None,
        max_retries: int,
        max_response_bytes: int | Unset | None,
        default_headers: Mapping[str, str] | None,
        default_query: Mapping[str, Any] | None,
        key_in_query: bool,
        retry_paid: bool,
        http_client: Any,
        servers: Mapping[str, str],
        user_agent: str,
    ) -> None:
        self.secret = _secret(api_key)
        self.servers = {
            "gateway": checked_server(
                "base_url", servers["gateway"] if base_url is None else base_url
            ),
            "media": "",
        }
        if media_base_url is not None:
            self.servers["media"] = checked_server("media_base_url", media_base_url)
        elif base_url is None:
            self.servers["media"] = servers["media"]
        self.timeout: Any = timeout
        self.max_retries = _count("max_retries", max_retries)
        self.max_response_bytes: int | Unset | None = _limit(max_response_bytes)
        self.default_headers = Quiet(checked_headers("default_headers", default_headers))
        self.default_query = Quiet(checked_mapping("default_query", default_query))
        self.key_in_query = key_in_query
        self.retry_paid = retry_paid
        self.user_agent = f"{user_agent} Python/{sys.version_info[0]}.{sys.version_info[1]}"
        self.connections = self._connect(http_client, None)
        self._urls: dict[str, Any] = {}
        self._base = [("accept-encoding", "gzip, deflate"), ("user-agent", self.user_agent)]
        self._timeout: Any = None
        self._redactor: Redactor | None = None

    def _connect(self, http_client: Any, parent: Any) -> Any:
        raise NotImplementedError

    def copy(
        self: C,
        *,
        timeout: float | Timeout | Unset | None,
        max_retries: int | None,
        max_response_bytes: int | Unset | None,
        default_headers: Mapping[str, str] | None,
        default_query: Mapping[str, Any] | None,
        retry_paid: bool | None,
    ) -> C:
        """Return a core with other settings that shares this one's connections."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.connections = self._connect(None, self.connections)
        if not isinstance(timeout, Unset):
            other.timeout = timeout
            other._timeout = None
        if max_retries is not None:
            other.max_retries = _count("max_retries", max_retries)
        if not isinstance(max_response_bytes, Unset):
            other.max_response_bytes = _limit(max_response_bytes)
        if retry_paid is not None:
            other.retry_paid = retry_paid
        added = checked_headers("default_headers", default_headers)
        other.default_headers = Quiet({**self.default_headers, **added})
        other.default_query = Quiet(
            {**self.default_query, **checked_mapping("default_query", default_query)}
        )
        other._redactor = None
        return other

    def prepare(
        self,
        operation: Operation,
        path: Mapping[str, Any],
        query: Mapping[str, Any] | None,
        body: Any,
        make_payload: Callable[[], Payload] | None,
        options: Options,
        streamed: bool,
    ) -> Call:
        """Write the URL, headers and body of a call.

        Raises:
            ConfigurationError: an argument or setting cannot be sent as it is.
        """
        from ._http import as_timeout, total_of

        public = operation.auth == "none"
        parameters = merged(
            self.default_query, query, checked_mapping("extra_query", options.query)
        )
        if public and self.default_query.get("key") == parameters.get("key"):
            parameters.pop("key", None)
        headers = self._headers(operation, options, streamed, public)
        # The key itself is added last of all, in `request`, so that no error on the way can show it.
        given = "authorization" in headers or "key" in parameters
        keyed = not public and self.secret is not None and not given
        if operation.auth == "required" and not keyed and not given:
            raise MissingKeyError(
                f"this operation needs an API key; pass api_key or set the environment variable {KEY_VARIABLE}"
            )
        url = self._url(operation, path, parameters)
        content: bytes | None = None
        # Made here, so that what is wrong with a file is reported like everything else.
        payload = None if make_payload is None else make_payload()
        if payload is not None:
            headers["content-type"] = payload.content_type
            if payload.size is not None:
                headers["content-length"] = str(payload.size)
        elif body is not None:
            content = encode_body(body, checked_mapping("extra_body", options.body))
            headers.setdefault("content-type", "application/json")
        if isinstance(options.timeout, Unset):
            timeout = self._timeout
            if timeout is None:
                timeout = self._timeout = as_timeout(self.timeout)
        else:
            timeout = as_timeout(options.timeout)
        retries = self.max_retries
        if options.max_retries is not None:
            retries = _count("max_retries", options.max_retries)
        if payload is not None and not payload.replayable:
            retries = 0
        total = total_of(timeout)
        return Call(
            operation=operation,
            url=url,
            headers=headers,
            content=content,
            payload=payload,
            timeout=timeout,
            deadline=None if total is None else time.monotonic() + total,
            attempts=retries,
            keyed=keyed,
            streamed=streamed,
            redactor=self._redactor_for(headers, parameters),
        )

    def _headers(
        self, operation: Operation, options: Options, streamed: bool, public: bool
    ) -> dict[str, str]:
        headers = dict(self._base)
        headers["accept"] = "text/event-stream" if streamed else operation.accept
        for name, value in self.default_headers.items():
            if not (public and name == "authorization"):
                headers[name] = value
        if options.headers is not None:
            headers.update(checked_headers("extra_headers", options.headers))
        return headers

    def _url(
        self, operation: Operation, path: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> Any:
        from ._http import URL, QuietURL

        server = self.servers[operation.host]
        if not server:
            raise ConfigurationError(
                f"this operation goes to the {operation.host} host, but only base_url was changed; "
                "give media_base_url as well"
            )
        address = operation.path
        if path:
            # In one pass: braces in a value are no parameters.
            address = re.sub(
                r"\{(\w+)\}", lambda found: encode_segment(found[1], path[found[1]]), address
            )
        address = server + address
        text = encode_query(parameters) if parameters else ""
        known = None if text else self._urls.get(address)
        if known is not None:
            return known
        problem = ""
        url: Any = None
        try:
            url = (QuietURL if "key=" in text else URL)(f"{address}?{text}" if text else address)
        except Exception as error:
            size = len(address) + len(text)
            problem = (
                f"the arguments make too long a URL ({size} bytes)"
                if size > 60_000
                else f"the arguments make no URL: {error}"
            )
        if problem:
            raise ConfigurationError(problem)
        if not text and not path:
            self._urls[address] = url
        return url

    def _redactor_for(self, headers: Mapping[str, str], parameters: Mapping[str, Any]) -> Redactor:
        given = [headers[name] for name in ("authorization", "cookie") if name in headers]
        key = parameters.get("key")
        if isinstance(key, str):
            given.append(key)
        if not given:
            if self._redactor is None:
                self._redactor = Redactor(self.secret)
            return self._redactor
        # Keys that came as headers or parameters are as secret as the client's own.
        own = [Secret(value.rpartition(" ")[2]) for value in given]
        return Redactor(self.secret, *own)

    def request(self, http: Any, call: Call, content: Any) -> HTTPRequest:
        """Build the request of one attempt."""
        from ._http import QuietURL, shortened

        request: HTTPRequest = http.build_request(
            call.operation.method,
            call.url,
            headers=call.headers,
            content=content,
            timeout=shortened(call.timeout, call.deadline),
        )
        if "cookie" in request.headers and "cookie" not in (*call.headers, *http.headers):
            # Set by an earlier response: the API has no cookies, and none is sent back to it.
            del request.headers["cookie"]
        if type(call.url) is QuietURL:
            # The library made a plain copy of the URL, which it would log.
            request.url = QuietURL(request.url)
        secret = self.secret
        if call.keyed and secret is not None:
            if self.key_in_query:
                query = request.url.query
                request.url = QuietURL(
                    request.url.copy_with(
                        query=(query + b"&" if query else b"") + b"key=" + secret.encoded()
                    )
                )
            else:
                request.headers["authorization"] = f"Bearer {secret.reveal()}"
        return request

    def failed(self, error: Exception, call: Call) -> PollinationsError:
        """Return the error of this package for one that sending raised."""
        from ._responses import translated

        failure = translated(error, call.redactor)
        if self.connections.closed and isinstance(failure, APIConnectionError):
            failure = APIConnectionError("the client was closed during the call")
        return failure

    def pause(self, call: Call, attempt: int, failure: PollinationsError) -> float | None:
        """Return the seconds to wait before another attempt, or None to give up; see `_retries.pause`."""
        if attempt >= call.attempts or self.connections.closed:
            return None
        delay = pause(call.operation, failure, attempt, self.retry_paid)
        late = (
            delay is not None
            and call.deadline is not None
            and time.monotonic() + delay >= call.deadline
        )
        return None if late else delay

    def limit(self, held: bool) -> int | None:
        """Return the most bytes that a response may have.

        Args:
            held: True where it is held in memory, which has a limit by default.
        """
        limit = self.max_response_bytes
        if isinstance(limit, Unset):
            return DEFAULT_MAX_RESPONSE_BYTES if held else None
        return limit

    def source(self, response: Any, call: Call, mode: str) -> Source:
        """Return a success response for reading."""
        from ._responses import Source

        return Source(response, call, self.limit(held=mode != "open"))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.servers['gateway']!r})"

    def __reduce__(self) -> Any:
        raise TypeError(
            "a client holds connections and a key; make a new one instead of pickling it"
        )


def _secret(api_key: Any) -> Secret | None:
    key: Any = api_key if api_key is not None else os.environ.get(KEY_VARIABLE)
    if key is not None and not isinstance(key, str):
        raise ConfigurationError(f"api_key must be text, not {type(key).__name__}")
    key = str.__str__(key).strip() if key else None
    if key and re.fullmatch(r"[\x21-\x7e]+", key) is None:
        raise ConfigurationError(
            "the API key holds characters that no key has; look for a line break or a quote"
        )
    return Secret(key) if key else None


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigurationError(f"{name} must be a whole number, not {type(value).__name__}")
    if value < 0:
        raise ConfigurationError(f"{name} cannot be negative")
    return value


def _limit(value: Any) -> int | Unset | None:
    if value is None or isinstance(value, Unset):
        return value
    return _count("max_response_bytes", value)


class SyncCore(Core):
    """Makes calls and waits for them."""

    connections: SyncConnections

    def _connect(self, http_client: Any, parent: Any) -> SyncConnections:
        return SyncConnections(http_client, self.servers.values(), parent)

    def pool(self) -> SyncHTTPClient:
        """Return the HTTP client, made when it is first needed."""
        return self.connections.get()

    def close(self) -> None:
        """Close the connections, unless the HTTP client was passed in."""
        self.connections.close()

    def send(self, call: Call, mode: str) -> Source | Reply:
        """Send a call, again where that is safe, until it succeeds or fails for good.

        Returns:
            The response, read to its end unless it is a stream or in mode `open`.
        """
        from ._http import until
        from ._responses import read, read_error

        attempt = 0
        while True:
            failure: PollinationsError
            try:
                http = self.pool()
                content: Any = call.content if call.payload is None else call.payload.open()
                request = self.request(http, call, content)
                with until(call.deadline):
                    response = http.send(request, stream=True, follow_redirects=False)
                if 200 <= response.status_code < 300:
                    source = self.source(response, call, mode)
                    if mode == "open" or (call.streamed and source.is_event_stream):
                        return source
                    return read(source, call)
                failure = read_error(response, call)
            except AssertionError:
                raise  # a test's own transport says so: that is no lost connection
            except Exception as error:
                failure = self.failed(error, call)
            delay = self.pause(call, attempt, failure)
            if delay is None:
                raise failure
            attempt += 1
            time.sleep(delay)

    def call(
        self,
        operation: Operation,
        *,
        path: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        payload: Callable[[], Payload] | None = None,
        options: Options = NO_OPTIONS,
        streamed: bool = False,
        verify: str = "",
        mode: str = "",
    ) -> Any:
        """Make a call.

        Args:
            operation: what to call.
            path: path parameters.
            query: query parameters; UNSET and None are left out.
            body: JSON body: a mapping (UNSET is left out) or a model.
            payload: makes the body with a file.
            options: what this call overrides.
            streamed: True when an event stream is requested.
            verify: field of the result to compare with the hash of the file sent.
            mode: `raw` for the detailed response, `open` for one read piece by piece, else the result itself.
        """
        call: Call | None = None
        try:
            call = self.prepare(operation, path or {}, query, body, payload, options, streamed)
            return self._finish(call, self.send(call, mode), verify, mode)
        except PollinationsError as error:
            locate(error, operation, call)
            # From here on only: local variables further in hold what the service sent, perhaps the key.
            error.__traceback__ = None
            raise

    def _finish(self, call: Call, found: Source | Reply, verified: str, mode: str) -> Any:
        from ._responses import Reply, StreamedResponse, new_stream, stream_result

        if isinstance(found, Reply):
            result = whole_result(call, found, verified)
            return found.detailed(result) if mode == "raw" else result
        if mode == "open":
            return StreamedResponse(found, self.limit(held=True))
        stream = new_stream(found, call)
        return stream_result(stream, found) if mode == "raw" else stream


class AsyncCore(Core):
    """Makes calls and lets others run meanwhile."""

    connections: AsyncConnections

    def _connect(self, http_client: Any, parent: Any) -> AsyncConnections:
        return AsyncConnections(http_client, self.servers.values(), parent)

    def pool(self) -> AsyncHTTPClient:
        """Return the HTTP client of the running event loop, made when it is first needed."""
        return self.connections.get()

    async def close(self) -> None:
        """Close the connections, unless the HTTP client was passed in."""
        await self.connections.close()

    async def send(self, call: Call, mode: str) -> Source | Reply:
        """Send a call, again where that is safe, until it succeeds or fails for good; see `SyncCore.send`."""
        from ._http import fail_after, sleep
        from ._responses import aread, aread_error

        attempt = 0
        while True:
            failure: PollinationsError
            try:
                http = self.pool()
                content: Any = call.content if call.payload is None else call.payload.aopen()
                request = self.request(http, call, content)
                if call.deadline is None:
                    response = await http.send(request, stream=True, follow_redirects=False)
                else:
                    with fail_after(max(call.deadline - time.monotonic(), 0)):
                        response = await http.send(request, stream=True, follow_redirects=False)
                if 200 <= response.status_code < 300:
                    source = self.source(response, call, mode)
                    if mode == "open" or (call.streamed and source.is_event_stream):
                        return source
                    return await aread(source, call)
                failure = await aread_error(response, call)
            except AssertionError:
                raise  # a test's own transport says so: that is no lost connection
            except Exception as error:
                failure = self.failed(error, call)
            delay = self.pause(call, attempt, failure)
            if delay is None:
                raise failure
            attempt += 1
            await sleep(delay)

    async def call(
        self,
        operation: Operation,
        *,
        path: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        payload: Callable[[], Payload] | None = None,
        options: Options = NO_OPTIONS,
        streamed: bool = False,
        verify: str = "",
        mode: str = "",
    ) -> Any:
        """Make a call; see `SyncCore.call`."""
        call: Call | None = None
        try:
            call = self.prepare(operation, path or {}, query, body, payload, options, streamed)
            return self._finish(call, await self.send(call, mode), verify, mode)
        except PollinationsError as error:
            locate(error, operation, call)
            # From here on only: local variables further in hold what the service sent, perhaps the key.
            error.__traceback__ = None
            raise

    def _finish(self, call: Call, found: Source | Reply, verified: str, mode: str) -> Any:
        from ._responses import AsyncStreamedResponse, Reply, new_async_stream, stream_result

        if isinstance(found, Reply):
            result = whole_result(call, found, verified)
            return found.detailed(result) if mode == "raw" else result
        if mode == "open":
            return AsyncStreamedResponse(found, self.limit(held=True))
        stream = new_async_stream(found, call)
        return stream_result(stream, found) if mode == "raw" else stream


def whole_result(call: Call, reply: Reply, verified: str) -> Any:
    """Return what a response that was read to its end stands for.

    Raises:
        InvalidResponseError: it is not what was requested.
        ContentHashError: the service stored other bytes than were sent.
    """
    if call.streamed:
        sent = reply.headers.get("content-type", "") or "no content type"
        raise reply.invalid(f"an event stream was requested, the service sent {sent!r}")
    result = reply.result()
    if verified and call.payload is not None:
        received = result[verified]
        expected = call.payload.file.sha256
        text = received if isinstance(received, str) else ""
        if len(text) < 8 or not expected.startswith(text.lower()):
            raise ContentHashError(expected, call.redactor.text(str(received)))
    return result


def locate(error: PollinationsError, operation: Operation, call: Call | None) -> None:
    """Note in an error which method was called and, once it is known, what was requested."""
    if call is None:
        error.call = error.call or operation.name
    else:
        from ._responses import located

        located(error, call)
