"""Where the key goes, and that nothing the client can output shows it."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pollinations_client import (
    AsyncPollinations,
    ConfigurationError,
    NotFoundError,
    Pollinations,
    PollinationsError,
)
from pollinations_client._requests import encode_segment
from pollinations_client._uploads import File, multipart
from tests.client.conftest import KEY, Mocked, Responding

MESSAGES = [{"role": "user", "content": "Hi"}]
EVENT = json.dumps({"choices": [{"delta": {"content": "x"}}]})


def echo(request: httpx.Request) -> httpx.Response:
    """Answer with everything the client sent, as a careless server or proxy would."""
    said = f"{request.url} {dict(request.headers)}"
    error = {"error": {"code": "X", "message": said, "details": {"fieldErrors": {"key": [said]}}}}
    kind = request.headers.get("x-kind", "400")
    if kind == "html":
        return httpx.Response(200, headers={"content-type": "text/html"}, text=said)
    if kind == "lost":
        raise httpx.ReadError(said, request=request)
    if kind == "stream":
        body = f"data: {EVENT}\n\n"
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, text=body)
    headers = {"location": f"https://elsewhere.example/?{request.url.query.decode()}"}
    return httpx.Response(int(kind), json=error, headers={**headers, "x-request-id": said[:200]})


@pytest.mark.parametrize("key_in_query", [False, True], ids=["header", "query"])
@pytest.mark.parametrize("kind", ["400", "401", "302", "429", "500", "html", "lost", "stream"])
def test_key_appears_in_nothing_that_the_client_outputs(
    mocked: Mocked, caplog: pytest.LogCaptureFixture, kind: str, key_in_query: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    client = mocked(echo, key_in_query=key_in_query, default_headers={"x-kind": kind})
    stream = (
        client.chat.completions.create(messages=MESSAGES, stream=True) if kind == "stream" else None
    )
    with pytest.raises(PollinationsError) as caught:
        list(stream) if stream is not None else client.chat.completions.create(messages=MESSAGES)
    error = caught.value
    shown = [
        repr(client),
        str(client),
        repr(vars(client)),
        repr(client.core),
        repr(vars(client.core)),
        repr(client.chat),
        repr(client.chat.completions),
        repr(stream),
        repr(error),
        str(error),
        repr(vars(error)),
        repr(pickle.dumps(error)),
        repr(copy.deepcopy(error)),
        repr([error.__cause__, error.__context__]),
        "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()),
        caplog.text,
        repr([vars(record) for record in caplog.records]),
    ]
    assert caplog.records or kind == "lost", "the HTTP library is expected to log"
    for text in shown:
        assert KEY not in text
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize("key_in_query", [False, True], ids=["header", "query"])
def test_key_of_an_asynchronous_client_does_not_show(
    caplog: pytest.LogCaptureFixture, key_in_query: bool
) -> None:
    caplog.set_level(logging.DEBUG)

    async def run(kind: str) -> str:
        async with httpx.AsyncClient(transport=httpx.MockTransport(echo)) as pool:
            client = AsyncPollinations(
                api_key=KEY,
                http_client=pool,
                max_retries=0,
                key_in_query=key_in_query,
                default_headers={"x-kind": kind},
            )
            try:
                await client.chat.completions.create(messages=MESSAGES)
            except PollinationsError as error:
                reported = traceback.TracebackException.from_exception(error, capture_locals=True)
                return f"{''.join(reported.format())} {error!r} {vars(error)} {client!r}"
        return "no error"

    for kind in ("400", "lost", "html"):
        shown = asyncio.run(run(kind))
        assert "no error" not in shown
        assert KEY not in shown
    assert KEY not in caplog.text


REFUSED: list[Callable[[Pollinations], Any]] = [
    lambda c: c.chat.completions.create(messages=MESSAGES, temperature=float("nan")),
    lambda c: c.text.generate(".."),
    lambda c: c.text.generate("x" * 100_000),
    lambda c: c.account.usage(extra_headers={"x-\n": "y"}),
    lambda c: c.account.usage(before="\ud800"),
    lambda c: c.media.upload("no such file"),
]


@pytest.mark.parametrize("call", REFUSED)
def test_refusals_before_sending_show_no_key(mocked: Mocked, call: Any) -> None:
    client = mocked(echo)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
        call(client)
    reported = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert KEY not in "".join(reported.format())


@pytest.mark.parametrize("make", [Pollinations, AsyncPollinations])
def test_client_cannot_be_pickled(make: Any) -> None:
    with pytest.raises(TypeError, match="pickl"):
        pickle.dumps(make(api_key=KEY))


def recorded(mocked: Mocked, **options: Any) -> tuple[Pollinations, list[httpx.Request]]:
    requests: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(404)

    return mocked(handler, **options), requests


def attempt(call: Callable[[], Any]) -> None:
    with pytest.raises(NotFoundError):
        call()


@pytest.mark.parametrize("key_in_query", [False, True], ids=["header", "query"])
def test_key_goes_to_its_own_hosts_and_not_to_public_operations(
    mocked: Mocked, key_in_query: bool
) -> None:
    client, requests = recorded(mocked, key_in_query=key_in_query)
    attempt(lambda: client.account.balance())
    attempt(lambda: client.models.list())
    attempt(lambda: client.media.upload(b"x", filename="x.png"))
    attempt(lambda: client.media.retrieve("0" * 16))
    attempt(lambda: client.media.head("0" * 16))
    hosts = [request.url.host for request in requests]
    assert hosts == ["gen.pollinations.ai"] * 2 + ["media.pollinations.ai"] * 3
    for request, keyed in zip(requests, [True, True, True, False, False], strict=True):
        header, query = request.headers.get("authorization"), request.url.params.get("key")
        if not keyed:
            assert (header, query) == (None, None)
        elif key_in_query:
            assert (header, query) == (None, KEY)
        else:
            assert (header, query) == (f"Bearer {KEY}", None)


def test_default_authorization_is_not_sent_to_public_operations(mocked: Mocked) -> None:
    secret = {"Authorization": "Bearer other", "X-Other": "kept"}
    client, requests = recorded(
        mocked, api_key=None, default_headers=secret, default_query={"key": "k", "a": "b"}
    )
    attempt(lambda: client.media.head("0" * 16))
    attempt(lambda: client.account.balance())
    assert "authorization" not in requests[0].headers
    assert requests[0].headers["x-other"] == "kept"
    assert dict(requests[0].url.params) == {"a": "b"}
    assert requests[1].headers["authorization"] == "Bearer other"


def test_redirects_are_not_followed_even_by_a_client_that_would(mocked: Mocked) -> None:
    hosts: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(302, headers={"location": "https://elsewhere.example/"})

    with httpx.Client(transport=httpx.MockTransport(handler), follow_redirects=True) as pool:
        client = Pollinations(api_key=KEY, http_client=pool)
        with pytest.raises(PollinationsError, match="redirect"):
            client.account.balance()
    assert hosts == ["gen.pollinations.ai"]


@pytest.mark.parametrize("value", ["", ".", "..", "\ud800", "a\udfff"])
def test_path_values_that_would_address_something_else_are_refused(
    mocked: Mocked, value: str
) -> None:
    client, requests = recorded(mocked)
    for call in (client.text.generate, client.image.generate, client.media.retrieve):
        with pytest.raises(ConfigurationError):
            call(value)
    assert requests == []


@given(st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=60))
def test_any_other_text_arrives_unchanged_as_one_segment(text: str) -> None:
    if text in (".", ".."):
        return
    segment = encode_segment("prompt", text)
    url = httpx.URL(f"https://gen.pollinations.ai/text/{segment}")
    raw = url.raw_path.decode()
    assert raw.count("/") == 2
    assert raw == f"/text/{segment}"
    from urllib.parse import unquote

    assert unquote(segment, errors="strict") == text


@given(
    st.dictionaries(
        st.sampled_from(["system", "model"]), st.text(st.characters(blacklist_categories=["Cs"]))
    )
)
def test_query_values_arrive_unchanged(values: dict[str, str]) -> None:
    seen: list[dict[str, str]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(dict(request.url.params))
        return httpx.Response(200, text="ok")

    with httpx.Client(transport=httpx.MockTransport(handler)) as pool:
        client = Pollinations(api_key=KEY, http_client=pool)
        client.text.generate("x", model=values.get("model"), system=values.get("system"))
    assert seen == [values]


def test_only_given_arguments_are_sent(mocked: Mocked) -> None:
    client, requests = recorded(mocked)
    attempt(lambda: client.image.generate("a cat"))
    attempt(lambda: client.image.generate("a cat", width=None, safe=False, seed=0))
    attempt(lambda: client.chat.completions.create(messages=MESSAGES))
    attempt(lambda: client.chat.completions.create(messages=MESSAGES, seed=None, user=None))
    attempt(lambda: client.audio.speech.create(input="hi"))
    assert requests[0].url.query == b""
    assert requests[1].url.query == b"seed=0&safe=false"
    assert json.loads(requests[2].content) == {"messages": MESSAGES}
    assert json.loads(requests[3].content) == {"messages": MESSAGES, "seed": None}
    assert json.loads(requests[4].content) == {"input": "hi"}


def test_extra_headers_query_and_body_are_added(mocked: Mocked) -> None:
    client, requests = recorded(mocked, default_query={"a": "1"}, default_headers={"X-A": "1"})
    attempt(
        lambda: client.chat.completions.create(
            messages=MESSAGES,
            extra_headers={"X-B": "2"},
            extra_query={"b": True},
            extra_body={"voice": "alloy"},
        )
    )
    (request,) = requests
    assert (request.headers["x-a"], request.headers["x-b"]) == ("1", "2")
    assert request.url.query == b"a=1&b=true"
    assert json.loads(request.content) == {"messages": MESSAGES, "voice": "alloy"}


# -- uploads -------------------------------------------------------------------------------------------


def test_file_cannot_inject_form_fields(mocked: Mocked) -> None:
    seen: set[str] = set()

    def handler(request: httpx.Request) -> httpx.Response:
        boundary = request.headers["content-type"].partition("boundary=")[2]
        seen.add(boundary)
        assert (
            request.read().count(f"--{boundary}".encode()) == 4
        )  # file, model, prompt and the end
        return httpx.Response(200, json={"text": ""})

    nasty = b'--+++\r\nContent-Disposition: form-data; name="model"\r\n\r\nevil\r\n--+++--\r\n'
    client = mocked(handler)
    for _ in range(3):
        client.audio.transcriptions.create(
            file=('a"\r\nX: y.wav', nasty), model="whisper", prompt="--+++"
        )
    assert len(seen) == 3


def test_file_names_cannot_break_out_of_their_parameter() -> None:
    payload = multipart({'f"\r\n': File(("a\"b\r\nc'.png", b"x"))}, ('f"\r\n',))
    head = b"".join(payload.open()).split(b"\r\n\r\n")[0].decode()
    assert head.count("\r\n") == 2
    assert 'name="f%22%0D%0A"; filename="a%22b%0D%0Ac\'.png"' in head


@pytest.mark.parametrize(
    "headers",
    [
        {"content-disposition": 'attachment; filename="../../evil.jpg"'},
        {"content-disposition": "inline; filename*=UTF-8''%2Fetc%2Fpasswd"},
    ],
)
def test_saving_writes_the_given_path_only(
    responding: Responding, tmp_path: Path, headers: dict[str, str]
) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    client = responding(b"JPEG", 200, {"content-type": "image/jpeg", **headers})
    saved = client.image.generate("a cat").save(folder / "cat.jpg")
    assert saved.read_bytes() == b"JPEG"
    assert sorted(tmp_path.rglob("*")) == [folder, saved]
    with pytest.raises(ConfigurationError, match="directory"):
        client.image.generate("a cat").save(folder)
    assert sorted(tmp_path.rglob("*")) == [folder, saved]
