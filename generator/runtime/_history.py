"""Messages of the model that are sent back: what the request schema refuses is left out.

Responses of some models have null where requests must not have it, and streams of some leave out what requests must
have. Which fields these are is compared with the contract's schemas by a test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from ._json import encode, is_array, is_object
from ._model import ApiModel, plain

_type: Callable[[Any], Any] = type  # keeps type checkers from narrowing Any to something unknown
_NEVER_NULL = ("tool_calls", "name", "cache_control")
"""Fields of an assistant message that a request may leave out but not set to null."""


def sendable(messages: Any) -> Any:
    """Return the messages of a conversation so that those of the model can be sent back.

    Args:
        messages: models, mappings, or objects that have `model_dump`. Others are returned as they are.
    """
    one = isinstance(messages, str | bytes | Mapping | ApiModel)
    if one or not hasattr(messages, "__iter__"):
        return cast("Any", messages)
    return [_sendable(message) for message in messages]


def _sendable(message: Any) -> Any:
    fields: Any = message
    if isinstance(message, list | tuple):
        # Also a named tuple, which JSON would show without its names.
        raise TypeError(f"a message is a dict or a model, not a {_type(message).__name__}")
    if is_object(fields) and fields.get("role") != "assistant":
        return fields
    dump = getattr(message, "model_dump", None)
    if isinstance(message, ApiModel):
        fields = message.to_dict()
        if type(message).__name__ == "AssistantMessage" and not fields.get("role"):
            fields["role"] = "assistant"
    elif isinstance(message, Mapping):
        fields = plain(cast("Any", message))
    elif callable(dump) and not isinstance(message, type):
        fields = dump(mode="json")
    if not is_object(fields) or fields.get("role") != "assistant":
        return fields
    kept = {
        name: value for name, value in fields.items() if not (value is None and name in _NEVER_NULL)
    }
    if kept.get("content") == []:
        kept["content"] = None
    calls = kept.get("tool_calls")
    if is_array(calls):
        kept["tool_calls"] = [_call(call) for call in calls]
    call = kept.get("function_call")
    if is_object(call):
        kept["function_call"] = _function(call)
    return kept


def _call(call: Any) -> Any:
    if not is_object(call):
        return call
    function = call.get("function")
    return {
        **call,
        "id": _text(call.get("id")),
        "type": "function" if not call.get("type") else call["type"],
        "function": _function(function if is_object(function) else {}),
    }


def _function(function: dict[str, Any]) -> dict[str, Any]:
    arguments = function.get("arguments")
    return {
        **function,
        "name": _text(function.get("name")),
        # Some dialects have the object itself where others have its text.
        "arguments": encode(arguments).decode() if is_object(arguments) else _text(arguments),
    }


def _text(value: Any) -> Any:
    return "" if value is None else value
