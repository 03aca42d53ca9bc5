# pyright: reportPrivateUsage=false
"""How calls are made: addresses, keys, retries, errors and the reading of answers.

The generated code is data for it.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
import threading
import time
from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, cast
from urllib.parse import quote, urlsplit

from ._content import Binary, Metadata, Text, asave, save
from ._model import ApiModel, content_of, moment, plain
from ._streams import AsyncStream, Stream
from .errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ConfigurationError,
    ContentHashError,
    InvalidResponseError,
    MissingKeyError,
    PollinationsError,
    error_class,
)
from .types import UNSET, Response, Unset

if TYPE_CHECKING:
    from types import TracebackType

    from ._http import AsyncHTTPClient, HTTPRequest, HTTPResponse, SyncHTTPClient, Timeout
    from ._uploads import Payload

T = TypeVar("T")
P = ParamSpec("P")
C = TypeVar("C", bound="Core")

KEY_VARIABLE: Final = "POLLINATIONS_API_KEY"
DEFAULT_TIMEOUT: Final = 300.0
"""Seconds to wait for the next byte: videos and long answers start minutes after they were asked for."""
CONNECT_TIMEOUT: Final = 10.0
DEFAULT_MAX_RETRIES: Final = 2
MAX_RETRY_AFTER: Final = 60.0
"""Seconds: when the service asks for a longer pause, the error is raised at once instead of sleeping."""
_READ_BEFORE = "the answer can be read once, and inside `with` only"
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 8.0


def _encodable(value: Any) -> Any:
    result = plain(value)
    if result is value:
        if isinstance(value, bytes | bytearray | memoryview):
            raise TypeError("bytes are not JSON; encode them as base64 text")
        # Generators and the like; a TypeError for what cannot be sent as JSON.
        items: Iterator[Any] = iter(value)
        return list(items)
    return result


_encode_json = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_encodable
).encode


class Operation:
    """One operation of the contract, as the core needs to know it.

    Attributes:
        id: operation id.
        method: HTTP method.
        path: path with its parameters in braces.
        host: `gateway` or `media`.
        auth: `none` (the key is never sent), `optional` or `required`.
        answer: `json`, `list`, `text`, `binary` or `head`.
        accepts: media types of success answers, streams apart.
        model: class of a JSON answer, or of its items.
        item: class of the events when the answer can be streamed.
        final: class of what the events add up to.
        idempotent: True when repeating it after an unknown outcome does no harm.
    """

    __slots__ = (
        "accept",
        "accepts",
        "answer",
        "auth",
        "final",
        "host",
        "id",
        "idempotent",
        "item",
        "method",
        "model",
        "path",
        "textual",
    )

    def __init__(
        self,
        *,
        id: str,
        method: str,
        path: str,
        host: str,
        auth: str,
        answer: str,
        accepts: tuple[str, ...],
        model: type[ApiModel] | None = None,
        item: type[ApiModel] | None = None,
        final: type[ApiModel] | None = None,
        idempotent: bool = False,
    ) -> None:
        self.id = id
        self.method = method
        self.path = path
        self.host = host
        self.auth = auth
        self.answer = answer
        self.accepts = accepts
        self.accept = ", ".join(accepts) or "*/*"
        self.textual = any(name.startswith("text/") for name in accepts)
        self.model = model
        self.item = item
        self.final = final
        self.idempotent = idempotent

    @property
    def kinds(self) -> tuple[type[ApiModel], type[ApiModel]]:
        """Give the class of the events and that of what they add up to."""
        if self.item is None or self.final is None:
            raise ConfigurationError(f"{self.id} cannot be streamed")
        return self.item, self.final

    def __repr__(self) -> str:
        return f"Operation({self.id!r}, {self.method} {self.path})"


class Secret:
    """An API key that no repr, log, traceback or pickle shows."""

    __slots__ = ("_reveal",)

    def __init__(self, value: str) -> None:
        # In a closure, so that printing the attributes of this object does not print the key either.
        self._reveal: Callable[[], str] = lambda: value

    def reveal(self) -> str:
        """Give the key itself, for the one header or parameter it belongs in."""
        return self._reveal()

    def encoded(self) -> bytes:
        """Give the key as it stands in a query."""
        return quote(self._reveal(), safe="").encode()

    def hide(self, data: bytes) -> bytes:
        """Blank the key out of something the service sent back."""
        key = self._reveal().encode()
        # Shorter ones are no keys of the service, and would be found inside ordinary words.
        return data.replace(key, b"[api key]") if len(key) > 7 else data

    def __repr__(self) -> str:
        return "Secret('[hidden]')"

    def __reduce__(self) -> Any:
        raise TypeError("an API key is not pickled")


class Options:
    """What one call overrides: each is UNSET or None when the client's own setting stands."""

    __slots__ = ("body", "headers", "max_retries", "query", "timeout")

    def __init__(
        self,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> None:
        self.headers = headers
        self.query = query
        self.body = body
        self.timeout = timeout
        self.max_retries = max_retries


_NO_OPTIONS = Options()


def encode_segment(name: str, value: Any) -> str:
    """Write a value as one path segment that arrives unchanged.

    Args:
        name: parameter name, for the message.
        value: text, or a number.

    Raises:
        ConfigurationError: the value is empty, `.` or `..`, which servers resolve to another address, or it has
            lone surrogates, which are not text.
    """
    text = value if type(value) is str else str(value)
    if text in ("", ".", ".."):
        raise ConfigurationError(
            f"{name} cannot be {text!r}: it would address something else; give other text"
        )
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        pass
    raise ConfigurationError(f"{name} holds a lone surrogate, which is not text")


def encode_query(pairs: Iterable[tuple[str, Any]]) -> str:
    """Write query parameters; UNSET and None are left out, a sequence is repeated."""
    parts: list[str] = []
    for name, value in pairs:
        if value is None or value is UNSET:
            continue
        if is_repeated(value):
            items: Sequence[Any] = value
            parts += [f"{quote(name, safe='')}={_query_text(name, item)}" for item in items]
        else:
            parts.append(f"{quote(name, safe='')}={_query_text(name, value)}")
    return "&".join(parts)


def is_repeated(value: Any) -> bool:
    """Tell whether a query value stands for several."""
    return isinstance(value, list | tuple)


def _query_text(name: str, value: Any) -> str:
    if type(value) is bool:
        return "true" if value else "false"
    if isinstance(value, datetime):
        value = moment(value)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        raise ConfigurationError(f"{name} must be a finite number, not {value}")
    try:
        return quote(str(value), safe="")
    except UnicodeEncodeError:
        pass
    raise ConfigurationError(f"{name} holds a lone surrogate, which is not text")


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

    parsed = email.utils.parsedate_tz(text)
    if parsed is None:
        return None
    try:
        return max(0.0, email.utils.mktime_tz(parsed) - (time.time() if now is None else now))
    except (ValueError, OverflowError):
        return None


def _server(name: str, value: str) -> str:
    text = value.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
        usable = usable and not parts.query and not parts.fragment and not re.search(r"\s", text)
    except ValueError:  # brackets or a port that are none
        parts, usable = None, False
    if parts is not None and "@" in parts.netloc:
        raise ConfigurationError(f"{name} must not carry a user name or password")
    if not usable:
        raise ConfigurationError(
            f"{name} must look like https://host/path, without query, not {value!r}"
        )
    return text


def _checked(headers: Mapping[str, Any] | None) -> dict[str, str]:
    # The HTTP library would quote the value in its complaint, and a value may be a secret.
    found: dict[str, str] = {}
    for name, value in (headers or {}).items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise ConfigurationError(f"{name!r} is no name for a header")
        if not isinstance(value, str) or re.search(r"[^\t\x20-\x7e]", value):
            raise ConfigurationError(f"the header {name} must be text of visible ASCII characters")
        found[name.lower()] = value
    return found


class Call:
    """One prepared call; a request is built from it for each attempt."""

    __slots__ = (
        "attempts",
        "content",
        "headers",
        "keyed",
        "operation",
        "payload",
        "streamed",
        "timeout",
        "url",
    )

    def __init__(
        self,
        operation: Operation,
        url: Any,
        headers: dict[str, str],
        content: bytes | None,
        payload: Payload | None,
        timeout: Any,
        attempts: int,
        keyed: bool,
        streamed: bool,
    ) -> None:
        self.operation = operation
        self.url = url
        self.headers = headers
        self.content = content
        self.payload = payload
        self.timeout = timeout
        self.attempts = attempts
        self.keyed = keyed
        self.streamed = streamed


class Core:
    """Settings of a client and everything that does not depend on waiting synchronously or not."""

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str | None,
        media_base_url: str | None,
        timeout: float | Timeout | Unset | None,
        max_retries: int,
        default_headers: Mapping[str, str] | None,
        default_query: Mapping[str, Any] | None,
        key_in_query: bool,
        retry_paid: bool,
        http_client: Any,
        servers: Mapping[str, str],
        user_agent: str,
    ) -> None:
        key = api_key if api_key is not None else os.environ.get(KEY_VARIABLE)
        key = key.strip() if key else None
        if key and re.fullmatch(r"[\x21-\x7e]+", key) is None:
            raise ConfigurationError(
                "the API key holds characters that no key has; look for a line break or a quote"
            )
        self.secret = Secret(key) if key else None
        self.servers = {
            "gateway": _server("base_url", servers["gateway"] if base_url is None else base_url),
            "media": "",
        }
        if media_base_url is not None:
            self.servers["media"] = _server("media_base_url", media_base_url)
        elif base_url is None:
            self.servers["media"] = servers["media"]
        if max_retries < 0:
            raise ConfigurationError("max_retries cannot be negative")
        self.timeout: Any = DEFAULT_TIMEOUT if isinstance(timeout, Unset) else timeout
        self.max_retries = max_retries
        self.default_headers = _checked(default_headers)
        self.default_query = dict(default_query or {})
        self.key_in_query = key_in_query
        self.retry_paid = retry_paid
        self.user_agent = f"{user_agent} Python/{sys.version_info[0]}.{sys.version_info[1]}"
        self.http: Any = http_client
        self.owned = http_client is None
        self.closed = False
        self._lock = threading.Lock()
        self._urls: dict[str, Any] = {}
        self._base = [("accept-encoding", "gzip, deflate"), ("user-agent", self.user_agent)]
        self._timeout: Any = None

    def copy(
        self: C,
        *,
        timeout: float | Timeout | Unset | None,
        max_retries: int | None,
        default_headers: Mapping[str, str] | None,
        default_query: Mapping[str, Any] | None,
        retry_paid: bool | None,
    ) -> C:
        """Give a core with other settings that shares this one's connections."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.http = self.pool()
        other.owned = False
        if not isinstance(timeout, Unset):
            other.timeout = timeout
            other._timeout = None
        if max_retries is not None:
            other.max_retries = max_retries
        if retry_paid is not None:
            other.retry_paid = retry_paid
        other.default_headers = {**self.default_headers, **_checked(default_headers)}
        other.default_query = {**self.default_query, **(default_query or {})}
        return other

    def pool(self) -> Any:
        """Give the HTTP client, made when it is first needed."""
        raise NotImplementedError

    def prepare(
        self,
        operation: Operation,
        path: Mapping[str, Any],
        query: Mapping[str, Any] | None,
        body: Any,
        payload: Payload | None,
        options: Options,
        streamed: bool,
    ) -> Call:
        """Write the address, headers and body of a call.

        Raises:
            ConfigurationError: an argument or setting cannot be sent as it is.
        """
        from ._http import URL, InvalidURL, QuietURL, as_timeout

        server = self.servers[operation.host]
        if not server:
            raise ConfigurationError(
                f"{operation.id} goes to the {operation.host} host, but only base_url was changed; "
                "give media_base_url as well"
            )
        address = operation.path
        for name, value in path.items():
            address = address.replace(f"{{{name}}}", encode_segment(name, value))
        address = server + address
        public = operation.auth == "none"
        pairs: list[tuple[str, Any]] = []
        if self.default_query:
            pairs += [(n, v) for n, v in self.default_query.items() if not (public and n == "key")]
        if query:
            pairs += query.items()
        if options.query:
            pairs += options.query.items()

        headers = dict(self._base)
        headers["accept"] = "text/event-stream" if streamed else operation.accept
        for name, value in self.default_headers.items():
            if not (public and name == "authorization"):
                headers[name] = value
        if options.headers:
            headers.update(_checked(options.headers))
        # The key itself is added last of all, in `request`, so that no error on the way can show it.
        given = "authorization" in headers or any(name == "key" for name, _ in pairs)
        keyed = not public and self.secret is not None and not given
        if operation.auth == "required" and not keyed and not given:
            raise MissingKeyError(
                f"{operation.id} needs an API key: pass api_key or set the environment variable {KEY_VARIABLE}"
            )

        text = encode_query(pairs) if pairs else ""
        url: Any = None
        if not text:
            url = self._urls.get(address)
        if url is None:
            try:
                url = (QuietURL if "key=" in text else URL)(
                    f"{address}?{text}" if text else address
                )
            except InvalidURL:
                url = None
            if url is None:
                raise ConfigurationError(
                    f"the arguments make too long an address ({len(address) + len(text)} bytes)"
                )
            if not text and not path:
                self._urls[address] = url

        content: bytes | None = None
        if payload is not None:
            headers["content-type"] = payload.content_type
            if payload.size is not None:
                headers["content-length"] = str(payload.size)
        elif body is not None:
            content = self.encode_body(body, options.body)
            headers.setdefault("content-type", "application/json")
        if isinstance(options.timeout, Unset):
            timeout = self._timeout
            if timeout is None:
                timeout = self._timeout = as_timeout(self.timeout, CONNECT_TIMEOUT)
        else:
            timeout = as_timeout(options.timeout, CONNECT_TIMEOUT)
        retries = self.max_retries if options.max_retries is None else options.max_retries
        if payload is not None and not payload.replayable:
            retries = 0
        return Call(operation, url, headers, content, payload, timeout, retries, keyed, streamed)

    def encode_body(self, body: Any, extra: Mapping[str, Any] | None) -> bytes:
        """Write a JSON body; arguments that were not given are left out."""
        if isinstance(body, ApiModel):
            body = content_of(body)
        if isinstance(body, Mapping):
            given = cast("Mapping[str, Any]", body)
            body = {name: value for name, value in given.items() if value is not UNSET}
            if extra:
                body.update(extra)
        reason = ""
        try:
            return _encode_json(body).encode()
        except UnicodeEncodeError:
            reason = "a text holds a lone surrogate"
        except (TypeError, ValueError, RecursionError) as error:
            reason = str(error)
        raise ConfigurationError(f"the arguments cannot be sent as JSON: {reason}")

    def request(self, http: Any, call: Call, content: Any) -> HTTPRequest:
        """Build the request of one attempt."""
        from ._http import QuietURL

        request: HTTPRequest = http.build_request(
            call.operation.method,
            call.url,
            headers=call.headers,
            content=content,
            timeout=call.timeout,
        )
        if type(call.url) is QuietURL:
            # The library made a plain copy of the address, which it would log.
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

    def failed(self, error: BaseException) -> APIConnectionError | None:
        """Turn an error of the HTTP library into ours. Its traceback holds the headers, so it is not chained."""
        from ._http import NOTHING_SENT, DecodingError, TimeoutException, TransportError

        if isinstance(error, TimeoutException):
            failure: APIConnectionError = APITimeoutError(
                f"no answer in time ({type(error).__name__}); give a longer timeout if the work takes so long"
            )
        elif isinstance(error, TransportError | DecodingError):
            failure = APIConnectionError(
                self.clean(f"{type(error).__name__}: {error}".rstrip(": "))
            )
        else:
            return None
        failure.nothing_sent = isinstance(error, NOTHING_SENT)
        return failure

    def clean(self, text: str) -> str:
        """Blank the key out of a text."""
        return (
            text
            if self.secret is None
            else self.secret.hide(text.encode("utf-8", "replace")).decode()
        )

    def status_error(self, response: HTTPResponse) -> APIStatusError:
        """Make the error for an error status."""
        body = response.content
        headers = dict(response.headers.items())
        if self.secret is not None:
            body = self.secret.hide(body)
            headers = {name: self.clean(value) for name, value in headers.items()}
        return error_class(response.status_code)(
            status_code=response.status_code,
            headers=headers,
            body=body,
            retry_after=retry_after(headers),
        )

    def pause(self, call: Call, attempt: int, failure: PollinationsError) -> float | None:
        """Decide whether to try again.

        Nothing sent, 408 and 429 are always repeated: no work was begun. A call that costs nothing, or that is
        idempotent, is repeated after any connection failure or 5xx. A paid GET is repeated after 5xx: the service
        keeps answers by address, and a failure costs nothing. A paid POST is repeated after 503 with Retry-After only,
        or like the others when the client was made with `retry_paid`.

        Returns:
            Seconds to wait first, or None to give up.
        """
        if attempt >= call.attempts:
            return None
        operation = call.operation
        free = operation.idempotent or self.retry_paid
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
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**attempt)
        return longest * (0.5 + random.random() / 2)

    def result(self, operation: Operation, response: HTTPResponse) -> Any:
        """Read a success answer.

        Raises:
            InvalidResponseError: it is not of a kind that the contract knows.
        """
        kind = operation.answer
        media = _media(response)
        if kind == "json" or kind == "list":
            if media == "application/json" or not media:
                return self._json(operation, response)
            if operation.textual and media.startswith("text/") and self._accepted(operation, media):
                return self._text(response)
            if media.endswith("+json"):
                return self._json(operation, response)
            raise self._unfit(f"{operation.id} expects JSON, the service sent {media!r}", response)
        if kind == "head":
            return Metadata(response.status_code, dict(response.headers.items()))
        if not self._accepted(operation, media):
            raise self._unfit(
                f"{operation.id} expects {operation.accept}, the service sent {media or 'no content type'!r}",
                response,
            )
        if kind == "text":
            return self._text(response)
        return Binary(
            response.content, Metadata(response.status_code, dict(response.headers.items()))
        )

    def _text(self, response: HTTPResponse) -> Text:
        content = response.content
        media = _media(response)
        # No content type is read as text; sound and pictures have no text.
        readable = not media or media.startswith("text/") or media.endswith("json")
        text = content.decode("utf-8", "replace") if readable else ""
        return Text(text, content, Metadata(response.status_code, dict(response.headers.items())))

    def _accepted(self, operation: Operation, media: str) -> bool:
        for pattern in operation.accepts:
            if (
                pattern == media
                or pattern == "*/*"
                or (pattern[-2:] == "/*" and media.startswith(pattern[:-1]))
            ):
                return True
            # Any sound where the contract names sounds, any picture where it names pictures: formats come and go.
            kind = pattern.partition("/")[0]
            if kind in ("image", "audio", "video") and media.partition("/")[0] in (
                "image",
                "audio",
                "video",
            ):
                return True
        return not media and operation.answer == "text"

    def _json(self, operation: Operation, response: HTTPResponse) -> Any:
        content = response.content
        try:
            data: Any = json.loads(content)
        except (ValueError, RecursionError):
            data = UNSET
        model = operation.model
        if model is not None:
            if operation.answer == "list":
                if type(data) is list:
                    return model._views(cast("Any", data))
            elif type(data) is dict:
                for name in model._needed:
                    if name not in data:
                        raise self._unfit(f"{operation.id}: the answer has no {name!r}", response)
                return model._view(cast("Any", data))
        elif data is not UNSET:
            return data
        if data is UNSET:
            raise self._unfit(f"{operation.id}: the answer is not JSON", response)
        expected = "an array" if operation.answer == "list" else "an object"
        raise self._unfit(f"{operation.id}: the answer is {_kind(data)}, not {expected}", response)

    def _unfit(self, message: str, response: HTTPResponse) -> InvalidResponseError:
        body = response.content
        return InvalidResponseError(
            message,
            status_code=response.status_code,
            headers=dict(response.headers.items()),
            body=body if self.secret is None else self.secret.hide(body),
        )

    def streaming(self, response: HTTPResponse) -> bool:
        """Tell whether a success answer is the event stream that was asked for."""
        return _media(response) == "text/event-stream"

    def kept_open(self, call: Call, response: HTTPResponse) -> bool:
        """Tell whether the body of an answer is to be read later, piece by piece."""
        return 200 <= response.status_code < 300 and (not call.streamed or self.streaming(response))

    def not_streaming(self, operation: Operation, response: HTTPResponse) -> InvalidResponseError:
        """Make the error for an answer that should have been an event stream."""
        sent = response.headers.get("content-type", "") or "no content type"
        return self._unfit(
            f"{operation.id}: an event stream was asked for, the service sent {sent!r}", response
        )

    def detailed(self, response: HTTPResponse, parsed: Any) -> Response[Any]:
        """Put a result together with the answer it came from."""
        is_open = _is_stream(parsed)
        return Response(
            status_code=response.status_code,
            headers=dict(response.headers.items()),
            content=b"" if is_open else response.content,
            parsed=parsed,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.servers['gateway']!r})"

    def __reduce__(self) -> Any:
        raise TypeError(
            "a client holds connections and a key; make a new one instead of pickling it"
        )


def _media(response: HTTPResponse) -> str:
    content_type: str = response.headers.get("content-type", "")
    return content_type.partition(";")[0].strip().lower()


def _is_stream(value: Any) -> bool:
    return isinstance(value, Stream | AsyncStream)


def _kind(value: Any) -> str:
    names: dict[type, str] = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "a boolean",
    }
    return "null" if value is None else names.get(cast("Any", type(value)), "a number")


class SyncCore(Core):
    """Makes calls and waits for them."""

    http: SyncHTTPClient | None

    def pool(self) -> SyncHTTPClient:
        """Give the HTTP client, made when it is first needed."""
        if self.http is None:
            if self.closed:
                raise ConfigurationError("the client is closed")
            from ._http import new_client

            with self._lock:
                if self.http is None:
                    self.http = new_client(None)
        return self.http

    def close(self) -> None:
        """Close the connections, unless the HTTP client was passed in."""
        self.closed = True
        if self.owned and self.http is not None:
            self.http.close()
            self.http = None

    def send(self, call: Call, stream: bool) -> HTTPResponse:
        """Send a call, again where that is safe, until it succeeds or fails for good."""
        from ._http import DecodingError, TransportError

        http = self.pool()
        attempt = 0
        while True:
            content: Any = call.content if call.payload is None else call.payload.open()
            request = self.request(http, call, content)
            failure: PollinationsError
            response: HTTPResponse | None = None
            problem: APIConnectionError | None = None
            try:
                response = http.send(request, stream=stream, follow_redirects=False)
                if stream and not self.kept_open(call, response):
                    response.read()
            except (TransportError, DecodingError) as error:
                problem = self.failed(error)
            if problem is not None:
                failure = problem
            elif response is not None and 200 <= response.status_code < 300:
                return response
            else:
                failure = self.status_error(cast("HTTPResponse", response))
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
        payload: Payload | None = None,
        options: Options = _NO_OPTIONS,
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
            payload: body with a file.
            options: what this call overrides.
            streamed: True when an event stream is asked for.
            verify: field of the answer to compare with the hash of the file sent.
            mode: `raw` for the detailed answer, `open` for one read piece by piece, else the result itself.
        """
        call = self.prepare(operation, path or {}, query, body, payload, options, streamed)
        response = self.send(call, streamed or mode == "open")
        if mode == "open":
            return StreamedResponse(response, self)
        if streamed:
            if not self.streaming(response):
                raise self.not_streaming(operation, response)
            result: Any = Stream[ApiModel, ApiModel](response, *operation.kinds, self.failed)
        else:
            result = self.result(operation, response)
            if verify and payload is not None:
                verified(payload, result[verify])
        return self.detailed(response, result) if mode == "raw" else result


