"""Model lists and request schemas of the foreign gateway, as they were in January 2026."""

from typing import Any


def text_model(name: str, aliases: str, price: float, **more: Any) -> dict[str, Any]:
    """Describe a text model as the list does."""
    return {
        "name": name,
        "aliases": aliases.split(),
        "pricing": {
            "currency": "pollen",
            "promptTextTokens": price,
            "promptCachedTokens": price / 4,
            "completionTextTokens": price * 4,
        },
        "description": name,
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "tools": True,
        "is_specialized": False,
        **more,
    }


def image_model(name: str, aliases: str, key: str, price: float) -> dict[str, Any]:
    """Describe an image or video model as the list does."""
    return {
        "name": name,
        "aliases": aliases.split(),
        "pricing": {"currency": "pollen", key: price},
        "description": name,
        "input_modalities": ["text"],
        "output_modalities": ["video" if "Video" in key else "image"],
    }


TEXT_MODELS = [
    text_model("openai", "", 1.5e-7),
    text_model("openai-fast", "gpt-5-nano gpt-5-nano-2025-08-07", 6e-8),
    text_model("mistral", "mistral-small mistral-small-3.2", 1e-7),
    text_model(
        "openai-audio",
        "gpt-4o-mini-audio-preview",
        1.5e-7,
        output_modalities=["audio", "text"],
        voices=["alloy", "nova"],
    ),
    text_model("gemini", "gemini-3-flash", 5e-7),
    text_model("perplexity-fast", "sonar", 1e-6, tools=False),
    text_model("kimi", "kimi-k2-thinking", 6e-7, reasoning=True),
    text_model("nova-fast", "nova-micro nova", 3.5e-8),
]
IMAGE_MODELS = [
    image_model("flux", "", "completionImageTokens", 0.0002),
    image_model("zimage", "z-image z-image-turbo", "completionImageTokens", 0.0003),
    image_model("gptimage", "gpt-image gpt-image-1-mini", "completionImageTokens", 8e-6),
    image_model("veo", "veo-3.1-fast video", "completionVideoSeconds", 0.15),
]


def names(models: list[dict[str, Any]]) -> list[str]:
    """List names and aliases."""
    return [n["name"] for n in models] + [alias for n in models for alias in n["aliases"]]


def nullable(**schema: Any) -> dict[str, Any]:
    """Let null pass as well."""
    return {"anyOf": [schema, {"type": "null"}]}


SAFE = 2**53 - 1
TEXT = {"type": "string"}
PARTS = {
    "anyOf": [
        TEXT,
        {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "properties": {"type": TEXT}, "required": ["type"]},
        },
    ]
}
VOICES = [
    *("alloy", "echo", "fable", "onyx", "nova", "shimmer", "coral"),
    *("verse", "ballad", "ash", "sage", "amuch", "dan"),
]
BUILT_IN = [
    *("code_execution", "google_search", "google_maps"),
    *("url_context", "computer_use", "file_search"),
]
CACHED = {
    "type": "object",
    "required": ["type"],
    "properties": {"type": {"const": "ephemeral"}},
}
NAMED = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
CALL = {
    "type": "object",
    "required": ["id", "type", "function"],
    "properties": {
        "id": TEXT,
        "type": {"const": "function"},
        "function": {
            "type": "object",
            "required": ["name", "arguments"],
            "properties": {"name": TEXT, "arguments": TEXT},
        },
    },
}


def message(role: str, required: list[str], **more: Any) -> dict[str, Any]:
    """Describe a message of a role."""
    return {
        "type": "object",
        "required": ["role", *required],
        "properties": {
            "role": {"const": role},
            "content": PARTS,
            "name": TEXT,
            "cache_control": CACHED,
            **more,
        },
    }


