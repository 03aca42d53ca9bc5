"""What the backend of the foreign gateway responds: recorded completions, or those of a model."""

import hashlib
import json
import random
import re
import threading
from typing import Any, Literal

from pollinations_conformance.http.json import is_object
from pollinations_conformance.suite.clock import Clock

Backend = Literal["replay", "model"]
"""replay: the same recorded completions whatever is requested. model: nondeterministic output."""


class Refusal(Exception):
    """End a request with an error."""

    def __init__(self, status: int, text: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(text)
        self.status, self.text, self.details = status, text, details


class Completions:
    """What the backend responds to chat requests.

    Args:
        backend: recorded completions, or a model's.
        seed: of the model's output.
        clock: what time it is.
    """

    def __init__(self, backend: Backend, seed: int, clock: Clock) -> None:
        self.backend, self.seed, self.clock = backend, seed, clock
        self.attempts: dict[str, int] = {}
        self.lock = threading.Lock()

    def create(self, request: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Return a chat completion."""
        tools = request.get("tools")
        if self.backend == "replay":
            if tools and not any(item["role"] == "tool" for item in request["messages"]):
                return recorded("calculator", '{"operation":"add","a":5,"b":3}', model)
            return recorded("", "Do you want me to do something with that?", model)
        return self.nondeterministic(request, model)

    def nondeterministic(self, request: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Respond as language models do: mostly well, never twice the same.

        The same request, but for the marks that make it new, gets a bad response twice at most.
        """
        question = re.sub(r"\[[0-9a-f]{8}-[0-9a-f]{8}\]", "", json.dumps(request))
        with self.lock:
            times = self.attempts[question] = self.attempts.get(question, 0) + 1
        dice = random.Random(f"{self.seed} {question} {times}")
        roll = dice.random() if times <= 2 else dice.uniform(0.5, 0.8)
        word = dice.choice(["bees", "pollen", "nectar", "clover", "hives"])
        completion = recorded("", f"Hello! Here is something about {word} {roll:.6f}.", model)
        choice = completion["choices"][0]
        completion["id"] = "pllns_" + hashlib.md5(f"{roll}".encode()).hexdigest()
        completion["created"] = int(self.clock.now())
        shape: dict[str, Any] = request.get("response_format") or {}
        if roll < 0.15:
            text = {"error": "Bad Request", "message": "400 Bad Request",
                    "details": {"error": {"code": "content_filter"}}}  # fmt: skip
            raise Refusal(400, json.dumps(text))
        if roll < 0.3:  # all tokens went into thinking
            choice["message"].update(content="", reasoning_content="The user says hello. I…")
            choice["finish_reason"] = "length"
        elif roll < 0.4:
            choice["message"].update(content="I'm sorry, but I can't help with that.")
        elif shape.get("type") in {"json_object", "json_schema"}:
            fence = "```json\n{}\n```" if roll < 0.5 else "{}"
            choice["message"]["content"] = fence.replace("{}", '{"colour": "yellow"}')
        elif wants_call(request) and roll < 0.8:
            call = {
                "id": f"call_{roll:.6f}"[2:],
                "type": "function",
                "function": {"name": wants_call(request), "arguments": WORDS[wants_call(request)]},
            }
            choice["message"].update(content=None, tool_calls=[call])
            choice["finish_reason"] = "tool_calls"
        if model["name"] == "gemini":
            completion["usage"]["total_tokens"] += 268
        if model["name"] == "perplexity-fast":
            completion["citations"] = ["https://example.com/bees"]
        return completion


def chunks(completion: dict[str, Any], model: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the chunks of a completion's stream, in the manner of some provider."""
    choice = completion["choices"][0]
    message = choice["message"]
    base = {
        "id": completion["id"],
        "object": "chat.completion.chunk",
        "created": completion["created"],
        "model": completion["model"],
        # Every recorded event of a search model has them.
        **({"citations": completion["citations"]} if "citations" in completion else {}),
    }

    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
        one = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return {**base, "choices": [one], "usage": None, "obfuscation": "xyz", **more}

    azure: dict[str, Any] = {
        "choices": [],
        "created": 0,
        "id": "",
        "model": "",
        "object": "",
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}],
    }
    found = [azure] if model["name"].startswith("openai") else []
    found.append(chunk({"role": "assistant", "content": "", "refusal": None}))
    if message.get("reasoning_content"):
        found.append(chunk({"reasoning_content": message["reasoning_content"], "content": None}))
    for index, call in enumerate(message.get("tool_calls") or []):
        function = call["function"]
        found.append(
            chunk({"tool_calls": [{"index": index, "id": call["id"], "type": "function",
                                   "function": {"name": function["name"], "arguments": ""}}]})
        )  # fmt: skip
        for piece in (function["arguments"][:5], function["arguments"][5:]):
            found.append(
                chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
            )
    text = message.get("content") or ""
    found += [chunk({"content": text[n : n + 7]}) for n in range(0, len(text), 7)]
    if model["name"] == "gemini":
        return [*found, chunk({}, "STOP", usage=completion["usage"])]
    nothing: list[Any] = []
    last: dict[str, Any] = {**base, "choices": nothing, "usage": completion["usage"]}
    return [*found, chunk({}, choice["finish_reason"]), last]


WORDS = {
    "add_numbers": '{"a": 17, "b": 25}',
    "get_weather": '{"place": {"city": "Paris", "country": "France"}, "unit": "celsius", '
    '"hours": [9], "days": 1}',
    "tell_time": "{}",
}


def wants_call(request: dict[str, Any]) -> str:
    """Return the tool that a request wants to be called; an empty text when none."""
    choice: Any = request.get("tool_choice")
    if not request.get("tools") or choice == "none":
        return ""
    if any(item["role"] == "tool" for item in request["messages"]):
        return ""
    return str(choice["function"]["name"]) if is_object(choice) else "add_numbers"


def recorded(call: str, text: str, model: dict[str, Any]) -> dict[str, Any]:
    """Return a completion like the recorded ones: of some day in the past, its id always the same."""
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    if call:
        function = {"name": call, "arguments": text}
        message |= {
            "content": None,
            "tool_calls": [{"id": "call_GlWnzt7e", "type": "function", "function": function}],
        }
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": "tool_calls" if call else "stop",
        "logprobs": None,
        "content_filter_results": {},
    }
    return {
        "id": "pllns_7e71c4ee0917f23e4b48a321608efb5b",
        "object": "chat.completion",
        "created": 1766245279,
        "model": f"{model['name']}-2025-08-07",
        "choices": [choice],
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}],
        "system_fingerprint": None,
        "usage": {
            "prompt_tokens": 258,
            "completion_tokens": 1465,
            "total_tokens": 1723,
            "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0},
            "completion_tokens_details": {
                "accepted_prediction_tokens": 0,
                "audio_tokens": 0,
                "reasoning_tokens": 1280,
                "rejected_prediction_tokens": 0,
            },
        },
    }


def usage_headers(
    completion: dict[str, Any], model: dict[str, Any]
) -> tuple[list[tuple[str, str]], float]:
    """Return the usage headers of a completion, and what it costs."""
    counts = {"prompt-text": 258, "completion-text": 185, "completion-reasoning": 1280}
    headers = [(f"x-usage-{name}-tokens", str(count)) for name, count in counts.items()]
    prices = model["pricing"]
    cost = 258 * prices["promptTextTokens"] + 185 * prices["completionTextTokens"]
    total = [("x-usage-total-tokens", str(sum(counts.values())))]
    return [
        ("x-model-used", completion["model"]),
        *headers,
        *total,
        ("x-powered-by", "Express"),
    ], cost
