"""Everything this package raises. One base, `PollinationsError`; below it one class for each way a call can fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, TypeGuard

_MESSAGE_LIMIT = 500


class PollinationsError(Exception):
    """Base of all errors raised by this package."""


class ConfigurationError(PollinationsError, ValueError):
    """The client or a call was given something unusable; nothing was sent."""


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

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.model, self.field))


class APIConnectionError(PollinationsError):
    """The request or its answer got lost on the way.

    Attributes:
        nothing_sent: True when it failed before any byte of the request left, so that nothing can have been charged.
    """

    nothing_sent: bool = False


class APITimeoutError(APIConnectionError, TimeoutError):
    """The service did not answer within the timeout."""


class InvalidResponseError(PollinationsError):
    """A success answer (2xx) whose body is not what the contract says.

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
        self._message = message
        self.status_code = status_code
        self.headers = dict(headers)
        self.body = body

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self._message, self.status_code, self.headers, self.body))


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

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.expected, self.received))


class StreamError(PollinationsError):
    """A stream went wrong after it had started.

    Attributes:
        partial: the answer assembled from what had arrived, or None when nothing had.
        data: the event at fault, where there is one.
    """

    def __init__(self, message: str, *, partial: Any = None, data: Any = None) -> None:
        super().__init__(message)
        self.partial = partial
        self.data = data

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild_stream, (type(self), str(self), self.partial, self.data))


class StreamTruncatedError(StreamError):
    """A stream ended with neither a finish reason nor `[DONE]`."""


class APIStatusError(PollinationsError):
    """The service answered with an error status; subclasses stand for the common ones.

    Attributes:
        status_code: HTTP status as a number, whatever it is.
        message: what the service says went wrong, or a short account of its body.
        code: the service's own code (for example `BAD_REQUEST`), or None.
        request_id: id to quote when reporting a problem to the service, or None.
        retry_after: seconds after which the service wants to be asked again, or None.
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
        self.request_id = self.headers.get("x-request-id")
        self.data = _decoded(body)
        self.message, self.code, self.details = _account(
            self.data, body, self.headers.get("content-type", "")
        )
        if 300 <= status_code < 400:
            # Wherever it points: a key must not go there.
            self.message = "the service wants to redirect, and this client does not follow"
        self.retry_after = retry_after
        if is_object(self.data):
            error: Any = self.data.get("error")
            if self.request_id is None and is_object(error):
                self.request_id = _text_or_none(error.get("requestId"))
            if retry_after is None:
                self.retry_after = _number_or_none(self.data.get("retryAfterSeconds"))
        super().__init__(self._text())

    def _text(self) -> str:
        head = f"{self.status_code} {self.code}" if self.code else str(self.status_code)
        return f"{head}: {self.message}{_id_note(self.request_id)}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (
            _rebuild_status,
            (type(self), self.status_code, self.headers, self.body, self.retry_after),
        )


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
        return f"{text} ({', '.join(reasons)})" if reasons else text

    @property
    def field_errors(self) -> dict[str, list[str]]:
        """Give the reasons for refusal by field."""
        found: Any = self.details.get("fieldErrors")
        return {name: _texts(value) for name, value in found.items()} if is_object(found) else {}

    @property
    def form_errors(self) -> list[str]:
        """Give the reasons for refusal that name no field."""
        return _texts(self.details.get("formErrors"))


class AuthenticationError(APIStatusError):
    """401: no API key, or not a valid one."""


class PaymentRequiredError(APIStatusError):
    """402: the account's pollen balance or the key's own budget is used up."""


class PermissionDeniedError(APIStatusError):
    """403: the key lacks the account permission or may not use the model."""


class NotFoundError(APIStatusError):
    """404: nothing there."""


class RequestTimeoutError(APIStatusError):
    """408: the service waited too long for the request."""


class RequestTooLargeError(APIStatusError):
    """413: the body is larger than the service takes."""


class UnsupportedMediaTypeError(APIStatusError):
    """415: the service does not take files of this content type."""


class RateLimitError(APIStatusError):
    """429: too many requests, or a publishable key still waiting; see `retry_after`."""


class InternalServerError(APIStatusError):
    """5xx: the service, its edge or a backend failed."""


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
    """Give the class that stands for a status."""
    if status_code >= 500:
        return InternalServerError
    return _Classes.by_status.get(status_code, APIStatusError)


def _rebuild(
    cls: type[InvalidResponseError], message: str, status: int, headers: dict[str, str], body: bytes
) -> Any:
    return cls(message, status_code=status, headers=headers, body=body)


def _rebuild_stream(cls: type[StreamError], message: str, partial: Any, data: Any) -> Any:
    return cls(message, partial=partial, data=data)


def _rebuild_status(
    cls: type[APIStatusError],
    status: int,
    headers: dict[str, str],
    body: bytes,
    retry_after: float | None,
) -> Any:
    return cls(status_code=status, headers=headers, body=body, retry_after=retry_after)


def _id_note(request_id: str | None) -> str:
    return f" [request id {request_id}]" if request_id else ""


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number_or_none(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9
    return float(value) if usable else None


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if is_array(value) else []


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Tell whether decoded JSON is an object."""
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Tell whether decoded JSON is an array."""
    return isinstance(value, list)


def _decoded(body: bytes) -> Any:
    # The service also sends HTML, plain text and nothing at all; None then says that the body is not JSON.
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
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
            code = error["code"]
        found: Any = error.get("details") if is_object(error) else data.get("details")
        if is_object(found):
            details = found
        message = _innermost(data, 0)
        if message:
            return _cut(message), code, details
    text = body.decode("utf-8", "replace").strip()
    if not text:
        return "the service gave no reason (empty body)", code, details
    if "html" in content_type.lower() or text[:1] == "<":
        return f"the service sent an HTML page: {_cut(_title(text))}", code, details
    return _cut(text), code, details


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
