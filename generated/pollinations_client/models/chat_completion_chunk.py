"""ChatCompletionChunk: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .._model import StreamItem
from ..types import UNSET, Unset


class ChatCompletionChunk(StreamItem):
    """A piece of an answer. Only `choices` is certain: the first chunk of some providers has empty texts and
    no choices, and the last one of many has the usage and no choices.
    """

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "choices": "choices",
        "id": "id",
        "object": "object",
        "created": "created",
        "model": "model",
        "usage": "usage",
        "system_fingerprint": "system_fingerprint",
        "prompt_filter_results": "prompt_filter_results",
        "citations": "citations",
    }
    _needed: ClassVar[tuple[str, ...]] = ("choices",)

    def __init__(
        self,
        *,
        choices: Sequence[ChunkChoice | Mapping[str, Any]],
        id: str | Unset = UNSET,
        object: str | Unset = UNSET,
        created: int | Unset = UNSET,
        model: str | Unset = UNSET,
        usage: ChunkUsage | Mapping[str, Any] | Unset | None = UNSET,
        system_fingerprint: str | Unset | None = UNSET,
        prompt_filter_results: Sequence[PromptFilterResult | Mapping[str, Any]]
        | Unset
        | None = UNSET,
        citations: Sequence[str] | Unset | None = UNSET,
    ) -> None:
        self._set(
            {
                "choices": choices,
                "id": id,
                "object": object,
                "created": created,
                "model": model,
                "usage": usage,
                "system_fingerprint": system_fingerprint,
                "prompt_filter_results": prompt_filter_results,
                "citations": citations,
            }
        )

    @property
    def choices(self) -> list[ChunkChoice]:
        """The pieces; often one, sometimes none."""
        value: list[ChunkChoice] = ChunkChoice._views(self._need("choices"))
        return value

    @property
    def id(self) -> str | None:
        """Id of the answer; may be empty."""
        value: str | None = self._data.get("id")
        return value

    @property
    def object(self) -> str | None:
        """Mostly `chat.completion.chunk`."""
        value: str | None = self._data.get("object")
        return value

    @property
    def created(self) -> int | None:
        """When, in seconds since 1970; may be 0."""
        value: int | None = self._data.get("created")
        return value

    @property
    def model(self) -> str | None:
        """The provider's name of the model; may be empty."""
        value: str | None = self._data.get("model")
        return value

    @property
    def usage(self) -> ChunkUsage | None:
        """What the answer took, so far or as a whole."""
        value: ChunkUsage | None = ChunkUsage._view(self._data.get("usage"))
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
    def citations(self) -> list[str] | None:
        """Sources that a search model used."""
        value: list[str] | None = self._data.get("citations")
        return value


from .chunk_choice import ChunkChoice  # noqa: E402 - below the class, so that models can refer to each other
from .chunk_usage import ChunkUsage  # noqa: E402 - below the class, so that models can refer to each other
from .prompt_filter_result import PromptFilterResult  # noqa: E402 - below the class, so that models can refer to each other
