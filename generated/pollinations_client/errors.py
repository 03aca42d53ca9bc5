"""Everything this package raises. One base, `PollinationsError`; below it one class for each way a call can fail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from ._json import decode, is_array, is_object

_MESSAGE_LIMIT = 500
# Controls, marks that reverse the direction of text, and lone surrogates, which no output can encode.
_UNPRINTABLE = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"


def printable(text: str) -> str:
    """Return text on one line that can be printed anywhere: what others sent must not steer a terminal or a log."""
    return re.sub(_UNPRINTABLE, _visible, text)


def shown(value: object) -> str:
    """Return a short representation of an argument, whatever its own does."""
    try:
        text = repr(value)
    except Exception:
        text = f"a value of type {type(value).__name__}"
    return printable(text if len(text) <= 100 else f"{text[:100]}…")


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    return " " if character in "\n\r\t" else character.encode("unicode_escape").decode()


class PollinationsError(Exception):
    """Base of all errors raised by this package.

    Attributes:
        call: the method that was called, such as `client.media.retrieve`; "" outside a call.
        request: HTTP method and URL without its query; "" when no request was prepared.
        advice: what to do about it; "" where the message has it.
    """

    call: str = ""
    request: str = ""
    advice: ClassVar[str] = ""

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message))

    def __str__(self) -> str:
        text = f"{self.call}: {super().__str__()}" if self.call else super().__str__()
        text = f"{text} ({self.request})" if self.request else text
        return f"{text}; {self.advice}" if self.advice else text

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.args, dict(vars(self))))


def _rebuild(cls: type[PollinationsError], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    error = cls.__new__(cls)
    error.args = args
    vars(error).update(state)
    return error


class ConfigurationError(PollinationsError, ValueError):
    """The client or a call was given something unusable; nothing was sent as a whole."""


class MissingKeyError(ConfigurationError):
    """The operation needs an API key and the client has none; nothing was sent."""


class MissingFieldError(PollinationsError, AttributeError):
    """A required attribute was read that the service did not send.

    Attributes:
        model: name of the model.
        field: JSON name of the field.
    """

    def __init__(self, model: str, field: str) -> None:
        super().__init__(
            f"the service sent a {model} without {field!r}; test with `{field!r} in value` first"
        )
        self.model = model
        self.field = field


class APIConnectionError(PollinationsError):
    """The request or its response got lost on the way, or one of them could not be read.

    Attributes:
        nothing_sent: True when it failed before any byte of the request left, so that nothing can have been charged.
    """

    nothing_sent: bool = False


class APITimeoutError(APIConnectionError, TimeoutError):
    """The service did not respond within the timeout, or the call did not end within its total time."""


class InvalidResponseError(PollinationsError):
    """A success response (2xx) whose body is not what the contract describes.

    Attributes:
        status_code: HTTP status.
        headers: response headers, names in lower case.
        body: the bytes that came.
        request_id: id to quote when reporting a problem to the service, or None.
    """

    def __init__(
        self, message: str, *, status_code: int, headers: Mapping[str, str], body: bytes
    ) -> None:
        self.request_id = headers.get("x-request-id")
        super().__init__(f"{message}{_id_note(self.request_id)}")
        self.status_code = status_code
        self.headers = dict(headers)
        self.body = body


class ResponseTooLargeError(PollinationsError):
    """A response is larger than `max_response_bytes`, counted after decompression.

    Attributes:
        limit: the limit in bytes.
    """

    advice = (
        "set max_response_bytes on the client, or read it in pieces through with_streaming_response"
    )

    def __init__(self, limit: int) -> None:
        super().__init__(f"the response is larger than {limit} bytes")
        self.limit = limit


class ContentHashError(PollinationsError):
    """The service stored other bytes than were sent: its content hash is not that of the upload.

    Attributes:
        expected: SHA-256 of the bytes sent, 64 hex digits.
        received: hash that the service returned.
    """

    def __init__(self, expected: str, received: str) -> None:
        super().__init__(
            f"the service returned content hash {received!r}, the bytes sent hash to {expected}"
        )
        self.expected = expected
        self.received = received


class StreamError(PollinationsError):
    """A stream went wrong after it had started.

    Attributes:
        partial: the response assembled from what had arrived, or None when nothing had.
        data: the event at fault, where there is one.
    """

    def __init__(self, message: str, *, partial: Any = None, data: Any = None) -> None:
        super().__init__(message)
        self.partial = partial
        self.data = data


class StreamTruncatedError(StreamError):
    """A stream ended, or was closed, before a finish reason or `[DONE]`."""


class APIStatusError(PollinationsError):
    """The service responded with an error status; subclasses stand for the common ones.

    Attributes:
        status_code: HTTP status as a number, whatever it is.
        message: the reason that the service gave, or a short account of its body.
        code: the service's own code (for example `BAD_REQUEST`), or None.
        request_id: id to quote when reporting a problem to the service, or None.
        retry_after: seconds after which to try again, or None.
        details: the service's `error.details` object, or {}.
        headers: response headers, names in lower case.
        body: the bytes that came.
        data: the body decoded, or None when it is not JSON.
    """

    def __init__(
        self,
        *,
        status_code: int,
        headers: Mapping[str, str],
        body: bytes,
        retry_after: float | None = None,
    ) -> None:
        self.status_code = status_code
        self.headers = dict(headers)
        self.body = body
        self.request_id = _text_or_none(self.headers.get("x-request-id"))
        self.data = _decoded(body)
        self.message, self.code, self.details = _account(
            self.data, body, self.headers.get("content-type", "")
        )
        if 300 <= status_code < 400:
            # Wherever it points: a key must not go there.
            self.message = "the service redirects, and this client does not follow"
        self.retry_after = retry_after
        if is_object(self.data):
            error: Any = self.data.get("error")
            if self.request_id is None and is_object(error):
                self.request_id = _text_or_none(error.get("requestId"))
            if retry_after is None:
                self.retry_after = _number_or_none(self.data.get("retryAfterSeconds"))
        super().__init__(self._text())

    def _text(self) -> str:
        head = f"{self.status_code} {self.code[:100]}" if self.code else str(self.status_code)
        return f"{head}: {self.message}{_id_note(self.request_id)}"


class BadRequestError(APIStatusError):
    """400: the request was not understood, or a value was refused.

    Attributes:
        field_errors: for each top-level field the reasons it was refused.
        form_errors: reasons that concern the request as a whole.
    """

    def _text(self) -> str:
        reasons = [
            f"{name}: {'; '.join(texts)}" for name, texts in self.field_errors.items()
        ] + self.form_errors
        text = super()._text()
        return f"{text} ({_cut(', '.join(reasons))})" if reasons else text

    @property
    def field_errors(self) -> dict[str, list[str]]:
        """Return the reasons for refusal by field."""
        found: Any = self.details.get("fieldErrors")
        return {name: _texts(value) for name, value in found.items()} if is_object(found) else {}

    @property
    def form_errors(self) -> list[str]:
        """Return the reasons for refusal that name no field."""
        return _texts(self.details.get("formErrors"))


class AuthenticationError(APIStatusError):
    """401: no API key, or not a valid one."""

    advice = "pass a valid api_key or set POLLINATIONS_API_KEY"


class PaymentRequiredError(APIStatusError):
    """402: the account's pollen balance or the key's own budget is used up."""

    advice = "add pollen to the account, or raise the budget of the key"


class PermissionDeniedError(APIStatusError):
    """403: the key lacks the account permission or may not use the model."""

    advice = "use a key with this permission, or a model that the key may use"


class NotFoundError(APIStatusError):
    """404: nothing there."""


class RequestTimeoutError(APIStatusError):
    """408: the service waited too long for the request."""


class RequestTooLargeError(APIStatusError):
    """413: the body is larger than the service takes."""

    advice = "send less"


class UnsupportedMediaTypeError(APIStatusError):
    """415: the service does not take files of this content type."""


class RateLimitError(APIStatusError):
    """429: too many requests, or a publishable key still waiting; see `retry_after`."""

    advice = "wait for `retry_after` seconds, or send fewer requests at once"


class InternalServerError(APIStatusError):
    """5xx: the service, its edge or a backend failed."""

    advice = "try again later"


class _Classes:
    by_status: ClassVar[dict[int, type[APIStatusError]]] = {
        400: BadRequestError,
        401: AuthenticationError,
        402: PaymentRequiredError,
        403: PermissionDeniedError,
        404: NotFoundError,
        408: RequestTimeoutError,
        413: RequestTooLargeError,
        415: UnsupportedMediaTypeError,
        429: RateLimitError,
    }


def error_class(status_code: int) -> type[APIStatusError]:
    """Return the class that stands for a status."""
    if status_code >= 500:
        return InternalServerError
    return _Classes.by_status.get(status_code, APIStatusError)


def _id_note(request_id: str | None) -> str:
    return f" [request id {request_id[:200]}]" if request_id else ""


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number_or_none(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9
    return float(value) if usable else None


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if is_array(value) else []


def _decoded(body: bytes) -> Any:
    # The service also sends HTML, plain text and nothing at all; None then means that the body is not JSON.
    try:
        return decode(body)
    except ValueError:
        return None


def _account(data: Any, body: bytes, content_type: str) -> tuple[str, str | None, dict[str, Any]]:
    code: str | None = None
    details: dict[str, Any] = {}
    if isinstance(data, str):
        # A JSON document inside a JSON string.
        inner = _decoded(data.encode("utf-8", "replace"))
        data = inner if is_object(inner) else {"message": data}
    if is_object(data):
        error: Any = data.get("error")
        if is_object(error) and isinstance(error.get("code"), str):
            code = printable(error["code"])
        found: Any = error.get("details") if is_object(error) else data.get("details")
        if is_object(found):
            details = found
        message = _innermost(data, 0)
        if message:
            return printable(_cut(message)), code, details
    text = body.decode("utf-8", "replace").strip()
    if not text:
        return "the service gave no reason (empty body)", code, details
    if "html" in content_type.lower() or text[:1] == "<":
        return f"the service sent an HTML page: {printable(_cut(_title(text)))}", code, details
    return printable(_cut(text)), code, details


def _innermost(value: Any, depth: int) -> str | None:
    # The gateway relays a backend's whole error document as text inside its own message: dig for the reason itself.
    if depth > 6:
        return None
    if is_object(value):
        details: Any = value.get("details")
        if is_object(details) and "error" in details:
            found = _innermost(details["error"], depth + 1)
            if found:
                return found
        error: Any = value.get("error")
        candidates = (
            [error, value.get("message")] if is_object(error) else [value.get("message"), error]
        )
        for candidate in candidates:
            found = _innermost(candidate, depth + 1)
            if found:
                return found
        return None
    if isinstance(value, str) and value.strip():
        text = value.strip()
        if text[:1] == "{":
            inner = _decoded(text.encode("utf-8", "replace"))
            return (_innermost(inner, depth + 1) if is_object(inner) else None) or text
        return text
    return None


def _title(html: str) -> str:
    lower = html.lower()
    start = lower.find("<title")
    start = lower.find(">", start) + 1 if start >= 0 else 0
    end = lower.find("</title", start) if start else -1
    return " ".join((html[start:end] if end > 0 else html).split())


def _cut(text: str) -> str:
    return (
        text
        if len(text) <= _MESSAGE_LIMIT
        else f"{text[:_MESSAGE_LIMIT]}… ({len(text)} characters)"
    )
