"""Requests and responses as the tests of the contract need them."""

import json
from typing import Any

from pollinations_conformance.contract import Contract, Match, Request, Response, Violation

JSON = "application/json"


def found(contract: Contract, method: str, path: str, host: str | None = "gateway") -> str | None:
    match = contract.find(method, path, host)
    return match.operation.id if match else None


def reach(contract: Contract, request: Request, host: str = "gateway") -> Match:
    match = contract.find(request.method, request.path, host)
    assert match is not None
    return match


def wrong(
    contract: Contract,
    method: str,
    url: str,
    body: bytes | None = None,
    content_type: str = "",
    host: str = "gateway",
) -> list[Violation]:
    headers = {"Content-Type": content_type} if content_type else {}
    request = Request.of(method, url, headers, body)
    return contract.check_request(reach(contract, request, host), request)


def chat(contract: Contract, **fields: Any) -> list[Violation]:
    body = {"messages": [{"role": "user", "content": "hi"}], **fields}
    return wrong(contract, "POST", "/v1/chat/completions", json.dumps(body).encode(), JSON)


def completion(**changes: Any) -> dict[str, Any]:
    return {
        "id": "pllns_" + "0" * 32,
        "object": "chat.completion",
        "created": 1760000000,
        "model": "some-model",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "hi"},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        **changes,
    }


def response_violations(
    contract: Contract,
    body: bytes | None,
    content_type: str | None = JSON,
    status: int = 200,
    method: str = "POST",
    path: str = "/v1/chat/completions",
    headers: tuple[tuple[str, str], ...] = (),
    host: str = "gateway",
) -> list[Violation]:
    request = Request.of(method, path)
    if content_type is not None:
        headers += (("content-type", content_type),)
    match = reach(contract, request, host)
    return contract.check_response(match, request, Response(status, headers, body))
