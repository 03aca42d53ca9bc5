# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ChatChoice: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, EXPECTED, ApiModel, new, read_list, read_model
from .assistant_message import AssistantMessage, as_assistant_message
from .choice_logprobs import ChoiceLogprobs, as_choice_logprobs
from .content_filter_result import ContentFilterResult, as_content_filter_result


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ChatChoice(ApiModel):
    """One choice."""

    index: int = field(default=ABSENT, metadata=EXPECTED)
    """Number of the choice. From 0."""
    message: AssistantMessage = field(
        default=ABSENT, metadata=EXPECTED, converter=as_assistant_message
    )
    """A message of the model."""
    finish_reason: str | None = ABSENT
    """Why generation ended, in the provider's words (`stop`, `STOP`, `tool_calls`, `length`, `end_turn`,
    empty).
    """
    logprobs: ChoiceLogprobs | None = field(default=ABSENT, converter=as_choice_logprobs)
    """The log probability of each token, if requested."""
    content_filter_results: ContentFilterResult | None = field(
        default=ABSENT, converter=as_content_filter_result
    )
    """The content filter's results for the response."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    def _decode(self, d: Any) -> Self:
        known = 0
        if "index" in d:
            self.index = d["index"]
            known += 1
        if "message" in d:
            self.message = as_assistant_message(d["message"])
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
def as_chat_choice(value: ChatChoice | Mapping[str, Any]) -> ChatChoice: ...
@overload
def as_chat_choice(value: None) -> None: ...
def as_chat_choice(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ChatChoice)._decode(value)
    return None if value is None else read_model(value, ChatChoice)


@overload
def as_list_of_chat_choice(value: Sequence[ChatChoice | Mapping[str, Any]]) -> list[ChatChoice]: ...
@overload
def as_list_of_chat_choice(value: None) -> None: ...
def as_list_of_chat_choice(value: Any) -> Any:
    """Make models of the mappings in a list; anything else is handed on as it is."""
    if type(value) is list:
        return [
            new(ChatChoice)._decode(i) if type(i) is dict else read_model(i, ChatChoice)
            for i in value
        ]
    return read_list(value, as_chat_choice)
