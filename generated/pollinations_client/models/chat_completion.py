"""ChatCompletion: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from .._model import ApiModel
from ..types import UNSET, Unset


class ChatCompletion(ApiModel):
    """The next message of a conversation."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "id": "id",
        "object": "object",
        "created": "created",
        "model": "model",
        "choices": "choices",
        "usage": "usage",
        "system_fingerprint": "system_fingerprint",
        "prompt_filter_results": "prompt_filter_results",
        "user_tier": "user_tier",
        "citations": "citations",
    }
    _needed: ClassVar[tuple[str, ...]] = ("choices",)

    def __init__(
        self,
        *,
        id: str,
        created: int,
        model: str,
        choices: Sequence[ChatChoice | Mapping[str, Any]],
        usage: CompletionUsage | Mapping[str, Any],
        object: Literal["chat.completion"] | str = "chat.completion",
        system_fingerprint: str | Unset | None = UNSET,
        prompt_filter_results: Sequence[PromptFilterResult | Mapping[str, Any]]
        | Unset
        | None = UNSET,
        user_tier: Literal["anonymous", "seed", "flower", "nectar"] | str | Unset = UNSET,
        citations: Sequence[str] | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "id": id,
                "object": object,
                "created": created,
                "model": model,
                "choices": choices,
                "usage": usage,
                "system_fingerprint": system_fingerprint,
                "prompt_filter_results": prompt_filter_results,
                "user_tier": user_tier,
                "citations": citations,
            }
        )

    @property
    def id(self) -> str:
        """Id of the answer, `pllns_` and 32 hexadecimal digits."""
        value: str = self._need("id")
        return value

    @property
    def object(self) -> Literal["chat.completion"] | str:
        """The field `object`."""
        value: Literal["chat.completion"] | str = self._need("object")
        return value

    @property
    def created(self) -> int:
        """When, in seconds since 1970."""
        value: int = self._need("created")
        return value

    @property
    def model(self) -> str:
        """The provider's name of the model."""
        value: str = self._need("model")
        return value

    @property
    def choices(self) -> list[ChatChoice]:
        """The answer; always one."""
        value: list[ChatChoice] = ChatChoice._views(self._need("choices"))
        return value

    @property
    def usage(self) -> CompletionUsage:
        """What the answer took, in tokens."""
        value: CompletionUsage = CompletionUsage._view(self._need("usage"))
        return value

    @property
    def system_fingerprint(self) -> str | None:
        """The provider's mark of its configuration."""
        value: str | None = self._data.get("system_fingerprint")
        return value

    @property
    def prompt_filter_results(self) -> list[PromptFilterResult] | None:
        """What the content filter found in the prompts."""
        value: list[PromptFilterResult] | None = PromptFilterResult._views(
            self._data.get("prompt_filter_results")
        )
        return value

    @property
    def user_tier(self) -> Literal["anonymous", "seed", "flower", "nectar"] | str | None:
        """Tier of the caller."""
        value: Literal["anonymous", "seed", "flower", "nectar"] | str | None = self._data.get(
            "user_tier"
        )
        return value

    @property
    def citations(self) -> list[str] | None:
        """Sources that a search model used."""
        value: list[str] | None = self._data.get("citations")
        return value


from .chat_choice import ChatChoice  # noqa: E402 - below the class, so that models can refer to each other
from .completion_usage import CompletionUsage  # noqa: E402 - below the class, so that models can refer to each other
from .prompt_filter_result import PromptFilterResult  # noqa: E402 - below the class, so that models can refer to each other
