# pyright: reportPrivateUsage=false
"""Making a call: its request is prepared, sent, repeated where that is safe, and its response read.

Everything is written once, as coroutines. Those of `SyncIO` never wait, so `finished` can run them without a loop.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ._body import check_time
from ._http import URL, QuietURL, as_timeout, fail_after, shortened, sleep, total_of, until
from ._operation import NO_OPTIONS, Call, Operation, Options
from ._requests import (
    checked_headers,
    checked_mapping,
    count,
    encode_body,
    encode_query,
    encode_segment,
    merged,
)
from ._responses import (
    AsyncStreamedResponse,
    Reply,
    Source,
    StreamedResponse,
    located,
    translated,
)
from ._retries import pause
from ._secrets import Redactor, Secret
from .errors import (
    APIConnectionError,
    APIStatusError,
    ConfigurationError,
    ContentHashError,
    MissingKeyError,
    PollinationsError,
)
from .types import Response, Unset

if TYPE_CHECKING:
    from ._core import Core
    from ._http import HTTPRequest
    from ._uploads import Payload

T = TypeVar("T")

_LARGEST_ERROR = 1 << 20
"""Bytes of an error's body that are kept."""


class SyncIO:
    """What a call does outside this process, waiting for it."""

    streamed = StreamedResponse

    @staticmethod
    def stream(source: Source, operation: Operation) -> Any:
        """Return the events of a response."""
        from ._streams import Stream  # takes a twentieth of the time that the first call takes

        return Stream(source, *operation.kinds)

    @staticmethod
    async def send(http: Any, request: HTTPRequest, deadline: float | None) -> Any:
        """Send a request and return its response, the body unread."""
        if deadline is None:
            return http.send(request, stream=True, follow_redirects=False)
        with until(deadline):
            return http.send(request, stream=True, follow_redirects=False)

    @staticmethod
    async def pieces(source: Source) -> AsyncIterator[bytes]:
        """Read a body in pieces."""
        for piece in source.pieces():
            yield piece

    @staticmethod
    async def read(source: Source) -> bytes:
        """Read a body."""
        return b"".join(source.pieces())

    @staticmethod
    async def close(source: Source) -> None:
        """Close a response."""
        source.close()

    @staticmethod
    async def sleep(core: Core, seconds: float) -> None:
        """Wait, unless the client is closed meanwhile."""
        core.connections.wait(seconds)

    @staticmethod
    def opened(payload: Payload) -> Any:
        """Return the pieces of a body."""
        return payload.open()


class AsyncIO:
    """What a call does outside this process, letting others run meanwhile; see `SyncIO`."""

    streamed = AsyncStreamedResponse
    pieces = staticmethod(Source.apieces)
    close = staticmethod(Source.aclose)

    @staticmethod
    def stream(source: Source, operation: Operation) -> Any:
        """Return the events of a response."""
        from ._streams import AsyncStream

        return AsyncStream(source, *operation.kinds)

    @staticmethod
    async def send(http: Any, request: HTTPRequest, deadline: float | None) -> Any:
        """Send a request and return its response, the body unread."""
        if deadline is None:
            return await http.send(request, stream=True, follow_redirects=False)
        with fail_after(max(deadline - time.monotonic(), 0)):
            return await http.send(request, stream=True, follow_redirects=False)

    @staticmethod
    async def sleep(core: Core, seconds: float) -> None:
        """Wait."""
        await sleep(seconds)

    @staticmethod
    async def read(source: Source) -> bytes:
        """Read a body."""
        return b"".join([piece async for piece in source.apieces()])

    @staticmethod
    def opened(payload: Payload) -> Any:
        """Return the pieces of a body."""
        return payload.aopen()


