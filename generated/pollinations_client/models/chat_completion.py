# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ChatCompletion: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel
from .chat_choice import ChatChoice, as_list_of_chat_choice
from .completion_usage import CompletionUsage, as_completion_usage
from .prompt_filter_result import PromptFilterResult, as_list_of_prompt_filter_result


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ChatCompletion(ApiModel):
    """The next message of a conversation."""

    id: str
    """Id of the response, `pllns_` and 32 hexadecimal digits."""
    object: Literal["chat.completion"] | str = "chat.completion"
    created: int
    """When the response was generated, in seconds since 1970."""
    model: str
    """The provider's name of the model."""
    choices: list[ChatChoice] = field(converter=as_list_of_chat_choice)
    """The choices; always one."""
    usage: CompletionUsage = field(converter=as_completion_usage)
    """The usage of the response, in tokens."""
    system_fingerprint: str | None = ABSENT
    """The provider's fingerprint of its configuration."""
    prompt_filter_results: list[PromptFilterResult] | None = field(
        default=ABSENT, converter=as_list_of_prompt_filter_result
    )
    """The content filter's results for the prompts."""
    user_tier: Literal["anonymous", "seed", "flower", "nectar"] | str | None = ABSENT
    """Tier of the caller."""
    citations: list[str] | None = ABSENT
    """Sources that a search model used."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("choices",)

    def _decode(self, d: Any) -> Self:
        try:
            self.id = d["id"]
            self.object = d["object"]
            self.created = d["created"]
            self.model = d["model"]
            self.choices = as_list_of_chat_choice(d["choices"])
            self.usage = as_completion_usage(d["usage"])
        except KeyError:
            return self._incomplete(d)
        known = 6
        if "system_fingerprint" in d:
            self.system_fingerprint = d["system_fingerprint"]
            known += 1
        if "prompt_filter_results" in d:
            self.prompt_filter_results = as_list_of_prompt_filter_result(d["prompt_filter_results"])
            known += 1
        if "user_tier" in d:
            self.user_tier = d["user_tier"]
            known += 1
        if "citations" in d:
            self.citations = d["citations"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
