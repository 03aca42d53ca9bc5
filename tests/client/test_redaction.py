"""A key that a server sends back, in whatever disguise, appears in no error and in nothing made of one."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pollinations_client import Pollinations, PollinationsError
from pollinations_client._secrets import Redactor, Secret
from tests.client.conftest import KEY
from tests.properties import examples

MESSAGES = [{"role": "user", "content": "Hi"}]


def in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


DISGUISES: dict[str, Callable[[str], str]] = {
    "as it is": lambda key: key,
    "unicode escapes": lambda key: "".join(f"\\u{ord(letter):04x}" for letter in key),
    "some escapes": lambda key: key.replace("a", "\\u0061").replace("C", "\\u0043"),
    "upper case escapes": lambda key: key.replace("k", "\\u006B").replace("_", "\\u005F"),
    "twice escaped": lambda key: in_json("".join(f"\\u{ord(letter):04x}" for letter in key)),
    "percent-encoded": lambda key: "".join(f"%{ord(letter):02X}" for letter in key),
    "partly percent-encoded": lambda key: key.replace("a", "%61").replace("_", "%5f"),
    "twice percent-encoded": lambda key: quote("".join(f"%{ord(letter):02x}" for letter in key)),
    "HTML entities": lambda key: "".join(f"&#{ord(letter)};" for letter in key),
}
KINDS = [
    "status",
    "status text",
    "header",
    "success",
    "content type",
    "event",
    "named event",
    "broken event",
    "truncated",
    "hash",
    "lost",
]


def responding(kind: str, shown: str) -> httpx.Response:
    events = {"content-type": "text/event-stream"}
    chunk = f'{{"choices":[{{"delta":{{"content":"{shown}"}}}}],"x":"{shown}"}}'
    if kind == "status":
        details = f'{{"fieldErrors":{{"a":["{shown}"]}}}}'
        error = f'{{"code":"{shown}","message":"no: {shown}","details":{details}}}'
        return httpx.Response(400, content=f'{{"error":{error}}}'.encode())
    if kind == "status text":
        return httpx.Response(502, text=f"<title>{shown}</title>")
    if kind == "header":
        headers = {"x-request-id": shown, "location": f"/?key={shown}", "www-authenticate": shown}
        return httpx.Response(401, headers=headers)
    if kind == "success":
        return httpx.Response(200, content=f'["{shown}"]'.encode(), headers={"x-a": shown})
    if kind == "content type":
        return httpx.Response(200, headers={"content-type": f"x/{shown}"}, content=b"x")
    bodies = {
        "event": f'data: {chunk}\n\ndata: {{"error":{{"message":"{shown}"}}}}\n\n',
        "named event": f'data: {chunk}\n\nevent: error\ndata: {{"message":"{shown}"}}\n\n',
        "broken event": f"data: {chunk}\n\ndata: {{{shown}\n\n",
        "truncated": f"data: {chunk}\n\n",
    }
    if kind in bodies:
        return httpx.Response(200, headers=events, content=bodies[kind].encode())
    if kind == "hash":
        stored = f'{{"id":"{shown}","url":"u","contentType":"c","size":1,"duplicate":false}}'
        headers = {"content-type": "application/json"}
        return httpx.Response(200, headers=headers, content=stored.encode())
    raise httpx.ReadError(shown)


def call(client: Pollinations, kind: str) -> Any:
    if kind == "hash":
        return client.media.upload(b"x", verify=True)
    if "event" in kind or kind == "truncated":
        return client.chat.completions.create(messages=MESSAGES, stream=True).final()
    return client.account.balance()


def everything(error: BaseException) -> list[str]:
    partial = getattr(error, "partial", None)
    return [
        str(error),
        repr(error),
        repr(vars(error)),
        repr(partial),
        repr(partial.to_dict() if partial is not None else None),
        repr(pickle.loads(pickle.dumps(error))),
        pickle.dumps(error).decode("latin-1"),
        repr(vars(copy.deepcopy(error))),
        repr([error.__cause__, error.__context__]),
        "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()),
    ]


def uncovered(text: str) -> str:
    """Take the layers off that a reader could take off as well."""
    import html
    from urllib.parse import unquote

    for _ in range(3):
        text = html.unescape(unquote(text))
        for letter in KEY:
            for code in (f"\\u{ord(letter):04x}", f"\\u{ord(letter):04X}"):
                text = text.replace(code, letter)
        text = text.replace("\\", "")
    return text


GIVEN: dict[str, dict[str, Any]] = {
    "key": {"api_key": KEY},
    "bearer": {"default_headers": {"Authorization": f"Bearer {KEY}"}},
    "header": {"default_headers": {"authorization": KEY}},
    "query": {"default_query": {"key": KEY}},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("given_as", GIVEN)
def test_key_sent_back_appears_in_no_error(kind: str, disguise: str, given_as: str) -> None:
    transport = httpx.MockTransport(lambda _: responding(kind, DISGUISES[disguise](KEY)))
    with httpx.Client(transport=transport) as pool:
        client = Pollinations(http_client=pool, max_retries=0, **GIVEN[given_as])
        with pytest.raises(PollinationsError) as caught:
            call(client, kind)
    for text in everything(caught.value):
        assert KEY not in text
        assert KEY not in uncovered(text)


def test_key_in_pieces_appears_in_no_partial_response() -> None:
    pieces = [
        json.dumps({"choices": [{"delta": {"content": text}}]}) for text in (KEY[:9], KEY[9:])
    ]
    body = "".join(f"data: {piece}\n\n" for piece in pieces)
    events = {"content-type": "text/event-stream"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=events, text=body))
    with httpx.Client(transport=transport) as pool:
        client = Pollinations(http_client=pool, api_key=KEY)
        with pytest.raises(PollinationsError) as caught:
            client.chat.completions.create(messages=MESSAGES, stream=True).final()
    assert not [text for text in everything(caught.value) if KEY in text]


@pytest.mark.parametrize("before", ["", "x", "xx", "Bearer "])
def test_key_is_hidden_in_base64_and_hex(before: str) -> None:
    redact = Redactor(Secret(KEY)).text
    whole = (before + KEY + "y").encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        start, hidden, end = redact(encode(whole).decode()).partition("[api key]")
        assert hidden
        # What is left are the bytes around the key, and at most two of its own at either end.
        assert len(start) <= len(before) * 4 / 3 + 3
        assert len(end) <= 7
    assert redact(whole.hex()) == f"{before.encode().hex()}[api key]{b'y'.hex()}"
    assert redact(whole.hex().upper()).endswith("[api key]79")


@pytest.mark.parametrize("given_as", GIVEN)
def test_settings_of_a_client_do_not_show_the_key(given_as: str) -> None:
    client = Pollinations(**GIVEN[given_as])
    for shown in (client, client.with_options(max_retries=0)):
        assert KEY not in repr(vars(shown.core)) + repr(shown.core.default_headers)


@settings(max_examples=examples(200), deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40))
def test_any_key_is_hidden_in_the_forms_that_json_and_urls_give_it(key: str) -> None:
    redactor = Redactor(Secret(key))
    for shown in (
        key,
        json.dumps(key),
        json.dumps([json.dumps(key)]),
        quote(key, safe=""),
        key.lower(),
        key.upper(),
    ):
        assert key not in redactor.text(f"before {shown} after")
        assert "[api key]" in redactor.text(f"before {shown} after")


@given(st.text(st.characters(), max_size=50))
def test_what_holds_no_key_is_left_as_it_is(text: str) -> None:
    assert Redactor(Secret(KEY)).text(text) == text
    assert Redactor().text(text) == text


@pytest.mark.parametrize("filler", ["\\", "%25", "s", "&#", "\\u0073", KEY[:-1]])
def test_hiding_takes_linear_time(filler: str) -> None:
    import time

    secret = Secret(KEY)
    data = (filler * (300_000 // len(filler)) + "\\").encode()
    start = time.process_time()
    secret.hide(data)
    assert time.process_time() - start < 3


@pytest.mark.parametrize("status", [200, 400])
def test_message_can_be_printed_anywhere(status: int) -> None:
    nasty = "\\ud800 \\u001b]0;owned\\u0007 \\u202e \\n::stop-commands:: \\u0000 ü 日本 👩‍🚀"
    body = f'{{"error":{{"message":"{nasty}","code":"X"}}}}'.encode()
    stream = b"data: " + body + b"\n\n"
    transport = httpx.MockTransport(
        lambda _: (
            httpx.Response(400, content=body)
            if status == 400
            else httpx.Response(200, headers={"content-type": "text/event-stream"}, content=stream)
        )
    )
    with httpx.Client(transport=transport) as pool:
        client = Pollinations(api_key=KEY, http_client=pool)
        with pytest.raises(PollinationsError) as caught:
            client.chat.completions.create(messages=MESSAGES, stream=True).final()
    for text in (str(caught.value), getattr(caught.value, "message", "")):
        text.encode()
        assert not set(text) & set("\x1b\x07\x00\n\u202e")
    assert "ü 日本 👩‍🚀" in str(caught.value)
