"""DeveloperMessage: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from .._model import ApiModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .message_content import MessageContent, MessageContentInput


class DeveloperMessage(ApiModel):
    """Sets tone and task, for models that call it so."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "role": "role",
        "content": "content",
        "name": "name",
        "cache_control": "cache_control",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "role",
        "content",
    )

    def __init__(
        self,
        *,
        content: MessageContentInput,
        role: Literal["developer"] | str = "developer",
        name: str | Unset = UNSET,
        cache_control: CacheControl | Mapping[str, Any] | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "role": role,
                "content": content,
                "name": name,
                "cache_control": cache_control,
            }
        )

    @property
    def role(self) -> Literal["developer"] | str:
        """Who wrote the message."""
        value: Literal["developer"] | str = self._need("role")
        return value

    @property
    def content(self) -> MessageContent:
        """A text, or a list of parts."""
        value: MessageContent = as_message_content(self._need("content"))
        return value

    @property
    def name(self) -> str | None:
        """Name of the author."""
        value: str | None = self._data.get("name")
        return value

    @property
    def cache_control(self) -> CacheControl | None:
        """Ask the provider to remember the conversation up to here, which makes the next call cheaper."""
        value: CacheControl | None = CacheControl._view(self._data.get("cache_control"))
        return value


from .cache_control import CacheControl  # noqa: E402 - below the class, so that models can refer to each other
from .message_content import as_message_content  # noqa: E402 - below the class, so that models can refer to each other
