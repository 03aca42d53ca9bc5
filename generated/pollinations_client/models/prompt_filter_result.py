# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""PromptFilterResult: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_list, read_model
from .content_filter_result import ContentFilterResult, as_content_filter_result


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class PromptFilterResult(ApiModel):
    """The content filter's results for one prompt."""

    prompt_index: int
    """Number of the prompt. From 0."""
    content_filter_results: ContentFilterResult | None = field(
        default=ABSENT, converter=as_content_filter_result
    )
    """Results of the content filter, each of them optional."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("prompt_index",)

    def _decode(self, d: Any) -> Self:
        try:
            self.prompt_index = d["prompt_index"]
        except KeyError:
            return self._incomplete(d)
        known = 1
        if "content_filter_results" in d:
            self.content_filter_results = as_content_filter_result(d["content_filter_results"])
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_prompt_filter_result(
    value: PromptFilterResult | Mapping[str, Any],
) -> PromptFilterResult: ...
@overload
def as_prompt_filter_result(value: None) -> None: ...
def as_prompt_filter_result(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(PromptFilterResult)._decode(value)
    return None if value is None else read_model(value, PromptFilterResult)


@overload
def as_list_of_prompt_filter_result(
    value: Sequence[PromptFilterResult | Mapping[str, Any]],
) -> list[PromptFilterResult]: ...
@overload
def as_list_of_prompt_filter_result(value: None) -> None: ...
def as_list_of_prompt_filter_result(value: Any) -> Any:
    """Make models of the mappings in a list; anything else is handed on as it is."""
    if type(value) is list:
        return [
            new(PromptFilterResult)._decode(i)
            if type(i) is dict
            else read_model(i, PromptFilterResult)
            for i in value
        ]
    return read_list(value, as_prompt_filter_result)
