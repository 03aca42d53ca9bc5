"""The records of the benchmark as models of pydantic and of msgspec, by hand: every field that the records have.

They are what somebody would write who knows these records. Neither keeps null and absent apart, or unions open; msgspec
keeps no unknown fields either, so both are lower bounds.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

USAGE_RECORD: dict[str, Any] = {
    "timestamp": str,
    "type": str,
    "model": str | None,
    "api_key": str | None,
    "api_key_type": str | None,
    "meter_source": str | None,
    "input_text_tokens": float,
    "input_cached_tokens": float,
    "input_audio_tokens": float,
    "input_image_tokens": float,
    "output_text_tokens": float,
    "output_reasoning_tokens": float,
    "output_audio_tokens": float,
    "output_image_tokens": float,
    "cost_usd": float,
    "response_time_ms": float | None,
}


def pydantic_models() -> tuple[Any, Any]:
    """Return the classes of a usage report and of a completion, unknown fields kept."""
    pydantic = import_module("pydantic")
    config = pydantic.ConfigDict(extra="allow")

    def make(name: str, fields: dict[str, Any], optional: tuple[str, ...] = ()) -> Any:
        given: dict[str, Any] = {
            key: (kind | None, None) if key in optional else (kind, ...)
            for key, kind in fields.items()
        }
        return pydantic.create_model(name, __config__=config, **given)

    return _models(make)


def msgspec_models() -> tuple[Any, Any]:
    """Return the classes of a usage report and of a completion."""
    msgspec = import_module("msgspec")

    def make(name: str, fields: dict[str, Any], optional: tuple[str, ...] = ()) -> Any:
        needed = [(key, kind) for key, kind in fields.items() if key not in optional]
        other = [(key, kind | None, None) for key, kind in fields.items() if key in optional]
        return msgspec.defstruct(name, [*needed, *other])

    return _models(make)


def _models(make: Any) -> tuple[Any, Any]:
    many: Any = list  # a type checker knows none of these classes
    record = make("UsageRecord", USAGE_RECORD)
    report = make("UsageReport", {"usage": many[record], "count": float})
    rating = {"filtered": bool, "severity": str, "detected": bool}
    ratings = make("Rating", rating, ("severity", "detected"))
    kinds = ("hate", "jailbreak", "self_harm", "sexual", "violence")
    filtered = make("Filtered", dict.fromkeys(kinds, ratings), kinds)
    prompt = make("PromptFilter", {"prompt_index": int, "content_filter_results": filtered})
    completion = {
        "id": str,
        "object": str,
        "created": int,
        "model": str,
        "choices": many[_choice(make, filtered)],
        "usage": _usage(make),
        "system_fingerprint": str,
        "prompt_filter_results": many[prompt],
    }
    optional = ("system_fingerprint", "prompt_filter_results")
    return report, make("ChatCompletion", completion, optional)


def _choice(make: Any, filtered: Any) -> Any:
    many: Any = list
    function = make("Function", {"name": str, "arguments": str})
    call = make("ToolCall", {"id": str, "type": str, "function": function})
    message = {
        "role": str,
        "content": str,
        "refusal": str,
        "annotations": list[Any],
        "tool_calls": many[call],
    }
    choice = {
        "index": int,
        "message": make("Message", message, tuple(message)[1:]),
        "finish_reason": str,
        "logprobs": dict[str, Any],
        "content_filter_results": filtered,
    }
    return make("Choice", choice, tuple(choice)[2:])


def _usage(make: Any) -> Any:
    names = (
        "accepted_prediction_tokens",
        "audio_tokens",
        "reasoning_tokens",
        "rejected_prediction_tokens",
    )
    usage = {
        "prompt_tokens": int,
        "completion_tokens": int,
        "total_tokens": int,
        "prompt_tokens_details": make("PromptDetails", {"audio_tokens": int, "cached_tokens": int}),
        "completion_tokens_details": make("CompletionDetails", dict.fromkeys(names, int)),
    }
    return make("Usage", usage)
