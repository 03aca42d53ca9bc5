"""Mutations of requests and responses: error bodies."""

from tests.conformance.mutations.base import request, response
from tests.conformance.mutations.common import CHAT, sent_header

response(
    "payment-refused-plainly",
    "ERR-ENV-01",
    "a 402 is text",
    lambda q, r: r.status == 402,
    lambda q, r: r.put("content-type", "text/plain"),
)

response(
    "forbidden-with-details",
    "ERR-ENV-05",
    "a 403 has details",
    lambda q, r: r.status == 403,
    lambda q, r: r.edit(lambda body: body["error"].update(details=None)),
)

response(
    "old-address-in-depth",
    "ERR-VAL-03",
    "the old address names nested fields",
    lambda q, r: q.path == "/openai" and r.status == 400 and b'"messages":[' in r.body,
    lambda q, r: setattr(r, "body", r.body.replace(b'"messages":[', b'"messages.0.role":[')),
)

request(
    "json-of-any-form",
    "ERR-VAL-06",
    "bytes are taken for JSON",
    lambda q: q.operation == CHAT and sent_header(q, "content-type") == "application/octet-stream",
    lambda q: setattr(
        q,
        "headers",
        [(k, "application/json" if k == "content-type" else v) for k, v in q.headers],
    ),
)

response(
    "key-in-a-header",
    "ERR-ENV-06",
    "a refusal repeats the key in a header",
    lambda q, r: r.status == 401 and q.role == "?",
    lambda q, r: r.put("x-debug", sent_header(q, "authorization")),
)
