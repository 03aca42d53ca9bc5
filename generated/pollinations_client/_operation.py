"""What the core knows of an operation, of the options of one call, and of a call that is ready to be sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .errors import ConfigurationError
from .types import UNSET, Unset

if TYPE_CHECKING:
    from ._http import Timeout
    from ._model import ApiModel
    from ._secrets import Redactor
    from ._uploads import Payload

# Plain classes: attrs would be imported, and classes made, before the first call needs either.


class Operation:
    """One operation of the contract.

    Attributes:
        id: operation id.
        name: the method as users write it, such as `client.media.retrieve`.
        method: HTTP method.
        path: path with its parameters in braces.
        host: `gateway` or `media`.
        auth: `none` (the key is never sent), `optional` or `required`.
        answer: `json`, `list`, `text`, `binary` or `head`.
        accepts: media types of success responses, streams apart.
        model: class of a JSON response, or of its items.
        item: class of the events when the response can be streamed.
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
        "name",
        "path",
        "textual",
    )

    def __init__(
        self,
        *,
        id: str,
        name: str,
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
        self.name = name
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
        """Return the class of the events and that of what they add up to."""
        if self.item is None or self.final is None:
            raise ConfigurationError("this operation cannot be streamed")
        return self.item, self.final

    def __repr__(self) -> str:
        return f"Operation({self.id!r}, {self.method} {self.path})"


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


NO_OPTIONS = Options()


class Call:
    """One prepared call; a request is built from it for each attempt.

    Attributes:
        operation: what is called.
        url: URL object of the HTTP library, without the key.
        headers: request headers, without the key.
        content: body, if it is held as a whole.
        payload: body with files, if there is one.
        timeout: timeout object of the HTTP library.
        deadline: when the whole call must have ended, on the monotonic clock, or None.
        attempts: how often the call may be repeated.
        keyed: True when the client's key is added to each request.
        streamed: True when an event stream is requested.
        redactor: blanks out the keys that this call sends.
    """

    __slots__ = (
        "attempts",
        "content",
        "deadline",
        "headers",
        "keyed",
        "operation",
        "payload",
        "redactor",
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
        deadline: float | None,
        attempts: int,
        keyed: bool,
        streamed: bool,
        redactor: Redactor,
    ) -> None:
        self.operation = operation
        self.url = url
        self.headers = headers
        self.content = content
        self.payload = payload
        self.timeout = timeout
        self.deadline = deadline
        self.attempts = attempts
        self.keyed = keyed
        self.streamed = streamed
        self.redactor = redactor
