"""Mutations of requests and responses: model lists."""

import json

from tests.conformance.mutations.base import request, response
from tests.conformance.mutations.common import as_nobody, edit_body, is_found

response(
    "keyed-lists-without-videos",
    "MODELS-IMAGE-01",
    "with a key no videos are listed",
    lambda q, r: is_found("/image/models")(q, r) and q.role != "",
    lambda q, r: setattr(
        r,
        "body",
        json.dumps(
            [x for x in json.loads(r.body) if "video" not in x.get("output_modalities", ())]
        ).encode(),
    ),
)

response(
    "other-prices",
    "MODELS-TEXT-01",
    "the short address has other prices",
    is_found("/models"),
    edit_body(lambda body: body[0]["pricing"].update(promptTextTokens=1)),
)

request(
    "short-list-for-everybody",
    "MODELS-INFO-04",
    "the short address heeds no restriction",
    lambda q: q.path == "/models" and q.role == "restricted",
    as_nobody,
)