OR_NULL = {"anyOf": [*PARTS["anyOf"], {"type": "null"}]}
CHAT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["messages"],
    "properties": {
        "messages": {
            "type": "array",
            "items": {
                "anyOf": [
                    message("system", ["content"]),
                    message("developer", ["content"]),
                    message("user", ["content"]),
                    message(
                        "assistant",
                        [],
                        content=OR_NULL,
                        tool_calls={"type": "array", "items": CALL},
                        function_call=nullable(
                            type="object",
                            required=["name", "arguments"],
                            properties={"name": TEXT, "arguments": TEXT},
                        ),
                    ),
                    message(
                        "tool", ["content", "tool_call_id"], content=OR_NULL, tool_call_id=TEXT
                    ),
                    message("function", ["content", "name"], content=nullable(type="string")),
                ]
            },
        },
        "model": {"enum": names(TEXT_MODELS)},
        "modalities": {"type": "array", "items": {"enum": ["text", "audio"]}},
        "audio": {
            "type": "object",
            "required": ["voice", "format"],
            "properties": {
                "voice": {"enum": VOICES},
                "format": {"enum": ["wav", "mp3", "flac", "opus", "pcm16"]},
            },
        },
        "frequency_penalty": nullable(type="number", minimum=-2, maximum=2),
        "presence_penalty": nullable(type="number", minimum=-2, maximum=2),
        "repetition_penalty": nullable(type="number", minimum=0, maximum=2),
        "logit_bias": nullable(type="object", additionalProperties={"type": "integer"}),
        "logprobs": nullable(type="boolean"),
        "top_logprobs": nullable(type="integer", minimum=0, maximum=20),
        "max_tokens": nullable(type="integer", minimum=0, maximum=SAFE),
        "response_format": {
            "anyOf": [
                {"type": "object", "required": ["type"], "properties": {"type": {"const": one}}}
                for one in ("text", "json_object")
            ]
            + [
                {
                    "type": "object",
                    "required": ["type", "json_schema"],
                    "properties": {
                        "type": {"const": "json_schema"},
                        "json_schema": {
                            "type": "object",
                            "required": ["schema"],
                            "properties": {
                                "name": TEXT,
                                "description": TEXT,
                                "schema": {"type": "object"},
                                "strict": nullable(type="boolean"),
                            },
                        },
                    },
                }
            ]
        },
        "seed": nullable(type="integer", minimum=-1, maximum=SAFE),
        "stop": {
            "anyOf": [
                TEXT,
                {"type": "null"},
                {"type": "array", "minItems": 1, "maxItems": 4, "items": TEXT},
            ]
        },
        "stream": nullable(type="boolean"),
        "stream_options": nullable(
            type="object", properties={"include_usage": {"type": "boolean"}}
        ),
        "thinking": nullable(
            type="object",
            properties={
                "type": {"enum": ["enabled", "disabled"]},
                "budget_tokens": {"type": "integer", "minimum": 1, "maximum": SAFE},
            },
        ),
        "reasoning_effort": {"enum": ["none", "minimal", "low", "medium", "high", "xhigh"]},
        "thinking_budget": {"type": "integer", "minimum": 0, "maximum": SAFE},
        "temperature": nullable(type="number", minimum=0, maximum=2),
        "top_p": nullable(type="number", minimum=0, maximum=1),
        "tools": {
            "type": "array",
            "items": {
                "anyOf": [
                    {
                        "type": "object",
                        "required": ["type", "function"],
                        "properties": {
                            "type": {"const": "function"},
                            "function": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "name": TEXT,
                                    "description": TEXT,
                                    "parameters": {"type": "object"},
                                    "strict": nullable(type="boolean"),
                                },
                            },
                        },
                    },
                    {
                        "type": "object",
                        "required": ["type"],
                        "properties": {"type": {"enum": BUILT_IN}},
                    },
                ]
            },
        },
        "tool_choice": {
            "anyOf": [
                {"enum": ["none", "auto", "required"]},
                {
                    "type": "object",
                    "required": ["type", "function"],
                    "properties": {
                        "type": {"const": "function"},
                        "function": NAMED,
                    },
                },
            ]
        },
        "parallel_tool_calls": {"type": "boolean"},
        "user": TEXT,
        "function_call": {"anyOf": [{"enum": ["none", "auto"]}, NAMED]},
        "functions": {
            "type": "array",
            "minItems": 1,
            "maxItems": 128,
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": TEXT, "description": TEXT, "parameters": {"type": "object"}},
                "additionalProperties": False,
            },
        },
    },
}
TEXT_QUERY = {
    "model": {"enum": names(TEXT_MODELS)},
    "seed": {"type": "integer", "minimum": -1, "maximum": SAFE},
    "system": TEXT,
    "json": {"type": "boolean"},
    "temperature": {"type": "number"},
    "stream": {"type": "boolean"},
}
IMAGE_QUERY = {
    "model": {"enum": names(IMAGE_MODELS)},
    "width": {"type": "integer", "minimum": 0, "maximum": SAFE},
    "height": {"type": "integer", "minimum": 0, "maximum": SAFE},
    "seed": {"type": "integer", "minimum": -1, "maximum": 2**31 - 1},
    "enhance": {"type": "boolean"},
    "negative_prompt": TEXT,
    "safe": {"type": "boolean"},
    "quality": {"enum": ["low", "medium", "high", "hd"]},
    "image": {"type": "string", "pattern": r"^[|,]*(https?://[^|]*[|]*)*$"},
    "transparent": {"type": "boolean"},
    "duration": {"type": "integer", "minimum": 1, "maximum": 10},
    "aspectRatio": TEXT,
    "audio": {"type": "boolean"},
}
