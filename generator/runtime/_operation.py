"""What the core knows of an operation, of the options of one call, and of a call that is ready to be sent."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from .errors import ConfigurationError
from .types import UNSET, Unset

if TYPE_CHECKING:
    from ._http import Timeout
    from ._model import ApiModel
    from ._secrets import Redactor
    from ._uploads import Payload

# No attrs classes: attrs would have to be imported, a third of the time that import and construction take. Named tuples
# take another tenth of it.


class Operation(SimpleNamespace):
    """One operation of the contract.

    Attributes:
        id: operation id.
        name: the method as users write it, such as `client.media.retrieve`.
        method: HTTP method.
        path: path with its parameters in braces.
        host: `gateway` or `media`.
        auth: `none` (the key is never sent), `optional` or `required`.
        `answer`: `json`, `list`, `text`, `binary` or `head`.
        accepts: media types of success responses, streams apart.
        model: name of the model of a JSON response, or of its items. Models are imported when one is made.
        item: name of the model of the events when the response can be streamed.
        final: name of the model of what the events add up to.
        idempotent: True when repeating it after an unknown outcome does no harm.
    """

    id: str
    name: str
    method: str
    path: str
    host: str
    auth: str
    answer: str
    accepts: tuple[str, ...]
    model: str = ""
    item: str = ""
    final: str = ""
    idempotent: bool = False

    @property
    def accept(self) -> str:
        """Value of the header Accept."""
        return ", ".join(self.accepts) or "*/*"

    @property
    def textual(self) -> bool:
        """True when the response may be text."""
        return any(name.startswith("text/") for name in self.accepts)

    @property
    def response(self) -> type[ApiModel] | None:
        """The model of a JSON response, or of its items; None where it has none."""
        from . import models

        found: type[ApiModel] | None = getattr(models, self.model) if self.model else None
        return found

    @property
    def kinds(self) -> tuple[Any, Any]:
        """The model of the events and that of what they add up to."""
        from . import models

        if not self.item:
            raise ConfigurationError("this operation cannot be streamed")
        return getattr(models, self.item), getattr(models, self.final)


class Options(SimpleNamespace):
    """What one call overrides: each is UNSET or None when the client's own setting counts."""

    headers: Mapping[str, str] | None = None
    query: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None
    timeout: float | Timeout | Unset | None = UNSET
    max_retries: int | None = None

    def __repr__(self) -> str:
        return "Options()"  # headers and parameters may be keys


NO_OPTIONS = Options()


class Call(SimpleNamespace):
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

    operation: Operation
    url: Any
    headers: dict[str, str]
    content: bytes | None
    payload: Payload | None
    timeout: Any
    deadline: float | None
    attempts: int
    keyed: bool
    streamed: bool
    redactor: Redactor

    def __repr__(self) -> str:
        return f"Call({self.operation.id!r})"  # headers may be keys
