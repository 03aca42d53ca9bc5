"""Completions of text models, before they get the format of the model's provider.

A completion depends on the seed of the server, the model and the request, and on nothing else.
"""

import base64
import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import jsonschema_rs

from pollinations_conformance.http.json import is_object, objects
from pollinations_conformance.server.encoding import dumps
from pollinations_conformance.server.generation import media
from pollinations_conformance.server.generation.fake_text import (
    Filler,
    as_json,
    seeded_rng,
    sentences,
    words,
)
from pollinations_conformance.server.generation.tokenizer import tokens
from pollinations_conformance.server.registry import Model
from pollinations_conformance.server.scripted import ScriptedResponse, ToolCall

Json = dict[str, Any]

# How far a prompt is searched for a schema.
_MAX_PROMPT = 100_000
_MAX_BRACES = 100


@dataclass(slots=True)
class Completion:
    """What a model responds, before it has its provider's format."""

    model: Model
    identity: str
    created: int
    prompt_tokens: int
    text: str = ""
    reasoning: str = ""
    finish: str = "stop"
    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    legacy_call: bool = False
    audio: Json | None = None
    image: str = ""
    audio_input_tokens: int = 0
    audio_tokens: int = 0
    reasoning_tokens: int = 0
    top_logprobs: int | None = None  # None when no log probabilities were requested

    @property
    def completion_tokens(self) -> int:
        """Tokens of the completion, reasoning included."""
        made = len(tokens(self.text)) + sum(4 + len(tokens(c.arguments)) for c in self.calls)
        return made + self.reasoning_tokens + self.audio_tokens


def complete(
    model: Model,
    body: Mapping[str, Any],
    seed: object,
    identity: str,
    created: int,
    script: ScriptedResponse | None = None,
) -> Completion:
    """Return what a model responds to a valid request.

    Args:
        model: of kind text.
        body: the request's JSON.
        seed: everything the completion shall depend on beside model and messages.
        identity: 32 hexadecimal digits, the completion's id.
        created: POSIX time in seconds.
        script: text and tool calls to respond with; None to make them up.
    """
    messages = cast("list[Json]", body.get("messages") or [])
    turns = [(str(m.get("role")), _text(m.get("content"))) for m in messages]
    topic = next((text for role, text in reversed(turns) if role == "user" and text), "")
    rng = seeded_rng(seed, model.id, dumps(_relevant(body)).decode("utf-8", "replace"))
    made = Completion(model, identity, created, _prompt_tokens(messages, body))
    made.audio_input_tokens = 20 * sum(
        1 for m in messages for p in _parts(m) if p.get("type") == "input_audio"
    )
    if body.get("logprobs"):
        made.top_logprobs = int(body.get("top_logprobs") or 0)
    if script is not None:
        made.text, made.calls = script.text or "", list(script.tool_calls)
        made.finish = "tool_calls" if made.calls else "stop"
    else:
        _make_up(made, body, turns, topic, rng)
    if _speaks(body) and not made.calls:
        _speak(made, cast("Json", body.get("audio") or {}), rng)
    runs_code = script is None and any(
        t.get("type") == "code_execution" for t in objects(body.get("tools"))
    )
    if runs_code and made.text and words(topic) & {"plot", "chart", "image", "picture"}:
        image = media.image(f"plot of {topic}", 64, 64, "PNG")
        made.image = "data:image/png;base64," + base64.b64encode(image).decode()
    return made


def _make_up(
    made: Completion, body: Mapping[str, Any], turns: list[tuple[str, str]], topic: str, rng: Any
) -> None:
    """Fill in text, tool calls and reasoning that fit a request."""
    if made.model.tools:
        made.calls, made.legacy_call = _calls(body, turns, topic, rng)
    shape = _shape(body)
    if made.calls:
        made.finish = "function_call" if made.legacy_call else "tool_calls"
    elif shape is not None:
        made.text = as_json(_fitting(shape, rng, topic))
    else:
        made.text = _prose(cast("list[Json]", body.get("messages") or []), turns, topic, rng)
    if _thinks(made.model, body):
        made.reasoning = sentences(rng, topic, 1)
        made.reasoning_tokens = len(tokens(made.reasoning))
    _limit(made, body)


def _relevant(body: Mapping[str, Any]) -> Json:
    # With or without streaming, the response is the same.
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


