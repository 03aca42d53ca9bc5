"""A completion in the format of its model's provider: the whole response, or the events of a stream.

The formats are those of `data/dialects.yaml`. `usage_of` and `moderation_headers` read a provider's
response the way the gateway does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.server.data import load
from pollinations_conformance.server.generation.completion import Completion
from pollinations_conformance.server.generation.fake_text import seeded_rng
from pollinations_conformance.server.generation.tokenizer import tokens
from pollinations_conformance.server.scripted import ToolCall

Json = dict[str, Any]

DIALECTS: Mapping[str, Json] = load("dialects.yaml")

CITATIONS = [
    "https://example.com/garden",
    "https://example.com/bees",
    "https://example.org/seasons",
]

_ABSENT = object()
_NAME = re.compile(r"\$\{(\w+)\}")
_HEX = re.compile(r"hex(\d+)")


def _render(template: Any, values: Mapping[str, Any]) -> Any:
    """Put values into a template; members whose value is absent are left out."""
    if isinstance(template, str):
        if template.startswith("$") and not template.startswith("${"):
            return values[template[1:]]
        if "${" in template:
            return _NAME.sub(lambda found: str(values[found[1]]), template)
        return template
    if is_object(template):
        made: Json = {}
        for key, part in template.items():
            value = _render(part, values)
            if value is not _ABSENT:
                made[key] = value
        return made
    if is_list(template):
        return [_render(part, values) for part in template]
    return template


class _Values(dict[str, Any]):
    """The values of one response; random digits are made when they are first needed."""

    def __init__(self, rng: Any, given: Mapping[str, Any]) -> None:
        super().__init__(given)
        self._dice = rng

    def __missing__(self, name: str) -> str:
        length = _HEX.fullmatch(name)
        if length is None:
            raise KeyError(name)
        digits = int(length[1])
        made = f"{self._dice.getrandbits(digits * 4):0{digits}x}"
        self[name] = made
        return made


class ProviderResponse:
    """One completion in the format of its model's provider.

    Args:
        completion: what the model responds.
        streamed: whether it goes out in pieces.
    """

    def __init__(self, completion: Completion, *, streamed: bool) -> None:
        self.completion = completion
        self.dialect = DIALECTS[completion.model.dialect]
        self.streamed = streamed
        self.text = completion.text
        thinks = self.dialect["think"]
        if thinks == "inside" and completion.reasoning and not completion.text.startswith("{"):
            self.text = f"<think>\n{completion.reasoning}\n</think>\n\n{completion.text}"
        rng = seeded_rng(completion.identity, "wording")
        self.values = _Values(rng, self._values(thinks))
        own = self.dialect.get("id", "$id")
        self.values["id"] = (
            _render(own, self.values) if streamed else f"pllns_{completion.identity}"
        )
        finish = dict(self.dialect.get("finish", {}))
        if streamed:
            finish = {**finish, **self.dialect.get("streamed", {})}
        self.finish: str = finish.get(completion.finish, completion.finish)
        self.values["finish"] = self.finish
        self.calls = [self._call(number, call) for number, call in enumerate(completion.calls)]
        none = self.dialect.get("none", _ABSENT)
        calls = [_render(self.dialect["tool_call"], call) for call in self.calls]
        shown = [] if completion.legacy_call else calls
        self.values["tool_calls"] = shown or none
        self.values["tool_calls_or_null"] = shown or None
        usage = self.dialect["usage"]
        self.usage: Json = _render(
            self.dialect.get("usage_stream", usage) if streamed else usage, self.values
        )
        self.values["usage"] = self.usage

    def _values(self, thinks: str) -> Json:
        completion = self.completion
        content: Any = self.text
        if completion.audio is not None:
            content = None
        elif completion.calls and not completion.text:
            content = self.dialect.get("empty", _ABSENT)
        thought = completion.reasoning_tokens
        completion_tokens = completion.completion_tokens
        blocks: list[Json] = [{"type": "text", "text": self.text}] if self.text else []
        if completion.image:
            blocks.append({"type": "image_url", "image_url": {"url": completion.image}})
        legacy: Any = _ABSENT
        if completion.legacy_call and completion.calls:
            legacy = {"name": completion.calls[0].name, "arguments": completion.calls[0].arguments}
        cached = completion.prompt_tokens // 128 * 128 if completion.prompt_tokens >= 1024 else 0
        return {
            "created": completion.created,
            "created_ms": completion.created * 1000 + int(completion.identity[:3], 16) % 1000,
            "model": completion.model.provider_model,
            "content": content,
            "blank": None if completion.calls else "",
            "reasoning": completion.reasoning
            if completion.reasoning and thinks == "apart"
            else _ABSENT,
            "function_call": legacy,
            "function_call_or_null": None if legacy is _ABSENT else legacy,
            "audio": completion.audio if completion.audio is not None else _ABSENT,
            "citations": CITATIONS,
            "blocks": blocks or _ABSENT,
            "blocks_or_none": blocks,
            "prompt": completion.prompt_tokens,
            "completion": completion_tokens,
            "total": completion.prompt_tokens + completion_tokens,
            "thought": thought,
            "spoken": completion.audio_tokens,
            "heard": completion.audio_input_tokens,
            "cached": min(cached, completion.prompt_tokens - completion.audio_input_tokens),
        }

    def _call(self, number: int, call: ToolCall) -> _Values:
        rng = seeded_rng(self.completion.identity, "call", number)
        values = _Values(rng, {**self.values, "index": number, "name": call.name})
        for name in [name for name in values if _HEX.fullmatch(name)]:
            del values[name]
        values["arguments"] = call.arguments
        values["all_arguments"] = call.arguments
        values["call_id"] = _render(self.dialect["call"], values)
        return values

    def body(self) -> Json:
        """Return the whole response, without streaming."""
        made: Json = _render(self.dialect["response"], self.values)
        if self.completion.top_logprobs is not None and self.text:
            made["choices"][0]["logprobs"] = {"content": self._logprobs(tokens(self.text))}
        return made

    def _logprobs(self, pieces: Sequence[str]) -> list[Json]:
        rng = seeded_rng(self.completion.identity, "logprobs")
        listed: list[Json] = []
        for piece in pieces:
            sure = -round(rng.random(), 6)
            entry = {
                "token": piece,
                "logprob": sure,
                "bytes": list(piece.encode("utf-8", "replace")),
            }
            others = [
                {"token": f"{piece}{n or ''}", "logprob": round(sure - n, 6), "bytes": None}
                for n in range(self.completion.top_logprobs or 0)
            ]
            listed.append({**entry, "top_logprobs": others})
        return listed

    def events(self) -> Iterator[Json]:
        """Yield the stream's events, without the closing `[DONE]`."""
        dialect, completion = self.dialect, self.completion
        for template in dialect.get("opening", ()):
            yield _render(template, self.values)
        if completion.reasoning and "thought" in dialect:
            for piece in tokens(completion.reasoning):
                yield _render(dialect["thought"], {**self.values, "piece": piece})
        if completion.audio is not None:
            yield from self._audio_events()
        size = dialect.get("piece", 1)
        listed = tokens(self.text) if completion.audio is None else []
        pieces = ["".join(listed[at : at + size]) for at in range(0, len(listed), size)]
        held = pieces.pop() if pieces and dialect.get("hold") else None
        for piece in pieces:
            yield self._text_event(piece)
        if completion.legacy_call:
            yield from self._legacy()
        else:
            for call in self.calls:
                yield from self._call_events(call)
        self.values["held"] = held if held is not None else _ABSENT
        self.values["held_blocks"] = (
            [{"index": 0, "delta": {"text": held}}] if held is not None else _ABSENT
        )
        for template in dialect["closing"]:
            event = _render(template, self.values)
            if held is not None:
                self._add_logprobs(event, held)
            yield event

    @property
    def done(self) -> bool:
        """Return whether the provider ends its streams with `[DONE]`."""
        return bool(self.dialect.get("done", True))

    def _text_event(self, piece: str) -> Json:
        event: Json = _render(self.dialect["text"], _Layer(self.values, {"piece": piece}))
        self._add_logprobs(event, piece)
        return event

    def _add_logprobs(self, event: Json, piece: str) -> None:
        if self.completion.top_logprobs is not None and event["choices"]:
            event["choices"][0]["logprobs"] = {"content": self._logprobs(tokens(piece))}

    def _call_events(self, call: _Values) -> Iterator[Json]:
        yield _render(self.dialect["call_open"], call)
        if "call_more" in self.dialect:
            listed = tokens(call["all_arguments"])
            for at in range(0, len(listed), 4):
                layer = _Layer(call, {"arguments": "".join(listed[at : at + 4])})
                yield _render(self.dialect["call_more"], layer)

    def _legacy(self) -> Iterator[Json]:
        call = self.completion.calls[0] if self.completion.calls else None
        if call is None:
            return
        event = _render(self.dialect["text"], _Layer(self.values, {"piece": None}))
        event["choices"][0]["delta"]["function_call"] = {
            "name": call.name,
            "arguments": call.arguments,
        }
        yield event

    def _audio_events(self) -> Iterator[Json]:
        audio = self.completion.audio or {}
        data = str(audio["data"])
        half = len(data) // 8 * 4
        for part in (
            {"id": audio["id"], "transcript": audio["transcript"]},
            {"data": data[:half]},
            {"data": data[half:]},
            {"expires_at": audio["expires_at"]},
        ):
            event = _render(self.dialect["text"], _Layer(self.values, {"piece": None}))
            event["choices"][0]["delta"] = {"audio": part}
            yield event