class AsyncCore(Core):
    """Makes calls and lets others run meanwhile."""

    http: AsyncHTTPClient | None

    def pool(self) -> AsyncHTTPClient:
        """Give the HTTP client, made when it is first needed."""
        if self.http is None:
            if self.closed:
                raise ConfigurationError("the client is closed")
            from ._http import new_async_client

            with self._lock:
                if self.http is None:
                    self.http = new_async_client(None)
        return self.http

    async def close(self) -> None:
        """Close the connections, unless the HTTP client was passed in."""
        self.closed = True
        if self.owned and self.http is not None:
            await self.http.aclose()
            self.http = None

    async def send(self, call: Call, stream: bool) -> HTTPResponse:
        """Send a call, again where that is safe, until it succeeds or fails for good."""
        from ._http import DecodingError, TransportError, sleep

        http = self.pool()
        attempt = 0
        while True:
            content: Any = call.content if call.payload is None else call.payload.aopen()
            request = self.request(http, call, content)
            failure: PollinationsError
            response: HTTPResponse | None = None
            problem: APIConnectionError | None = None
            try:
                response = await http.send(request, stream=stream, follow_redirects=False)
                if stream and not self.kept_open(call, response):
                    await response.aread()
            except (TransportError, DecodingError) as error:
                problem = self.failed(error)
            if problem is not None:
                failure = problem
            elif response is not None and 200 <= response.status_code < 300:
                return response
            else:
                failure = self.status_error(cast("HTTPResponse", response))
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
        payload: Payload | None = None,
        options: Options = _NO_OPTIONS,
        streamed: bool = False,
        verify: str = "",
        mode: str = "",
    ) -> Any:
        """Make a call; see `SyncCore.call`."""
        call = self.prepare(operation, path or {}, query, body, payload, options, streamed)
        response = await self.send(call, streamed or mode == "open")
        if mode == "open":
            return AsyncStreamedResponse(response, self)
        if streamed:
            if not self.streaming(response):
                raise self.not_streaming(operation, response)
            result: Any = AsyncStream[ApiModel, ApiModel](response, *operation.kinds, self.failed)
        else:
            result = self.result(operation, response)
            if verify and payload is not None:
                verified(payload, result[verify])
        return self.detailed(response, result) if mode == "raw" else result


