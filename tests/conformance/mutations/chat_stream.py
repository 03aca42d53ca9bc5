"""Mutations of requests and responses: streams."""

from tests.conformance.mutations.base import request, response
from tests.conformance.mutations.common import CHAT, OLD, TEXT, is_stream

for _operation in (OLD, TEXT):
    response(
        f"no-usage-in-{_operation}",
        "CHAT-STREAM-05",
        "the stream tells no usage",
        is_stream(_operation),
        lambda q, r: r.drop_events('"usage":{'),
    )
    response(
        f"cut-{_operation}",
        "CHAT-STREAM-13",
        "the stream is cut in the middle",
        is_stream(_operation),
        lambda q, r: setattr(r, "body", r.body[: len(r.body) // 2]),
    )
    response(
        f"endless-{_operation}",
        "CHAT-STREAM-03",
        "there is no [DONE]",
        is_stream(_operation),
        lambda q, r: r.drop_events("[DONE]"),
    )

response(
    "hit-streams-twice-done",
    "CHAT-STREAM-08",
    "[DONE] comes twice from the cache",
    lambda q, r: r.hit and r.kind == "text/event-stream",
    lambda q, r: setattr(r, "body", r.body + b"data: [DONE]\n\n"),
)

request(
    "streams-for-those-who-take-them",
    "CHAT-STREAM-11",
    "Accept alone makes a stream",
    lambda q: q.operation == CHAT and ("accept", "text/event-stream") in q.headers,
    lambda q: q.put("stream", True),
)

request(
    "streams-for-their-options",
    "CHAT-STREAM-11",
    "stream_options alone make a stream",
    lambda q: q.operation == CHAT and q.fields.get("stream_options") and "stream" not in q.fields,
    lambda q: q.put("stream", True),
)

response(
    "streamed-calls-in-one",
    "CHAT-STREAM-14",
    "all streamed calls have the same index",
    is_stream(CHAT),
    lambda q, r: setattr(r, "body", r.body.replace(b'"index":1', b'"index":0')),
)

response(
    "short-streams-unfinished",
    "CHAT-STREAM-04",
    "a stream that is cut short says so in no chunk",
    is_stream(CHAT),
    lambda q, r: setattr(r, "body", r.body.replace(b'"length"', b"null")),
)

response(
    "streams-without-deltas",
    "CHAT-STREAM-02",
    "choices have no delta",
    is_stream(CHAT),
    lambda q, r: setattr(r, "body", r.body.replace(b'"delta":', b'"message":')),
)
