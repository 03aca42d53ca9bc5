"""Defects of GET /text."""

import re

from pollinations_conformance.server.backend import RoutedCall
from pollinations_conformance.server.defects.mutators import (
    TEXT,
    accept,
    concerns,
    edit_query,
    field_of,
    on_call,
    on_reply,
    refuse,
    scope_of,
    sent,
    violates_too,
)
from pollinations_conformance.server.encoding import dumps
from pollinations_conformance.server.http import Call, Reply
from pollinations_conformance.server.service import Service


def _literal_slash(call: Call, _service: Service) -> None:
    if call.path.startswith("/text/") and not call.path.endswith("/"):  # that is GEN-ROUTE-03
        call.path = "/text/" + call.path[6:].replace("/", "%2F")


def _empty_prompt(call: Call, _service: Service) -> None:
    if call.path in ("/text/", "/text"):
        call.path = "/text/nothing"


def _as_message(_call: Call, reply: Reply) -> None:
    if (reply.header("content-type") or "").startswith("text/plain"):
        reply.body = dumps({"role": "assistant", "content": reply.body.decode()})


def _latin(_call: Call, reply: Reply) -> None:
    if (reply.header("content-type") or "").startswith("text/plain"):
        reply.body = reply.body.decode().encode("utf-16")


def _stream_text(call: Call, _service: Service) -> None:
    edit_query(call, lambda ps: [p for p in ps if p[0] != "stream"])


def _truthy(call: Call, _service: Service) -> None:
    edit_query(call, lambda ps: [(n, "true" if n == "stream" and v else v) for n, v in ps])


def _no_json(call: Call, _service: Service) -> None:
    edit_query(call, lambda ps: [p for p in ps if p[0] != "json"])


def _double_decoded(call: Call, _service: Service) -> None:
    if re.search("%25|%2F|%0A", call.path, re.IGNORECASE):
        call.path = "/text" + call.path.replace("%", "/")


def _audio_as_text(_call: Call, reply: Reply) -> None:
    if reply.header("content-type") == "audio/mpeg":
        reply.body = b"no audio here"
        reply.set("Content-Type", "text/plain; charset=utf-8")


def _strict_percent(routed: RoutedCall) -> bool:
    return re.search(r"%(?![0-9a-fA-F]{2})", routed.call.path) is not None


on_reply("text-as-message", "TEXT-GET-01", "the text is wrapped in JSON", TEXT, _as_message, 200)
on_reply("text-utf-16", "TEXT-GET-01", "the text is not in UTF-8", TEXT, _latin, 200)
on_reply(
    "text-empty",
    "TEXT-GET-01",
    "the text is empty",
    TEXT,
    lambda _c, r: (
        setattr(r, "body", b"")
        if (r.header("content-type") or "").startswith("text/plain")
        else None
    ),
    200,
)
on_call(
    "text-decoded-twice",
    "TEXT-GET-02",
    "encoded slashes, percents and line ends are taken apart",
    TEXT,
    _double_decoded,
)
refuse(
    "text-prompt-short",
    "TEXT-GET-02",
    "more than five hundred characters are refused",
    TEXT,
    "prompt",
    lambda w: len(str(field_of(w, "prompt"))) > 500,
)
on_call(
    "text-any-slash", "TEXT-GET-03", "an unencoded slash belongs to the prompt", "", _literal_slash
)
on_call("text-empty-prompt", "TEXT-GET-04", "an empty prompt is accepted", "", _empty_prompt)
accept("text-seed-lenient", "TEXT-GET-05", "any seed is accepted", TEXT, "seed")
refuse(
    "text-seed-edges",
    "TEXT-GET-05",
    "the greatest seed is refused",
    TEXT,
    "seed",
    lambda w: field_of(w, "seed") == 9007199254740991,
)
accept("text-model-lenient", "TEXT-GET-06", "any model is accepted", TEXT, "model")
accept(
    "text-temperature-lenient", "TEXT-GET-07", "any temperature is accepted", TEXT, "temperature"
)
on_call("text-stream-ignored", "TEXT-GET-08", "stream is ignored", TEXT, _stream_text)
on_call("text-stream-false-streams", "TEXT-GET-09", "stream=false streams", TEXT, _truthy)
on_reply(
    "text-audio-as-text", "TEXT-GET-10", "an audio model responds with text", TEXT, _audio_as_text
)
on_call("text-json-ignored", "TEXT-GET-11", "json is ignored", TEXT, _no_json)
refuse(
    "text-model-required",
    "TEXT-GET-12",
    "model must be named",
    TEXT,
    "model",
    lambda w: not sent(w, "model"),
)
refuse(
    "text-percent-refused",
    "TEXT-GET-13",
    "a malformed escape is refused",
    TEXT,
    "prompt",
    _strict_percent,
)
# What is ignored is not distinguished by the cache either.
violates_too("text-json-ignored", "CACHE-HIT-07")
violates_too("text-stream-ignored", "CACHE-HIT-07")

concerns(scope_of(f"{TEXT} -"), "text-any-slash", "text-empty-prompt")