class StreamedResponse:
    """An answer whose body is read piece by piece and never held as a whole. Use it in `with`.

    Attributes:
        metadata: status and headers.
    """

    def __init__(self, response: HTTPResponse, core: Core) -> None:
        self._response = response
        self._core = core
        self.metadata = Metadata(response.status_code, dict(response.headers.items()))

    def __enter__(self) -> StreamedResponse:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Read the body.

        Args:
            chunk_size: size of the pieces in bytes; as they arrive by default.

        Raises:
            APIConnectionError: the answer broke off.
            ConfigurationError: it was read already, or the block was left.
        """
        from ._http import READ_BEFORE, DecodingError, TransportError

        problem: PollinationsError | None = None
        try:
            yield from self._response.iter_bytes(chunk_size)
        except (TransportError, DecodingError) as error:
            problem = self._core.failed(error)
        except READ_BEFORE:
            problem = ConfigurationError(_READ_BEFORE)
        if problem is not None:
            raise problem

    def read(self) -> bytes:
        """Read the whole body."""
        return b"".join(self.iter_bytes())

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the body to a file as it arrives, all of it or nothing.

        Args:
            path: the file; one that exists is replaced. Only this path is written, whatever the headers say.
        """
        return save(path, self.iter_bytes())

    def close(self) -> None:
        """Close the connection."""
        self._response.close()

    def __repr__(self) -> str:
        return f"StreamedResponse({self.metadata!r})"


