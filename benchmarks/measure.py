"""The measures themselves, run by run.py in the clean virtualenv. Prints one JSON object.

All times are CPU time of the process that is measured, so that other work on the machine matters little.
"""

from __future__ import annotations

import asyncio
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.metadata import version
from typing import Any

MESSAGES: list[Any] = [{"role": "user", "content": "Say hello"}]
COMPLETION: dict[str, Any] = {
    "id": "pllns_0123456789abcdef0123456789abcdef",
    "object": "chat.completion",
    "created": 1_767_000_000,
    "model": "gpt-5-mini-2025-08-07",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "logprobs": None,
            "message": {
                "role": "assistant",
                "content": "Bees find their way by the sun. " * 12,
                "refusal": None,
                "annotations": [],
                "tool_calls": [
                    {
                        "id": f"call_{number}",
                        "type": "function",
                        "function": {"name": "calculator", "arguments": '{"a": 1, "b": 2}'},
                    }
                    for number in range(2)
                ],
            },
            "content_filter_results": {
                name: {"filtered": False, "severity": "safe"}
                for name in ("hate", "self_harm", "sexual", "violence")
            },
        }
    ],
    "prompt_filter_results": [
        {
            "prompt_index": 0,
            "content_filter_results": {
                "hate": {"filtered": False, "severity": "safe"},
                "jailbreak": {"filtered": False, "detected": False},
                "self_harm": {"filtered": False, "severity": "safe"},
                "sexual": {"filtered": False, "severity": "safe"},
                "violence": {"filtered": False, "severity": "safe"},
            },
        }
    ],
    "system_fingerprint": None,
    "usage": {
        "prompt_tokens": 20,
        "completion_tokens": 90,
        "total_tokens": 110,
        "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0},
        "completion_tokens_details": {
            "accepted_prediction_tokens": 0,
            "audio_tokens": 0,
            "reasoning_tokens": 64,
            "rejected_prediction_tokens": 0,
        },
    },
}
RECORD: dict[str, Any] = {
    "timestamp": "2026-03-01 12:00:00",
    "type": "generate.text",
    "model": "gpt-5-mini-2025-08-07",
    "api_key": "my key",
    "api_key_type": "secret",
    "meter_source": "tier",
    "input_text_tokens": 20,
    "input_cached_tokens": 0,
    "input_audio_tokens": 0,
    "input_image_tokens": 0,
    "output_text_tokens": 26,
    "output_reasoning_tokens": 64,
    "output_audio_tokens": 0,
    "output_image_tokens": 0,
    "cost_usd": 0.000185,
    "response_time_ms": 1234.5,
}
BODY = json.dumps(COMPLETION)
USAGE = json.dumps({"usage": [RECORD] * 1000, "count": 1000})
EVENTS = 5000
CHUNK = json.dumps(
    {
        "id": "chatcmpl-0123456789",
        "object": "chat.completion.chunk",
        "created": 1_767_000_000,
        "model": "gpt-5-nano-2025-08-07",
        "system_fingerprint": None,
        "choices": [
            {
                "index": 0,
                "delta": {"content": " word"},
                "finish_reason": None,
                "logprobs": None,
                "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}},
            }
        ],
        "usage": None,
        "obfuscation": "abcdefgh",
    }
)
LAST = json.dumps(
    {
        "id": "chatcmpl-0123456789",
        "object": "chat.completion.chunk",
        "created": 1_767_000_000,
        "model": "gpt-5-nano-2025-08-07",
        "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
    }
)
LARGE = 100 << 20
EVENT_SIZES = (200, 10_000, 1_000_000)
"""Bytes of the text in an event."""
PIECE_SIZES = (1_000, 16_000, 65_536)
"""Bytes that arrive at once."""


# -- a server ------------------------------------------------------------------------------------------


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each request of a connection by the first segment of its path."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split(b" ", 2)[1].decode()
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    await reader.readexactly(int(line.partition(b":")[2]))
            if path.startswith(("/single", "/packed")):
                await stream(writer, 50 if path.startswith("/packed") else 1)
            elif path.startswith("/small"):
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 5\r\n\r\nsmall"
                )
            else:
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n"
                    % LARGE
                )
                for _ in range(LARGE // 65536):
                    writer.write(b"x" * 65536)
                    await writer.drain()
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def stream(writer: asyncio.StreamWriter, size: int) -> None:
    """Send the events, `size` of them in a piece."""
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    piece = f"data: {CHUNK}\n\n".encode() * size
    framed = b"%x\r\n%b\r\n" % (len(piece), piece)
    for _ in range(EVENTS // size):
        writer.write(framed)
        await writer.drain()
    end = f"data: {LAST}\n\ndata: [DONE]\n\n".encode()
    writer.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(end), end))


