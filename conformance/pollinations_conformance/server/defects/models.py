"""Defects of the model lists."""

import time
from collections.abc import Callable
from typing import Any, cast

from pollinations_conformance.server.backend import RoutedCall
from pollinations_conformance.server.defects.mutators import (
    INFOS,
    LISTS,
    V1,
    concerns,
    each,
    on_json,
    on_reply,
    on_service,
    rework,
    scope_of,
    swap,
)
from pollinations_conformance.server.errors import Refused, envelope
from pollinations_conformance.server.http import Call, Reply
from pollinations_conformance.server.service import Service


def _not_under_its_alias(call: Call, reply: Reply) -> None:
    if call.path == "/models":
        refusal = envelope(Refused(404), time.time())
        reply.status, reply.body = refusal.status, refusal.body


def _list_needs_key(operations: str) -> Callable[[Service], None]:
    def change(service: Service) -> None:
        def make(honest: Any) -> Any:
            async def listed(routed: RoutedCall) -> Reply:
                if routed.key is None:
                    raise Refused(401)
                return cast("Reply", await honest(routed))

            return listed

        for name in operations.split():
            service.operations[name] = make(service.operations[name])

    return change


def _unfiltered(operations: str) -> Callable[[Service], None]:
    def change(service: Service) -> None:
        def make(honest: Any) -> Any:
            async def listed(routed: RoutedCall) -> Reply:
                routed.key = None
                return cast("Reply", await honest(routed))

            return listed

        for name in operations.split():
            service.operations[name] = make(service.operations[name])

    return change


def _bad_key_overlooked(service: Service) -> None:
    def make(honest: Any) -> Any:
        def resolve(call: Call) -> Any:
            try:
                return honest(call)
            except Refused:
                if call.path.endswith("models"):
                    return None
                raise

        return resolve

    swap(service.gateway, "resolve_key", make)


on_service(
    "models-need-key", "MODELS-V1-01", "the list needs a key", _list_needs_key(V1), scope_of(V1)
)
on_json(
    "models-twice",
    "MODELS-V1-02",
    "the first model is listed twice",
    V1,
    rework("data", lambda d: [d[0], *d]),
)
on_service(
    "models-unfiltered",
    "MODELS-V1-03",
    "a restricted key sees every model",
    _unfiltered(V1),
    scope_of(V1),
)
on_json(
    "models-alias",
    "MODELS-V1-04",
    "the list has aliases",
    V1,
    rework("data", lambda d: [*d, {**d[0], "id": "gpt-5-nano"}]),
)
on_json(
    "models-created-seconds",
    "MODELS-V1-05",
    "created is in seconds",
    V1,
    each(lambda e: e.update(created=e["created"] // 1000), "data"),
)
on_service(
    "models-any-key",
    "MODELS-KEY-01",
    "an invalid key does not matter to the lists",
    _bad_key_overlooked,
)
on_json(
    "image-models-no-video",
    "MODELS-IMAGE-01",
    "video models are not listed",
    "listImageModels",
    lambda b: [e for e in b if "video" not in e["output_modalities"]],
)
on_reply(
    "models-alias-path-gone",
    "MODELS-TEXT-01",
    "/models is unknown",
    "listTextModels",
    _not_under_its_alias,
)
on_json(
    "audio-models-no-voices",
    "MODELS-AUDIO-01",
    "no model lists its voices",
    "listAudioModels",
    each(lambda e: e.pop("voices", None)),
)
on_service(
    "infos-need-key",
    "MODELS-INFO-01",
    "the lists need a key",
    _list_needs_key(INFOS),
    scope_of(INFOS),
)
on_json(
    "infos-alias-clash",
    "MODELS-INFO-02",
    "two models share an alias",
    INFOS,
    lambda b: b[-1]["aliases"].append(b[0]["name"]) if b else None,
)
on_json(
    "infos-free",
    "MODELS-INFO-03",
    "a price is 0",
    INFOS,
    lambda b: b[0]["pricing"].update(completionTextTokens=0) if b else None,
)
on_json(
    "infos-dollars",
    "MODELS-INFO-03",
    "prices are in dollars",
    INFOS,
    each(lambda e: e["pricing"].update(currency="USD")),
)
on_service(
    "infos-unfiltered",
    "MODELS-INFO-04",
    "a restricted key sees every model",
    _unfiltered(INFOS),
    scope_of(INFOS),
)
on_json(
    "models-default-unlisted",
    "MODELS-INFO-05",
    "the default model is not in its list",
    INFOS,
    lambda body: [item for item in body if item["name"] not in {"zimage", "whisper"}],
)

concerns(scope_of(LISTS, 401), "models-any-key")