def finished(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("a synchronous call waited for an event loop")


async def call(
    core: Core,
    io: type[SyncIO | AsyncIO],
    operation: Operation,
    *,
    options: Options = NO_OPTIONS,
    verify: str = "",
    mode: str = "",
    **arguments: Any,
) -> Any:
    """Make a call.

    Args:
        core: settings of the client.
        io: how to wait.
        operation: what to call.
        options: what this call overrides.
        verify: field of the result to compare with the hash of the file sent.
        mode: `raw` for the detailed response, `open` for one read piece by piece, else the result itself.
        arguments: see `prepare`.

    Raises:
        PollinationsError: the call failed.
    """
    prepared: Call | None = None
    try:
        prepared = prepare(core, operation, options, **arguments)
        return _result(core, io, prepared, await _exchange(core, io, prepared, mode), verify, mode)
    except PollinationsError as error:
        if prepared is None:
            error.call = error.call or operation.name
        else:
            located(error, prepared)
        # From here on only: local variables further in hold what the service sent, perhaps the key.
        error.__traceback__ = None
        raise


def prepare(
    core: Core,
    operation: Operation,
    options: Options,
    *,
    path: Mapping[str, Any] | None = None,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    payload: Callable[[], Payload] | None = None,
    streamed: bool = False,
) -> Call:
    """Write the URL, headers and body of a call.

    Args:
        core: settings of the client.
        operation: what to call.
        options: what this call overrides.
        path: path parameters.
        query: query parameters; UNSET and None are left out.
        body: JSON body: a mapping (UNSET is left out) or a model.
        payload: makes the body with a file.
        streamed: True when an event stream is requested.

    Raises:
        ConfigurationError: an argument or setting cannot be sent as it is.
    """
    public = operation.auth == "none"
    parameters = merged(core.default_query, query, checked_mapping("extra_query", options.query))
    if public and core.default_query.get("key") == parameters.get("key"):
        parameters.pop("key", None)
    headers = {**core.headers, "accept": "text/event-stream" if streamed else operation.accept}
    for name, value in core.default_headers.items():
        if not (public and name == "authorization"):
            headers[name] = value
    if options.headers is not None:
        headers.update(checked_headers("extra_headers", options.headers))
    # The key itself is added last of all, in `_request`, so that no error on the way can show it.
    given = "authorization" in headers or "key" in parameters
    keyed = not public and core.secret is not None and not given
    if operation.auth == "required" and not keyed and not given:
        raise MissingKeyError(
            "this operation needs an API key; pass api_key or set the environment variable POLLINATIONS_API_KEY"
        )
    url = _url(core, operation, path or {}, parameters)
    content: bytes | None = None
    # Made here, so that what is wrong with a file is reported like everything else.
    made = None if payload is None else payload()
    if made is not None:
        headers["content-type"] = made.content_type
        if made.size is not None:
            headers["content-length"] = str(made.size)
    elif body is not None:
        content = encode_body(body, checked_mapping("extra_body", options.body))
        headers.setdefault("content-type", "application/json")
    if isinstance(options.timeout, Unset):
        timeout = core.timeout = as_timeout(core.timeout)
    else:
        timeout = as_timeout(options.timeout)
    retries = core.max_retries
    if options.max_retries is not None:
        retries = count("max_retries", options.max_retries)
    if made is not None and not made.replayable:
        retries = 0
    total = total_of(timeout)
    return Call(
        operation=operation,
        url=url,
        headers=headers,
        content=content,
        payload=made,
        timeout=timeout,
        deadline=None if total is None else time.monotonic() + total,
        attempts=retries,
        keyed=keyed,
        streamed=streamed,
        redactor=_redactor(core, headers, parameters),
    )


def _url(
    core: Core, operation: Operation, path: Mapping[str, Any], parameters: Mapping[str, Any]
) -> URL:
    server = core.servers[operation.host]
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
    known: URL | None = None if text else core.urls.get(address)
    if known is not None:
        return known
    try:
        url = (QuietURL if "key=" in text else URL)(f"{address}?{text}" if text else address)
    except Exception as error:
        problem = f"the arguments make no URL: {error}"
        size = len(address) + len(text)
        if size > 60_000:
            problem = f"the arguments make too long a URL ({size} bytes)"
    else:
        if not text and not path:
            core.urls[address] = url
        return url
    raise ConfigurationError(problem)


def _redactor(core: Core, headers: Mapping[str, str], parameters: Mapping[str, Any]) -> Redactor:
    given = [headers[name] for name in ("authorization", "cookie") if name in headers]
    key = parameters.get("key")
    if isinstance(key, str):
        given.append(key)
    if not given:
        return core.redactor
    # Keys that came as headers or parameters are as secret as the client's own.
    own = [Secret(value.rpartition(" ")[2]) for value in given]
    return Redactor(core.secret, *own)


def _request(core: Core, http: Any, call: Call, content: Any) -> HTTPRequest:
    # Builds the request of one attempt.
    timeout = shortened(call.timeout, call.deadline).as_dict()
    request: HTTPRequest = http.build_request(
        call.operation.method,
        call.url,
        headers=None if call.payload is None else call.headers,
        content=content,
        extensions={"timeout": timeout},
    )
    headers = request.headers
    if call.payload is None:
        # Set one by one, which takes half the time of handing them over above.
        for name, value in call.headers.items():
            headers[name] = value
    if http.cookies and "cookie" in headers and "cookie" not in (*call.headers, *http.headers):
        # Set by an earlier response: the API has no cookies, and none is sent back to it.
        del headers["cookie"]
    if type(call.url) is QuietURL:
        # The library made a plain copy of the URL, which it would log.
        request.url = QuietURL(request.url)
    secret = core.secret
    if call.keyed and secret is not None:
        if core.key_in_query:
            query = request.url.query
            request.url = QuietURL(
                request.url.copy_with(
                    query=(query + b"&" if query else b"") + b"key=" + secret.encoded()
                )
            )
        else:
            headers["authorization"] = f"Bearer {secret.reveal()}"
    return request


async def _exchange(
    core: Core, io: type[SyncIO | AsyncIO], call: Call, mode: str
) -> Source | Reply:
    # Sends a call, again where that is safe, until it succeeds or fails for good. The response is read to its end
    # unless it is a stream, or in mode `open`.
    attempt = 0
    while True:
        failure: PollinationsError
        try:
            http = core.pool()
            content: Any = call.content if call.payload is None else io.opened(call.payload)
            request = _request(core, http, call, content)
            response = await io.send(http, request, call.deadline)
            if 200 <= response.status_code < 300:
                source = Source(response, call, core.limit(held=mode != "open"))
                if source.status_code == 206 and "range" not in call.headers:
                    await io.close(source)
                    raise Reply(source, b"", call).invalid(
                        "the service sent a part of the content, the whole was requested"
                    )
                if mode == "open" or (call.streamed and source.is_event_stream):
                    return source
                return Reply(source, await _content(io, source, call), call)
            failure = await _error(io, Source(response, call, None), call)
        except AssertionError:
            raise  # raised by a test's own transport: that is no lost connection
        except Exception as error:
            failure = translated(error, call.redactor)
            if core.connections.closed and isinstance(failure, APIConnectionError):
                failure = APIConnectionError("the client was closed during the call")
        delay = _pause(core, call, attempt, failure)
        if delay is None:
            raise failure
        attempt += 1
        await io.sleep(core, delay)


def _pause(core: Core, call: Call, attempt: int, failure: PollinationsError) -> float | None:
    # Seconds to wait before another attempt, or None to give up.
    if attempt >= call.attempts or core.connections.closed:
        return None
    delay = pause(call.operation, failure, attempt, core.retry_paid)
    if delay is None or call.deadline is None:
        return delay
    return None if time.monotonic() + delay >= call.deadline else delay


async def _content(io: type[SyncIO | AsyncIO], source: Source, call: Call) -> bytes:
    if call.operation.method == "HEAD" or source.status_code == 204:
        await io.close(source)
        return b""
    return await io.read(source)


async def _error(io: type[SyncIO | AsyncIO], source: Source, call: Call) -> APIStatusError:
    # As much of an error as comes; a damaged body must not hide the status.
    found = bytearray()
    try:
        async for piece in io.pieces(source):
            found += piece
            if len(found) >= _LARGEST_ERROR:
                break
    except Exception:
        pass  # what came is enough to go by
    finally:
        await io.close(source)
    check_time(call.deadline)
    return Reply(source, bytes(found[:_LARGEST_ERROR]), call).error()


def _result(
    core: Core,
    io: type[SyncIO | AsyncIO],
    call: Call,
    found: Source | Reply,
    verified: str,
    mode: str,
) -> Any:
    # What a call returns.
    if isinstance(found, Reply):
        result = _whole(call, found, verified)
        content = found.content
    elif mode == "open":
        return io.streamed(found, core.limit(held=True))
    else:
        result = io.stream(found, call.operation)
        content = b""
    if mode != "raw":
        return result
    return Response(
        status_code=found.status_code, headers=found.headers, content=content, parsed=result
    )


def _whole(call: Call, reply: Reply, verified: str) -> Any:
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