def serve() -> None:
    """Serve on a free port, which is printed, until the input ends."""

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)

    asyncio.run(run())


# -- measuring -----------------------------------------------------------------------------------------


def fresh(code: str) -> float:
    """Return the milliseconds that code takes in a new process: only what comes after the marker."""
    before, _, measured = code.rpartition("#---\n")
    timed = f"{before}import time as _t\n_s = _t.process_time()\n{measured}\nprint((_t.process_time() - _s) * 1e3)"
    done = subprocess.run([sys.executable, "-c", timed], check=True, capture_output=True, text=True)
    return float(done.stdout)


def alternating_processes(codes: dict[str, str], rounds: int = 11) -> dict[str, float]:
    """Return the median time of each piece of code, rounds of all taken in turn."""
    taken: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(rounds):
        for name, code in codes.items():
            taken[name].append(fresh(code))
    return {name: statistics.median(values) for name, values in taken.items()}


def alternating(
    calls: dict[str, Callable[[], Any]], rounds: int = 15, budget: float = 0.02
) -> dict[str, float]:
    """Return the best time of each call in seconds, rounds of all taken in turn."""
    numbers: dict[str, int] = {}
    for name, call in calls.items():
        call()
        start = time.process_time()
        call()
        numbers[name] = max(1, int(budget / max(1e-7, time.process_time() - start)))
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.process_time()
            for _ in range(numbers[name]):
                call()
            best[name] = min(best[name], (time.process_time() - start) / numbers[name])
    return best


def peer(name: str) -> Any:
    """Import a module that only the clean virtualenv has."""
    return import_module(name)


def ratios(values: dict[str, float], base: str = "base") -> dict[str, float]:
    """Relate values to the one of the base."""
    return {name: value / values[base] for name, value in values.items() if name != base}


def imports() -> tuple[dict[str, float], dict[str, float], dict[str, float], float]:
    """Measure import and construction, and the same with a first call for the balance, or of a chat."""
    mock = (
        "import httpx\n"
        "{extra}"
        "transport = httpx.MockTransport(lambda r: httpx.Response(200, json={{'balance': 1}}))\n"
        "{rest}"
    )
    chat = (
        f"import json\nBODY = json.loads({BODY!r})\n#---\nimport httpx\n"
        "transport = httpx.MockTransport(lambda r: httpx.Response(200, json=BODY))\n"
    )
    plain = alternating_processes(
        {
            "base": "#---\nimport httpx",
            "ours": "#---\nfrom pollinations_client import Pollinations\nPollinations(api_key='k')",
            "openai": "#---\nfrom openai import OpenAI\nOpenAI(api_key='k')",
            "stock": "#---\nfrom stock_client import AuthenticatedClient\n"
            "from stock_client.api.chat import create_chat_completion\n"
            "AuthenticatedClient(base_url='http://x', token='k')",
        }
    )
    first = alternating_processes(
        {
            "base": "#---\n"
            + mock.format(
                extra="",
                rest="httpx.Client(transport=transport).get('https://x/account/balance').json()",
            ),
            "ours": "#---\n"
            + mock.format(
                extra="from pollinations_client import Pollinations\n",
                rest="Pollinations(api_key='k', http_client=httpx.Client(transport=transport)).account.balance()",
            ),
            "stock": "#---\n"
            + mock.format(
                extra="from stock_client import Client\nfrom stock_client.api.account import get_account_balance\n",
                rest="get_account_balance.sync(client=Client(base_url='http://x', "
                "httpx_args={'transport': transport}))",
            ),
        }
    )
    first_chat = alternating_processes(
        {
            "base": chat
            + "httpx.Client(transport=transport).post('https://x/v1', json={'messages': []}).json()",
            "ours": chat + "from pollinations_client import Pollinations\n"
            "http = httpx.Client(transport=transport)\n"
            "Pollinations(api_key='k', http_client=http).chat.completions.create(messages=[])",
        }
    )
    return ratios(plain), ratios(first), ratios(first_chat), plain["base"]


