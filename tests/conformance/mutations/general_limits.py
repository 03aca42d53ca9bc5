"""Mutations of requests and responses: rate limits."""

import json

from tests.conformance.mutations.base import response
from tests.conformance.mutations.common import refuse

response(
    "waits-rounded-down",
    "LIMIT-PK-03",
    "Retry-After is rounded down, but never 0",
    lambda q, r: r.status == 429 and b"retryAfterSeconds" in r.body,
    lambda q, r: r.put("retry-after", str(max(1, int(json.loads(r.body)["retryAfterSeconds"])))),
)

response(
    "sheets-wait",
    "LIMIT-PK-04",
    "the CSV form of the usage is limited for publishable keys",
    lambda q, r: q.role == "publishable" and q.parameters.get("format") == "csv",
    refuse(429),
)