class AsyncStreamedResponse:
    """An answer whose body is read piece by piece and never held as a whole. Use it in `async with`.

    Attributes:
        metadata: status and headers.
    """

    def __init__(self, response: HTTPResponse, core: Core) -> None:
        self._response = response
        self._core = core
        self.metadata = Metadata(response.status_code, dict(response.headers.items()))

    async def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Read the body; see `StreamedResponse.iter_bytes`."""
        from ._http import READ_BEFORE, DecodingError, TransportError

        problem: PollinationsError | None = None
        try:
            async for piece in self._response.aiter_bytes(chunk_size):
                yield piece
        except (TransportError, DecodingError) as error:
            problem = self._core.failed(error)
        except READ_BEFORE:
            problem = ConfigurationError(_READ_BEFORE)
        if problem is not None:
            raise problem

    async def read(self) -> bytes:
        """Read the whole body."""
        return b"".join([piece async for piece in self.iter_bytes()])

    async def save(self, path: str | PathLike[str]) -> Path:
        """Write the body to a file as it arrives, all of it or nothing; see `StreamedResponse.save`."""
        return await asave(path, self.iter_bytes())

    async def close(self) -> None:
        """Close the connection."""
        await self._response.aclose()

    def __repr__(self) -> str:
        return f"AsyncStreamedResponse({self.metadata!r})"


class Opening:
    """A call about to be made; `async with` makes it and gives the answer to read piece by piece."""

    def __init__(self, waiting: Coroutine[Any, Any, Any]) -> None:
        self._waiting = waiting
        self._opened: AsyncStreamedResponse | None = None

    async def __aenter__(self) -> AsyncStreamedResponse:
        self._opened = opened = cast("AsyncStreamedResponse", await self._waiting)
        return opened

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._opened is not None:
            await self._opened.close()


class Resource:
    """Base of the groups of methods of a client."""

    def __init__(self, core: SyncCore, mode: str = "") -> None:
        self._core = core
        self._mode = mode

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._core!r})"


class AsyncResource:
    """Base of the groups of methods of an asynchronous client."""

    def __init__(self, core: AsyncCore, mode: str = "") -> None:
        self._core = core
        self._mode = mode

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._core!r})"


def as_raw(method: Callable[P, T]) -> Callable[P, Response[T]]:
    """Type a method of a resource in mode `raw`."""
    return cast("Callable[P, Response[T]]", method)


def as_async_raw(
    method: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, Response[T]]]:
    """Type a method of an asynchronous resource in mode `raw`."""
    return cast("Callable[P, Coroutine[Any, Any, Response[T]]]", method)


def as_open(method: Callable[P, Any]) -> Callable[P, StreamedResponse]:
    """Type a method of a resource in mode `open`."""
    return cast("Callable[P, StreamedResponse]", method)


def as_async_open(method: Callable[P, Coroutine[Any, Any, Any]]) -> Callable[P, Opening]:
    """Make a method of an asynchronous resource in mode `open` usable in `async with` without `await`."""

    def call(*args: P.args, **kwargs: P.kwargs) -> Opening:
        return Opening(method(*args, **kwargs))

    return call


def fields(body: ApiModel | Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the fields of a body, whichever way it was given."""
    return content_of(body) if isinstance(body, ApiModel) else body


def verified(payload: Payload, received: Any) -> None:
    """Compare the hash that an upload returned with that of the bytes sent.

    Raises:
        ContentHashError: they differ.
    """
    expected = payload.file.sha256
    text = received if isinstance(received, str) else ""
    if len(text) < 8 or not expected.startswith(text.lower()):
        raise ContentHashError(expected, str(received))