def parsing() -> dict[str, Any]:
    """Measure parsing of a completion and of usage records."""

    construct_type = peer("openai._models").construct_type
    Theirs = peer("openai.types.chat").ChatCompletion
    Stock = peer("stock_client.models.chat_completion").ChatCompletion
    StockReport = peer("stock_client.models.usage_report").UsageReport

    from pollinations_client.models import ChatCompletion, UsageReport

    by_hand = peer("peers")  # beside this file

    loads = json.loads
    careful_report, careful = by_hand.pydantic_models()
    quick_report, quick = by_hand.msgspec_models()
    decode = peer("msgspec.json").decode

    def read() -> Any:
        answer = ChatCompletion.from_dict(loads(BODY))
        choice = answer.choices[0]
        return choice.message.content, choice.finish_reason, answer.usage.total_tokens

    def stock_read() -> Any:
        answer: Any = Stock.from_dict(loads(BODY))
        choice = answer.choices[0]
        return choice.message.content, choice.finish_reason, answer.usage.total_tokens

    def openai_read() -> Any:
        answer: Any = construct_type(type_=Theirs, value=loads(BODY))
        choice = answer.choices[0]
        return choice.message.content, choice.finish_reason, answer.usage.total_tokens

    assert read() == stock_read() == openai_read()
    for other in (careful.model_validate_json(BODY), decode(BODY, type=quick)):
        assert other.choices[0].message.content == read()[0]
    completion = alternating(
        {
            "base": lambda: loads(BODY),
            "ours": lambda: ChatCompletion.from_dict(loads(BODY)),
            "openai": lambda: construct_type(type_=Theirs, value=loads(BODY)),
            "stock": lambda: Stock.from_dict(loads(BODY)),
            "pydantic": lambda: careful.model_validate_json(BODY),
            "msgspec": lambda: decode(BODY, type=quick),
        }
    )
    completion_read = alternating(
        {"base": lambda: loads(BODY), "ours": read, "openai": openai_read, "stock": stock_read}
    )
    usage = alternating(
        {
            "base": lambda: loads(USAGE),
            "ours": lambda: UsageReport.from_dict(loads(USAGE)),
            "stock": lambda: StockReport.from_dict(loads(USAGE)),
            "pydantic": lambda: careful_report.model_validate_json(USAGE),
            "msgspec": lambda: decode(USAGE, type=quick_report),
        }
    )
    usage_read = alternating(
        {
            "base": lambda: loads(USAGE),
            "ours": lambda: sum(r.cost_usd for r in UsageReport.from_dict(loads(USAGE)).usage),
            "stock": lambda: sum(r.cost_usd for r in StockReport.from_dict(loads(USAGE)).usage),
        }
    )
    return {
        "parse": ratios(completion),
        "parse_read": ratios(completion_read),
        "usage": ratios(usage),
        "usage_read": ratios(usage_read),
        "parse_us": completion["base"] * 1e6,
        "usage_us": usage["base"] * 1e6,
    }


def calling() -> tuple[dict[str, float], float]:
    """Measure one call over a mock transport."""
    import httpx

    httpx2, openai, stock_client = peer("httpx2"), peer("openai"), peer("stock_client")
    create_chat_completion = peer("stock_client.api.chat.create_chat_completion")
    request_class = peer(
        "stock_client.models.create_chat_completion_request"
    ).CreateChatCompletionRequest

    from pollinations_client import Pollinations

    content, headers = BODY.encode(), {"content-type": "application/json"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=content, headers=headers))

    def respond(_: Any) -> Any:
        return httpx2.Response(200, content=content, headers=headers)

    bare = httpx.Client(transport=transport)
    ours = Pollinations(api_key="k", http_client=httpx.Client(transport=transport))
    theirs = openai.OpenAI(
        api_key="k",
        base_url="https://x/v1",
        http_client=httpx2.Client(transport=httpx2.MockTransport(respond)),
    )
    stock = stock_client.AuthenticatedClient(
        base_url="https://x", token="k", httpx_args={"transport": transport}
    )
    request = {"model": "openai", "messages": MESSAGES}
    authorization = {"Authorization": "Bearer k"}
    url = "https://gen.pollinations.ai/v1/chat/completions"
    found = alternating(
        {
            "base": lambda: json.loads(bare.post(url, json=request, headers=authorization).content),
            "ours": lambda: ours.chat.completions.create(model="openai", messages=MESSAGES),
            "openai": lambda: theirs.chat.completions.create(model="openai", messages=MESSAGES),
            "stock": lambda: create_chat_completion.sync(
                client=stock, body=request_class.from_dict(request)
            ),
        }
    )
    return ratios(found), found["base"] * 1e6


