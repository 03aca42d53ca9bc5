# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ChatCompletionChunk: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, StreamItem
from .chunk_choice import ChunkChoice, as_list_of_chunk_choice
from .chunk_usage import ChunkUsage, as_chunk_usage
from .prompt_filter_result import PromptFilterResult, as_list_of_prompt_filter_result


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ChatCompletionChunk(StreamItem):
    """A chunk of a response. Only `choices` is certain: the first chunk of some providers has empty texts and
    no choices, and the last one of many has the usage and no choices.
    """

    choices: list[ChunkChoice] = field(converter=as_list_of_chunk_choice)
    """The choices; often one, sometimes none."""
    id: str | None = ABSENT
    """Id of the response; may be empty."""
    object: str | None = ABSENT
    """Mostly `chat.completion.chunk`."""
    created: int | None = ABSENT
    """When the response was generated, in seconds since 1970; may be 0."""
    model: str | None = ABSENT
    """The provider's name of the model; may be empty."""
    usage: ChunkUsage | None = field(default=ABSENT, converter=as_chunk_usage)
    """The usage, so far or in total."""
    system_fingerprint: str | None = ABSENT
    """The provider's fingerprint of its configuration."""
    prompt_filter_results: list[PromptFilterResult] | None = field(
        default=ABSENT, converter=as_list_of_prompt_filter_result
    )
    """The content filter's results for the prompts."""
    citations: list[str] | None = ABSENT
    """Sources that a search model used."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("choices",)

    def _decode(self, d: Any) -> Self:
        try:
            self.choices = as_list_of_chunk_choice(d["choices"])
        except KeyError:
            return self._incomplete(d)
        known = 1
        if "id" in d:
            self.id = d["id"]
            known += 1
        if "object" in d:
            self.object = d["object"]
            known += 1
        if "created" in d:
            self.created = d["created"]
            known += 1
        if "model" in d:
            self.model = d["model"]
            known += 1
        if "usage" in d:
            self.usage = as_chunk_usage(d["usage"])
            known += 1
        if "system_fingerprint" in d:
            self.system_fingerprint = d["system_fingerprint"]
            known += 1
        if "prompt_filter_results" in d:
            self.prompt_filter_results = as_list_of_prompt_filter_result(d["prompt_filter_results"])
            known += 1
        if "citations" in d:
            self.citations = d["citations"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