def _prose(messages: Sequence[Json], turns: Sequence[tuple[str, str]], topic: str, rng: Any) -> str:
    results: list[str] = []
    for role, text in reversed(turns):
        if role not in ("tool", "function"):
            break
        results.insert(0, text)
    text = sentences(rng, topic, rng.randint(1, 3))
    if results:
        quoted = "; ".join(" ".join(result.split())[:200] for result in results)
        text = f"The tool answered: {quoted}. {text}"
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
    messages = objects(body.get("messages"))
    if wanted.get("type") == "json_object" or body.get("json"):
        return _schema_in_prompt(messages) or {
            "type": "object",
            "properties": {"answer": {"type": "string"}, "confidence": {"type": "number"}},
            "required": ["answer", "confidence"],
        }
    if wanted or body.get("tools") or body.get("functions"):
        return None
    # Libraries that can rely on nothing else say in the system message what they want.
    return _schema_in_prompt([m for m in messages if m.get("role") in ("system", "developer")])


def _schema_in_prompt(messages: Sequence[Json]) -> Json | None:
    """Return the JSON Schema that a message holds, where libraries without json_schema put it."""
    decoder = json.JSONDecoder()
    for message in messages:
        text = _text(message.get("content"))[:_MAX_PROMPT]
        at = text.find("{")
        for _ in range(_MAX_BRACES):
            if at < 0:
                break
            end = at + 1
            with contextlib.suppress(ValueError, RecursionError):
                value, end = decoder.raw_decode(text, at)
                if _is_schema(value):
                    return cast("Json", value)
            at = text.find("{", end)
    return None


def _is_schema(value: object) -> bool:
    if not is_object(value):
        return False
    referred = "$ref" in value and is_object(value.get("$defs", value.get("definitions")))
    return is_object(value.get("properties")) or referred


def _fitting(schema: object, rng: Any, hint: str) -> Any:
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
            made = Filler(schema, rng, hint if attempt < 4 else "").fill()
            if validator is None or validator.is_valid(made):
                break
    except Exception:  # a keyword with a value of the wrong type, or a schema without an end
        return {}
    return made


def _calls(
    body: Mapping[str, Any], turns: Sequence[tuple[str, str]], topic: str, rng: Any
) -> tuple[list[ToolCall], bool]:
    """Choose the tools to call.

    `required` and a named function are obeyed. Left to itself (`auto`), the model calls every tool
    whose name or description shares a word with the user's last message, unless the last message
    is a tool's result.
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
    has_result = bool(turns) and turns[-1][0] in ("tool", "function")
    wanted = words(topic)
    fitting = [tool for tool in tools if _about(tool) & wanted]
    if named is not None:
        chosen = [t for t in tools if t.get("name") == named] or [{"name": named}]
    elif choice == "required":
        chosen = fitting or tools[:1]
    else:
        chosen = [] if has_result else fitting
    if legacy or body.get("parallel_tool_calls") is False:
        chosen = chosen[:1]
    calls = [
        ToolCall(str(t.get("name")), as_json(_fitting(t.get("parameters") or {}, rng, topic)))
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
    requested = effort is not None or thinking.get("type") == "enabled"
    return model.reasoning or (model.thinks and requested) or bool(body.get("thinking_budget"))


def _limit(made: Completion, body: Mapping[str, Any]) -> None:
    """Apply `stop` and the limits on length."""
    given: Any = body.get("stop") or []
    stops = [given] if isinstance(given, str) else cast("list[str]", given)
    places = [made.text.find(stop) for stop in stops if stop]
    found = [place for place in places if place >= 0]
    if found:
        made.text = made.text[: min(found)]
    limits = [body.get("max_tokens"), body.get("max_completion_tokens")]
    known = [int(n) for n in limits if isinstance(n, int | float) and not isinstance(n, bool)]
    if not known or made.completion_tokens <= min(known):
        return
    most = min(known)
    made.finish = "length"
    made.calls = []  # half a call is worse than none
    made.reasoning_tokens = min(made.reasoning_tokens, most // 2)
    made.reasoning = "".join(tokens(made.reasoning)[: made.reasoning_tokens])
    made.text = "".join(tokens(made.text)[: max(0, most - made.reasoning_tokens)])


def _speaks(body: Mapping[str, Any]) -> bool:
    return "audio" in (body.get("modalities") or ())


def _speak(made: Completion, wanted: Mapping[str, Any], rng: Any) -> None:
    form = str(wanted.get("format") or "wav")
    voice = str(wanted.get("voice") or "alloy")
    data = media.speech(made.text, voice, "pcm" if form == "pcm16" else form)
    made.audio_tokens = max(1, len(tokens(made.text)) * 2)
    made.audio = {
        "id": f"audio_{rng.getrandbits(128):032x}",
        "data": base64.b64encode(data).decode(),
        "expires_at": made.created + 3600,
        "transcript": made.text,
    }