def streaming(port: int) -> dict[str, Any]:
    """Measure events per second of the reader's time, over loopback."""
    import httpx

    from pollinations_client import Pollinations

    event_source, openai = peer("httpx_sse").EventSource, peer("openai")
    found: dict[str, Any] = {}
    for name, path in (("sse", "single"), ("sse_packed", "packed")):
        address = f"http://127.0.0.1:{port}/{path}"
        bare = httpx.Client()
        ours = Pollinations(api_key="k", base_url=address)
        theirs = openai.OpenAI(api_key="k", base_url=f"{address}/v1")

        def plain(bare: httpx.Client = bare, address: str = address) -> int:
            count = 0
            body: dict[str, Any] = {"messages": MESSAGES, "stream": True}
            with bare.stream("POST", f"{address}/v1/chat/completions", json=body) as response:
                for event in event_source(response).iter_sse():
                    if event.data == "[DONE]":
                        break
                    json.loads(event.data)
                    count += 1
            return count

        def typed(client: Any) -> int:
            count = 0
            for chunk in client.chat.completions.create(model="m", messages=MESSAGES, stream=True):
                if (
                    chunk.choices[0].delta.content is None
                    and chunk.choices[0].finish_reason is None
                ):
                    raise AssertionError("an event without text")
                count += 1
            return count

        def arrived(client: Any) -> int:
            return sum(
                1 for _ in client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
            )

        runs: dict[str, Callable[[], int]] = {
            "base": plain,
            "ours": partial(arrived, ours),
            "openai": partial(arrived, theirs),
            "ours_read": partial(typed, ours),
        }
        rates: dict[str, list[float]] = {key: [] for key in runs}
        for _ in range(11):
            for key, run in runs.items():
                start = time.process_time()
                assert run() == EVENTS + 1
                rates[key].append((EVENTS + 1) / (time.process_time() - start))
        best = {key: max(values) for key, values in rates.items()}
        found[name] = ratios(best)
        found[f"{name}_base"] = best["base"]
    return found


def sizes() -> dict[str, float]:
    """Return the bytes per second of the slowest size of events, over those of small events in the same pieces."""
    import httpx

    from pollinations_client import Pollinations

    slowest = 1.0
    for piece in PIECE_SIZES:
        rates: list[float] = []
        for size in EVENT_SIZES:
            chunk = json.loads(CHUNK)
            chunk["choices"][0]["delta"]["content"] = "x" * size
            count = max(3, 2_000_000 // size)
            body = f"data: {json.dumps(chunk)}\n\n".encode() * count + b"data: [DONE]\n\n"
            parts = [body[start : start + piece] for start in range(0, len(body), piece)]

            def respond(_: Any, parts: list[bytes] = parts) -> httpx.Response:
                headers = {"content-type": "text/event-stream"}
                return httpx.Response(200, headers=headers, content=iter(parts))

            http = httpx.Client(transport=httpx.MockTransport(respond))
            client = Pollinations(api_key="k", http_client=http)
            best = 0.0
            for _ in range(5):
                start = time.process_time()
                arrived = sum(
                    1 for _ in client.chat.completions.create(messages=MESSAGES, stream=True)
                )
                assert arrived == count
                best = max(best, len(body) / (time.process_time() - start))
            rates.append(best)
        slowest = min(slowest, *(rate / rates[0] for rate in rates))
    return {"ours": slowest}


def memory(port: int) -> float:
    """Return the megabytes by which a download to a file raises the peak of a process."""
    code = f"""
import tempfile, tracemalloc
from pathlib import Path
from pollinations_client import Pollinations

def get(path):
    client = Pollinations(api_key='k', base_url='http://127.0.0.1:{port}/' + path)
    with (
        tempfile.TemporaryDirectory() as folder,
        client.image.with_streaming_response.generate('x') as response,
    ):
        return response.save(Path(folder, 'file')).stat().st_size

def status(name):
    for line in Path('/proc/self/status').read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024

get('small')
counted = Path('/proc/self/clear_refs').exists()
if counted:
    Path('/proc/self/clear_refs').write_text('5')  # the peak starts again from here
    idle = status('VmRSS')
else:
    tracemalloc.start()
assert get('large') == {LARGE}
print(status('VmHWM') - idle if counted else tracemalloc.get_traced_memory()[1] / 2**20)
"""
    peaks = [
        float(
            subprocess.run(
                [sys.executable, "-c", code], check=True, capture_output=True, text=True
            ).stdout
        )
        for _ in range(3)
    ]
    return statistics.median(peaks)


def main() -> None:
    """Run all measures and print them."""
    server = subprocess.Popen(
        [sys.executable, __file__, "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    port = int(server.stdout.readline())
    try:
        started, first, first_chat, import_ms = imports()
        parsed = parsing()
        called, call_us = calling()
        streamed = streaming(port)
        peak = memory(port)
    finally:
        server.terminate()
        server.wait()
    versions = ", ".join(f"{name} {version(name)}" for name in ("httpx", "openai", "httpx-sse"))
    found = {
        "import": started,
        "first": first,
        "first_chat": first_chat,
        "sse_sizes": sizes(),
        "call": called,
        "memory": {"ours": peak},
        **{name: parsed[name] for name in ("parse", "parse_read", "usage", "usage_read")},
        **{name: streamed[name] for name in ("sse", "sse_packed")},
        "base": {
            "python": platform.python_version(),
            "versions": versions,
            "import_ms": import_ms,
            "call_us": call_us,
            "parse_us": parsed["parse_us"],
            "usage_us": parsed["usage_us"],
            "sse": streamed["sse_base"],
            "sse_packed": streamed["sse_packed_base"],
        },
    }
    print(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        main()
