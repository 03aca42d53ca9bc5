"""UserMessage: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from .._model import ApiModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .message_content import MessageContent, MessageContentInput


class UserMessage(ApiModel):
    """What the user said, showed or played."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "role": "role",
        "content": "content",
        "name": "name",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "role",
        "content",
    )

    def __init__(
        self,
        *,
        content: MessageContentInput,
        role: Literal["user"] | str = "user",
        name: str | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "role": role,
                "content": content,
                "name": name,
            }
        )

    @property
    def role(self) -> Literal["user"] | str:
        """Who wrote the message."""
        value: Literal["user"] | str = self._need("role")
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


from .message_content import as_message_content  # noqa: E402 - below the class, so that models can refer to each other
