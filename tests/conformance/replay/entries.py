"""Entries of recordings, and their verdicts, for all tests of replay."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pollinations_conformance.contract import Contract
from pollinations_conformance.http import har
from pollinations_conformance.http.json import as_object
from pollinations_conformance.replay.validate import ValidatedExchange, validate

KEY = "sk_NobodyMaySeeThis0"
JSON = "application/json"
Entry = dict[str, Any]
Change = Callable[[Entry], None]


def entry(
    url: str,
    status: int,
    body: Any = None,
    kind: str = JSON,
    method: str = "GET",
    posted: Any = None,
    host: str = "https://gen.pollinations.ai",
    **headers: str,
) -> Entry:
    text = body if isinstance(body, str) else json.dumps(body)
    request: Entry = {
        "method": method,
        "url": host + url,
        "headers": [{"name": "Authorization", "value": f"Bearer {KEY}"}],
    }
    if posted is not None:
        request["postData"] = {"mimeType": JSON, "text": json.dumps(posted)}
    content: Entry = {"mimeType": kind, "text": "" if body is None else text}
    return {
        "request": request,
        "response": {
            "status": status,
            "headers": [
                {"name": name.replace("_", "-"), "value": value}
                for name, value in {**_headers(kind, body), **headers}.items()
            ],
            "content": content,
        },
    }


def _headers(kind: str, body: Any) -> dict[str, str]:
    """Return the headers that a response of the service has."""
    found = {"Access_Control_Allow_Origin": "*"} | ({"Content_Type": kind} if kind else {})
    fields = as_object(body)
    if usage := as_object(fields.get("usage")):
        found["X_Model_Used"] = str(fields.get("model"))
        for name, counted in (("Prompt_Text", "prompt"), ("Completion_Text", "completion")):
            found[f"X_Usage_{name}_Tokens"] = str(usage[f"{counted}_tokens"])
        found["X_Usage_Total_Tokens"] = str(usage["total_tokens"])
    elif kind.startswith("text/plain"):
        found |= {"X_Model_Used": "m", "X_Usage_Prompt_Text_Tokens": "4"}
        found |= {"X_Usage_Completion_Text_Tokens": "1", "X_Usage_Total_Tokens": "5"}
    return found


def envelope(status: int, code: str, details: Any = None) -> Entry:
    error: Entry = {"code": code, "message": "no", "timestamp": "2026-01-13T10:00:00.000Z"}
    if details is not None:
        error["details"] = {"name": "ValidationError", **details}
    return {"status": status, "success": False, "error": error}


PROMPT = {"messages": [{"role": "user", "content": "Name a colour."}]}
COMPLETION: Entry = {
    "id": "pllns_" + "ab" * 16,
    "object": "chat.completion",
    "created": 1760000000,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Blue"}}],
    "usage": {"prompt_tokens": 4, "completion_tokens": 1, "total_tokens": 5},
}


def chunk(delta: Entry, finish: str | None = None, **more: Any) -> Entry:
    return {
        "id": "pllns_" + "ab" * 16,
        "object": "chat.completion.chunk",
        "created": 1760000000,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **more,
    }


def stream_of(*deltas: Entry, finish: str | None = "stop", done: bool = True) -> str:
    """Return a stream that the contract allows, unless its arguments say otherwise."""
    usage = COMPLETION["usage"]
    chunks = [*(chunk(delta) for delta in deltas)]
    chunks += [chunk({}, finish), chunk({}, usage=usage, choices=[])]
    events = [json.dumps(value) for value in chunks] + ["[DONE]"] * done
    return "".join(f"data: {event}\n\n" for event in events)


def refusal(**fields: list[str]) -> Entry:
    return envelope(400, "BAD_REQUEST", {"formErrors": [], "fieldErrors": fields})


def verdict(contract: Contract, recorded: Entry) -> ValidatedExchange:
    (exchange,) = har.loads(json.dumps({"log": {"entries": [recorded]}}).encode())
    return validate(contract, exchange)


CHAT = "/v1/chat/completions"


def save(path: Path, *entries: Entry) -> str:
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": list(entries)}}), "utf-8")
    return str(path)


GOOD = entry("/text/a", 200, "hi", "text/plain; charset=utf-8")
BAD = entry(f"/text/a?seed=x&key={KEY}", 200, f"<p>{KEY}", "text/html")
FOREIGN = entry("/text/a", 200, "hi", "text/plain; charset=utf-8", host="http://127.0.0.1:8000")
