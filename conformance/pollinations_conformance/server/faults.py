"""Fault injection: failures of the real service and its CDN, on request.

A request names a fault in the header `X-Contract-Fault`, or, where only the key can be
chosen, behind the key: `sk_…!edge-524`. The names are those of `data/faults.yaml`.
"""

import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from pollinations_conformance.http.query import encode_query
from pollinations_conformance.server.data import load
from pollinations_conformance.server.encoding import dumps
from pollinations_conformance.server.http import Call, Reply, Sleep, json_reply

HEADER = "x-contract-fault"
MARK = "!"

Handle = Callable[[Call], Awaitable[Reply]]


@functools.cache
def faults() -> Mapping[str, Mapping[str, Any]]:
    """All faults by name."""
    catalogue: Mapping[str, Mapping[str, Any]] = load("faults.yaml")
    return catalogue


def requested(call: Call) -> str | None:
    """Return the fault a request names, and remove it from behind its key."""
    name = call.header(HEADER)
    if MARK not in call.query_string and "%21" not in call.query_string:
        authorization = call.header("authorization") or ""
        if MARK not in authorization or not authorization.startswith("Bearer "):
            return name
        key, _, marked = authorization.rpartition(MARK)
        if marked not in faults():
            return name
        call.headers = [(n, key if n == "authorization" else v) for n, v in call.headers]
        return name or marked
    key, _, marked = (call.parameter("key") or "").rpartition(MARK)
    if marked in faults():
        pairs = [(n, key if n == "key" else v) for n, v in call.query]
        call.query_string = encode_query(pairs)
        return name or marked
    return name


async def inject(call: Call, name: str, handle: Handle, sleep: Sleep) -> Reply:
    """Return a response with a fault.

    Args:
        call: the request.
        name: of the fault; for an unknown one the response is 400 with the list of names.
        handle: returns the response without the fault.
        sleep: waits for a number of seconds.
    """
    fault = faults().get(name)
    if fault is None:
        unknown = {"error": f"no fault of the name {name[:60]!r}", "faults": sorted(faults())}
        return json_reply(unknown, 400)
    if fault.get("reset") and "status" not in fault:
        return Reply(raw=[], reset=True)
    if "status" in fault:
        body = fault.get("body", "")
        content = body.encode() if isinstance(body, str) else dumps(body)
        return Reply(fault["status"], list(fault.get("headers", {}).items()), content)
    reply = await handle(call)
    reply.delay = float(fault.get("delay", 0))
    change = fault.get("change")
    if change is not None and reply.status < 400:
        await _change(reply, change, sleep)
    return reply


async def _change(reply: Reply, change: Mapping[str, Any], sleep: Sleep) -> None:
    is_stream = (reply.header("content-type") or "").startswith("text/event-stream")
    whole = reply.body
    if reply.stream is not None:
        whole = b"".join([piece async for piece in reply.stream])
    pieces = [whole]
    if is_stream:
        pieces = [part + b"\n\n" for part in whole.split(b"\n\n") if part]
    reply.reset = False
    if "only" in change:
        pieces = [change["only"].encode()]
    if "cut" in change:
        cut = change["cut"]
        pieces = pieces[:cut] if is_stream else [whole[:cut]]
        reply.reset = not change.get("end")
    if "insert" in change:
        pieces = [*pieces[: change["after"]], change["insert"].encode()]
    if change.get("undone"):
        pieces = [piece for piece in pieces if piece.strip() != b"data: [DONE]"]
    if "lines" in change:
        pieces = [piece.replace(b"\n", change["lines"].encode()) for piece in pieces]
    if "between" in change:
        pieces = [part for piece in pieces for part in (change["between"].encode(), piece)]
    if "bytes" in change:
        size, text = change["bytes"], b"".join(pieces)
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
    reply.set("Content-Length", None)
    reply.stream = _paced(pieces, float(change.get("pause", 0)), sleep)


async def _paced(pieces: list[bytes], pause: float, sleep: Sleep) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        await sleep(pause)
