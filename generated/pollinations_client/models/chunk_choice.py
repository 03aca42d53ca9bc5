# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ChunkChoice: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_list, read_model
from .choice_logprobs import ChoiceLogprobs, as_choice_logprobs
from .chunk_delta import ChunkDelta, as_chunk_delta
from .content_filter_result import ContentFilterResult, as_content_filter_result


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ChunkChoice(ApiModel):
    """A chunk of one choice."""

    delta: ChunkDelta = field(converter=as_chunk_delta)
    """What this chunk adds to the message."""
    index: int | None = ABSENT
    """Number of the choice. From 0."""
    finish_reason: str | None = ABSENT
    """Why generation ended, in the last chunk."""
    logprobs: ChoiceLogprobs | None = field(default=ABSENT, converter=as_choice_logprobs)
    """The log probability of each token, if requested."""
    content_filter_results: ContentFilterResult | None = field(
        default=ABSENT, converter=as_content_filter_result
    )
    """The content filter's results for the response."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("delta",)

    def _decode(self, d: Any) -> Self:
        try:
            self.delta = as_chunk_delta(d["delta"])
        except KeyError:
            return self._incomplete(d)
        known = 1
        if "index" in d:
            self.index = d["index"]
            known += 1
        if "finish_reason" in d:
            self.finish_reason = d["finish_reason"]
            known += 1
        if "logprobs" in d:
            self.logprobs = as_choice_logprobs(d["logprobs"])
            known += 1
        if "content_filter_results" in d:
            self.content_filter_results = as_content_filter_result(d["content_filter_results"])
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_chunk_choice(value: ChunkChoice | Mapping[str, Any]) -> ChunkChoice: ...
@overload
def as_chunk_choice(value: None) -> None: ...
def as_chunk_choice(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ChunkChoice)._decode(value)
    return None if value is None else read_model(value, ChunkChoice)


@overload
def as_list_of_chunk_choice(
    value: Sequence[ChunkChoice | Mapping[str, Any]],
) -> list[ChunkChoice]: ...
@overload
def as_list_of_chunk_choice(value: None) -> None: ...
def as_list_of_chunk_choice(value: Any) -> Any:
    """Make models of the mappings in a list; anything else is handed on as it is."""
    if type(value) is list:
        return [
            new(ChunkChoice)._decode(i) if type(i) is dict else read_model(i, ChunkChoice)
            for i in value
        ]
    return read_list(value, as_chunk_choice)
