"""Answers of text models: what is said, and how the model's provider words it.

What is said depends on the seed of the server, the model and the request, and on nothing else.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import jsonschema_rs

from pollinations_conformance.http.json import is_list, is_object, objects
from pollinations_conformance.server import media
from pollinations_conformance.server.data import load
from pollinations_conformance.server.fake_text import Filler, as_json, rng, sentences, tokens, words
from pollinations_conformance.server.http import dumps
from pollinations_conformance.server.models import Model

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


@dataclass(slots=True)
class ToolCall:
    """One call the model wants made."""

    name: str
    arguments: str


@dataclass(slots=True)
class Answer:
    """What a model says, before its provider words it."""

    model: Model
    identity: str
    created: int
    prompt: int
    text: str = ""
    reasoning: str = ""
    finish: str = "stop"
    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    legacy_call: bool = False
    audio: Json | None = None
    picture: str = ""
    heard: int = 0
    spoken: int = 0
    thought: int = 0
    top_logprobs: int | None = None  # None when no log probabilities were asked for

    @property
    def completion(self) -> int:
        """Tokens of the completion, thoughts included."""
        said = len(tokens(self.text)) + sum(4 + len(tokens(c.arguments)) for c in self.calls)
        return said + self.thought + self.spoken


def answer(
    model: Model, body: Mapping[str, Any], seed: object, identity: str, created: int
) -> Answer:
    """Decide what a model says to a valid request.

    Args:
        model: of kind text.
        body: the request's JSON.
        seed: everything the answer shall depend on beside model and messages.
        identity: 32 hexadecimal digits, the answer's id.
        created: POSIX time in seconds.
    """
    messages = cast("list[Json]", body.get("messages") or [])
    ask = [(str(m.get("role")), _text(m.get("content"))) for m in messages]
    topic = next((text for role, text in reversed(ask) if role == "user" and text), "")
    dice = rng(seed, model.id, dumps(_relevant(body)).decode("utf-8", "replace"))
    said = Answer(model, identity, created, _prompt_tokens(messages, body))
    said.heard = 20 * sum(1 for m in messages for p in _parts(m) if p.get("type") == "input_audio")
    if body.get("logprobs"):
        said.top_logprobs = int(body.get("top_logprobs") or 0)
    if model.tools:
        said.calls, said.legacy_call = _calls(body, ask, topic, dice)
    shape = _shape(body)
    if said.calls:
        said.finish = "function_call" if said.legacy_call else "tool_calls"
    elif shape is not None:
        said.text = as_json(_fitting(shape, dice, topic))
    else:
        said.text = _prose(messages, ask, topic, dice)
    if _thinks(model, body):
        said.reasoning = sentences(dice, topic, 1)
        said.thought = len(tokens(said.reasoning))
    _limit(said, body)
    if _speaks(body) and not said.calls:
        _speak(said, cast("Json", body.get("audio") or {}), dice)
    runs_code = any(t.get("type") == "code_execution" for t in objects(body.get("tools")))
    if runs_code and said.text and words(topic) & {"plot", "chart", "image", "picture"}:
        picture = media.picture(f"plot of {topic}", 64, 64, "PNG")
        said.picture = "data:image/png;base64," + base64.b64encode(picture).decode()
    return said


def _relevant(body: Mapping[str, Any]) -> Json:
    # With or without streaming, the same is said.
    return {k: v for k, v in body.items() if k not in ("stream", "stream_options", "model", "key")}


def _parts(message: Mapping[str, Any]) -> list[Json]:
    return objects(message.get("content"))


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    return " ".join(str(part["text"]) for part in objects(content) if "text" in part)


def _prompt_tokens(messages: Sequence[Json], body: Mapping[str, Any]) -> int:
    count = 3
    for message in messages:
        count += 4 + len(tokens(_text(message.get("content"))))
        for call in objects(message.get("tool_calls")):
            count += len(tokens(str(call)))
        for part in _parts(message):
            if part.get("type") in ("image_url", "video_url", "file"):
                count += 85
            elif part.get("type") == "input_audio":
                count += 20
    for tool in objects(body.get("tools")) + objects(body.get("functions")):
        count += len(tokens(as_json(tool)))
    return count


def _prose(messages: Sequence[Json], ask: Sequence[tuple[str, str]], topic: str, dice: Any) -> str:
    results: list[str] = []
    for role, text in reversed(ask):
        if role not in ("tool", "function"):
            break
        results.insert(0, text)
    text = sentences(dice, topic, dice.randint(1, 3))
    if results:
        told = "; ".join(" ".join(result.split())[:200] for result in results)
        text = f"The tool answered: {told}. {text}"
    last = messages[-1] if messages else {}
    kinds = [str(part.get("type")) for part in _parts(last) if part.get("type") != "text"]
    if kinds:
        text += f" (With it came: {', '.join(kinds)}.)"
    return text


def _shape(body: Mapping[str, Any]) -> object | None:
    """Return the schema the text must fit; None for free text."""
    wanted = cast("Json", body.get("response_format") or {})
    if wanted.get("type") == "json_schema":
        schema: object = cast("Json", wanted.get("json_schema") or {}).get("schema", {})
        return schema
    if wanted.get("type") == "json_object" or body.get("json"):
        return {
            "type": "object",
            "properties": {"answer": {"type": "string"}, "confidence": {"type": "number"}},
            "required": ["answer", "confidence"],
        }
    return None


def _fitting(schema: object, dice: Any, hint: str) -> Any:
    """Make a value that fits a schema; an empty object when none was found.

    A schema may come from anywhere, so it may be wrong in every way there is.
    """
    made: Any = {}
    try:
        # Never through the network, wherever a reference may point to.
        validator = jsonschema_rs.validator_for(cast("Any", schema), offline=True)
    except Exception:  # not a schema at all, or one that refers to what is not there
        validator = None
    try:
        for attempt in range(8):
            made = Filler(schema, dice, hint if attempt < 4 else "").fill()
            if validator is None or validator.is_valid(made):
                break
    except Exception:  # a keyword with a value of the wrong type, or a schema without an end
        return {}
    return made


def _calls(
    body: Mapping[str, Any], ask: Sequence[tuple[str, str]], topic: str, dice: Any
) -> tuple[list[ToolCall], bool]:
    """Choose the tools to call.

    `required` and a named function are obeyed. Left to itself (`auto`), the model calls every tool
    whose name or description shares a word with the user's last message, unless the last message
    is a tool's answer.
    """
    tools: list[Json] = [
        t["function"] for t in objects(body.get("tools")) if t.get("type") == "function"
    ]
    choice = body.get("tool_choice")
    legacy = False
    if not tools and body.get("functions"):
        tools, choice, legacy = objects(body["functions"]), body.get("function_call"), True
    if not tools or choice == "none":
        return [], legacy
    named = None
    if isinstance(choice, dict):
        given = cast("Json", choice)
        named = given.get("name") or cast("Json", given.get("function") or {}).get("name")
    answered = bool(ask) and ask[-1][0] in ("tool", "function")
    asked = words(topic)
    fitting = [tool for tool in tools if _about(tool) & asked]
    if named is not None:
        chosen = [t for t in tools if t.get("name") == named] or [{"name": named}]
    elif choice == "required":
        chosen = fitting or tools[:1]
    else:
        chosen = [] if answered else fitting
    if legacy or body.get("parallel_tool_calls") is False:
        chosen = chosen[:1]
    calls = [
        ToolCall(str(t.get("name")), as_json(_fitting(t.get("parameters") or {}, dice, topic)))
        for t in chosen[:8]
    ]
    return calls, legacy


def _about(tool: Mapping[str, Any]) -> set[str]:
    name = str(tool.get("name", ""))
    known = words(re.sub(r"(?<=[a-z])(?=[A-Z])|[_.-]", " ", name)) | words(name)
    return known | (words(str(tool.get("description", ""))) - _COMMON)


# Words of descriptions that say nothing about the subject.
_COMMON = {
    "this", "that", "with", "from", "your", "will", "when", "what", "which", "have", "tool",
    "function", "returns", "return", "given", "user", "some", "into", "about", "please",
}  # fmt: skip


def _thinks(model: Model, body: Mapping[str, Any]) -> bool:
    thinking = cast("Json", body.get("thinking") or {})
    effort = body.get("reasoning_effort")
    if effort == "none" or body.get("thinking_budget") == 0:
        return False
    if thinking.get("type") == "disabled" and not model.reasoning:
        return False
    asked = effort is not None or thinking.get("type") == "enabled"
    return model.reasoning or (model.thinks and asked) or bool(body.get("thinking_budget"))


def _limit(said: Answer, body: Mapping[str, Any]) -> None:
    """Apply `stop` and the limits on length."""
    given: Any = body.get("stop") or []
    stops = [given] if isinstance(given, str) else cast("list[str]", given)
    places = [said.text.find(stop) for stop in stops if stop]
    found = [place for place in places if place >= 0]
    if found:
        said.text = said.text[: min(found)]
    limits = [body.get("max_tokens"), body.get("max_completion_tokens")]
    known = [int(n) for n in limits if isinstance(n, int | float) and not isinstance(n, bool)]
    if not known or said.completion <= min(known):
        return
    most = min(known)
    said.finish = "length"
    said.calls = []  # half a call is worse than none
    said.thought = min(said.thought, most // 2)
    said.reasoning = "".join(tokens(said.reasoning)[: said.thought])
    said.text = "".join(tokens(said.text)[: max(0, most - said.thought)])


def _speaks(body: Mapping[str, Any]) -> bool:
    return "audio" in (body.get("modalities") or ())


def _speak(said: Answer, wanted: Mapping[str, Any], dice: Any) -> None:
    form = str(wanted.get("format") or "wav")
    voice = str(wanted.get("voice") or "alloy")
    data = media.speech(said.text, voice, "pcm" if form == "pcm16" else form)
    said.spoken = max(1, len(tokens(said.text)) * 2)
    said.audio = {
        "id": f"audio_{dice.getrandbits(128):032x}",
        "data": base64.b64encode(data).decode(),
        "expires_at": said.created + 3600,
        "transcript": said.text,
    }


# --- wording --------------------------------------------------------------------------------------


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
    """The values of one answer; random digits are made when they are first needed."""

    def __init__(self, dice: Any, given: Mapping[str, Any]) -> None:
        super().__init__(given)
        self._dice = dice

    def __missing__(self, name: str) -> str:
        length = _HEX.fullmatch(name)
        if length is None:
            raise KeyError(name)
        digits = int(length[1])
        made = f"{self._dice.getrandbits(digits * 4):0{digits}x}"
        self[name] = made
        return made


class Wording:
    """One answer in the words of its model's provider.

    Args:
        said: what the model says.
        streamed: whether it goes out in pieces.
    """

    def __init__(self, said: Answer, *, streamed: bool) -> None:
        self.said = said
        self.dialect = DIALECTS[said.model.dialect]
        self.streamed = streamed
        self.text = said.text
        thinks = self.dialect["think"]
        if thinks == "inside" and said.reasoning and not said.text.startswith("{"):
            self.text = f"<think>\n{said.reasoning}\n</think>\n\n{said.text}"
        dice = rng(said.identity, "wording")
        self.values = _Values(dice, self._values(thinks))
        own = self.dialect.get("id", "$id")
        self.values["id"] = _render(own, self.values) if streamed else f"pllns_{said.identity}"
        finish = dict(self.dialect.get("finish", {}))
        if streamed:
            finish = {**finish, **self.dialect.get("streamed", {})}
        self.finish: str = finish.get(said.finish, said.finish)
        self.values["finish"] = self.finish
        self.calls = [self._call(number, call) for number, call in enumerate(said.calls)]
        none = self.dialect.get("none", _ABSENT)
        calls = [_render(self.dialect["tool_call"], call) for call in self.calls]
        shown = [] if said.legacy_call else calls
        self.values["tool_calls"] = shown or none
        self.values["tool_calls_or_null"] = shown or None
        usage = self.dialect["usage"]
        self.usage: Json = _render(
            self.dialect.get("usage_stream", usage) if streamed else usage, self.values
        )
        self.values["usage"] = self.usage

    def _values(self, thinks: str) -> Json:
        said = self.said
        content: Any = self.text
        if said.audio is not None:
            content = None
        elif said.calls:
            content = self.dialect.get("empty", _ABSENT)
        thought = said.thought
        completion = said.completion
        blocks: list[Json] = [{"type": "text", "text": self.text}] if self.text else []
        if said.picture:
            blocks.append({"type": "image_url", "image_url": {"url": said.picture}})
        legacy: Any = _ABSENT
        if said.legacy_call and said.calls:
            legacy = {"name": said.calls[0].name, "arguments": said.calls[0].arguments}
        cached = said.prompt // 128 * 128 if said.prompt >= 1024 else 0
        return {
            "created": said.created,
            "created_ms": said.created * 1000 + int(said.identity[:3], 16) % 1000,
            "model": said.model.provider_model,
            "content": content,
            "blank": None if said.calls else "",
            "reasoning": said.reasoning if said.reasoning and thinks == "apart" else _ABSENT,
            "function_call": legacy,
            "function_call_or_null": None if legacy is _ABSENT else legacy,
            "audio": said.audio if said.audio is not None else _ABSENT,
            "citations": CITATIONS,
            "blocks": blocks or _ABSENT,
            "blocks_or_none": blocks,
            "prompt": said.prompt,
            "completion": completion,
            "total": said.prompt + completion,
            "thought": thought,
            "spoken": said.spoken,
            "heard": said.heard,
            "cached": min(cached, said.prompt - said.heard),
        }

    def _call(self, number: int, call: ToolCall) -> _Values:
        dice = rng(self.said.identity, "call", number)
        values = _Values(dice, {**self.values, "index": number, "name": call.name})
        for name in [name for name in values if _HEX.fullmatch(name)]:
            del values[name]
        values["arguments"] = call.arguments
        values["all_arguments"] = call.arguments
        values["call_id"] = _render(self.dialect["call"], values)
        return values

    def body(self) -> Json:
        """Return the whole answer, without streaming."""
        made: Json = _render(self.dialect["answer"], self.values)
        if self.said.top_logprobs is not None and self.text:
            made["choices"][0]["logprobs"] = {"content": self._logprobs(tokens(self.text))}
        return made

    def _logprobs(self, pieces: Sequence[str]) -> list[Json]:
        dice = rng(self.said.identity, "logprobs")
        listed: list[Json] = []
        for piece in pieces:
            sure = -round(dice.random(), 6)
            entry = {"token": piece, "logprob": sure, "bytes": list(piece.encode())}
            others = [
                {"token": f"{piece}{n or ''}", "logprob": round(sure - n, 6), "bytes": None}
                for n in range(self.said.top_logprobs or 0)
            ]
            listed.append({**entry, "top_logprobs": others})
        return listed

    def events(self) -> Iterator[Json]:
        """Yield the stream's events, without the closing `[DONE]`."""
        dialect, said = self.dialect, self.said
        for template in dialect.get("opening", ()):
            yield _render(template, self.values)
        if said.reasoning and "thought" in dialect:
            for piece in tokens(said.reasoning):
                yield _render(dialect["thought"], {**self.values, "piece": piece})
        if said.audio is not None:
            yield from self._spoken()
        size = dialect.get("piece", 1)
        listed = tokens(self.text) if said.audio is None else []
        pieces = ["".join(listed[at : at + size]) for at in range(0, len(listed), size)]
        held = pieces.pop() if pieces and dialect.get("hold") else None
        for piece in pieces:
            yield self._text_event(piece)
        if said.legacy_call:
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
        """Whether the provider ends its streams with `[DONE]`."""
        return bool(self.dialect.get("done", True))

    def _text_event(self, piece: str) -> Json:
        event: Json = _render(self.dialect["text"], _Layer(self.values, {"piece": piece}))
        self._add_logprobs(event, piece)
        return event

    def _add_logprobs(self, event: Json, piece: str) -> None:
        if self.said.top_logprobs is not None and event["choices"]:
            event["choices"][0]["logprobs"] = {"content": self._logprobs(tokens(piece))}

    def _call_events(self, call: _Values) -> Iterator[Json]:
        yield _render(self.dialect["call_open"], call)
        if "call_more" in self.dialect:
            listed = tokens(call["all_arguments"])
            for at in range(0, len(listed), 4):
                layer = _Layer(call, {"arguments": "".join(listed[at : at + 4])})
                yield _render(self.dialect["call_more"], layer)

    def _legacy(self) -> Iterator[Json]:
        call = self.said.calls[0] if self.said.calls else None
        if call is None:
            return
        event = _render(self.dialect["text"], _Layer(self.values, {"piece": None}))
        event["choices"][0]["delta"]["function_call"] = {
            "name": call.name,
            "arguments": call.arguments,
        }
        yield event

    def _spoken(self) -> Iterator[Json]:
        audio = self.said.audio or {}
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
    """A few values over those of an answer."""

    def __init__(self, below: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        super().__init__(given)
        self._below = below

    def __missing__(self, name: str) -> Any:
        return self._below[name]


# --- what it costs and what the headers tell ------------------------------------------------------


def usage_of(usage: Mapping[str, Any]) -> dict[str, int]:
    """Read a provider's usage object as the gateway does: what is left over is text.

    Returns:
        Amounts by the registry's names; what is not positive is left out.
    """
    asked = cast("Json", usage.get("prompt_tokens_details") or {})
    given = cast("Json", usage.get("completion_tokens_details") or {})
    cached, heard = int(asked.get("cached_tokens", 0)), int(asked.get("audio_tokens", 0))
    thought, spoken = int(given.get("reasoning_tokens", 0)), int(given.get("audio_tokens", 0))
    foretold = int(given.get("accepted_prediction_tokens", 0))
    foretold += int(given.get("rejected_prediction_tokens", 0))
    amounts = {
        "promptTextTokens": int(usage["prompt_tokens"]) - cached - heard,
        "promptCachedTokens": cached,
        "promptAudioTokens": heard,
        "completionTextTokens": int(usage["completion_tokens"]) - foretold - spoken - thought,
        "completionReasoningTokens": thought,
        "completionAudioTokens": spoken,
    }
    return {name: amount for name, amount in amounts.items() if amount > 0}


def moderation_headers(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List the headers that tell what the provider's content filters found."""
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