class _Layer(dict[str, Any]):
    """A few values over those of a response."""

    def __init__(self, below: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        super().__init__(given)
        self._below = below

    def __missing__(self, name: str) -> Any:
        return self._below[name]


def usage_of(usage: Mapping[str, Any]) -> dict[str, int]:
    """Read a provider's usage object as the gateway does: what is left over is text.

    Returns:
        Amounts by the registry's names; what is not positive is left out.
    """
    prompt = cast("Json", usage.get("prompt_tokens_details") or {})
    given = cast("Json", usage.get("completion_tokens_details") or {})
    cached, heard = int(prompt.get("cached_tokens", 0)), int(prompt.get("audio_tokens", 0))
    thought, spoken = int(given.get("reasoning_tokens", 0)), int(given.get("audio_tokens", 0))
    predicted = int(given.get("accepted_prediction_tokens", 0))
    predicted += int(given.get("rejected_prediction_tokens", 0))
    amounts = {
        "promptTextTokens": int(usage["prompt_tokens"]) - cached - heard,
        "promptCachedTokens": cached,
        "promptAudioTokens": heard,
        "completionTextTokens": int(usage["completion_tokens"]) - predicted - spoken - thought,
        "completionReasoningTokens": thought,
        "completionAudioTokens": spoken,
    }
    return {name: amount for name, amount in amounts.items() if amount > 0}


def moderation_headers(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List the headers that report what the provider's content filters found."""
    found: list[tuple[str, str]] = []
    prompts = cast("list[Json]", body.get("prompt_filter_results") or [])
    choices = cast("list[Json]", body.get("choices") or [])
    for where, holders in (("prompt", prompts), ("completion", choices)):
        results = cast("Json", holders[0].get("content_filter_results") or {}) if holders else {}
        for name, result in results.items():
            label = f"x-moderation-{where}-{name.replace('_', '-')}"
            if result.get("severity"):
                found.append((f"{label}-severity", str(result["severity"])))
            elif result.get("detected"):
                found.append((f"{label}-detected", "true"))
    return found
