"""Arguments of any type: sent as what they mean, or refused with one line of ours before anything is sent."""

from __future__ import annotations

import asyncio
import decimal
import io
import json
import mimetypes
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from typing import Any

import httpx
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pollinations_client import (
    UNSET,
    AsyncPollinations,
    ConfigurationError,
    NotFoundError,
    Pollinations,
    PollinationsError,
    models,
)
from pollinations_client._uploads import File, media_type, upload
from tests.client.conftest import Mocked, Serving
from tests.properties import examples

MESSAGES: list[Any] = [{"role": "user", "content": "Hi"}]


class Word(str, Enum):  # noqa: UP042 - as many programs still have it
    FLUX = "flux"


class Newer(StrEnum):
    FLUX = "flux"


class Bare(Enum):
    FLUX = "flux"


class Number(IntEnum):
    SEVEN = 7


class Loud(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "LOUD"


@pytest.fixture
def requests() -> list[httpx.Request]:
    return []


@pytest.fixture
def client(mocked: Mocked, requests: list[httpx.Request]) -> Pollinations:
    def handler(request: httpx.Request) -> httpx.Response:
        request.read()
        requests.append(request)
        return httpx.Response(404)

    return mocked(handler)


def sent(call: Callable[[], Any]) -> None:
    with pytest.raises(NotFoundError):
        call()


# -- members of enumerations and other subclasses --------------------------------------------------------------


@pytest.mark.parametrize("value", [Word.FLUX, Newer.FLUX, Bare.FLUX, Loud("flux")])
def test_member_of_an_enumeration_is_sent_as_its_value(
    client: Pollinations, requests: list[httpx.Request], value: Any
) -> None:
    sent(lambda: client.image.generate("x", model=value))
    sent(lambda: client.image.generate(value))
    sent(lambda: client.text.generate("x", extra_query={"several": [value, "b"]}))
    sent(lambda: client.audio.transcriptions.create(file=b"x", model=value))
    sent(lambda: client.chat.completions.create(messages=MESSAGES, model=value))
    sent(lambda: client.account.balance(extra_headers={"X-Model": value}))
    assert requests[0].url.query == b"model=flux"
    assert requests[1].url.path == "/image/flux"
    assert requests[2].url.query == b"several=flux&several=b"
    assert b'name="model"\r\n\r\nflux\r\n' in requests[3].content
    assert json.loads(requests[4].content)["model"] == "flux"
    assert requests[5].headers["x-model"] == "flux"


def test_numbers_and_instants_are_sent_as_they_are_written(
    client: Pollinations, requests: list[httpx.Request]
) -> None:
    values: dict[str, Any] = {
        "int": Number.SEVEN,
        "bool": True,
        "float": 0.5,
        "decimal": decimal.Decimal("1E+3"),
        "uuid": uuid.UUID(int=0),
        "day": date(2026, 1, 2),
        "instant": datetime(2026, 1, 2, 3, tzinfo=UTC),
    }
    sent(lambda: client.account.balance(extra_query=values))
    assert dict(requests[0].url.params) == {
        "int": "7",
        "bool": "true",
        "float": "0.5",
        "decimal": "1000",
        "uuid": "00000000-0000-0000-0000-000000000000",
        "day": "2026-01-02",
        "instant": "2026-01-02T03:00:00Z",
    }


@pytest.mark.parametrize(
    "value",
    [
        b"x",
        {"a": 1},
        object(),
        float("nan"),
        decimal.Decimal("inf"),
        datetime(2026, 1, 2),
        [["x"]],
        lambda: 1,
        10**5000,
        "\ud800",
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_no_parameter_can_be_is_refused_by_name(
    client: Pollinations, requests: list[httpx.Request], value: Any
) -> None:
    for call in (
        lambda: client.image.generate("x", model=value),
        lambda: client.audio.transcriptions.create(file=b"x", model=value),
    ):
        with pytest.raises(ConfigurationError, match="model") as caught:
            call()
        assert "\n" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="prompt"):
        client.image.generate(value)
    assert requests == []


# -- the nearer setting wins -------------------------------------------------------------------------------------


def test_nearer_parameter_wins(mocked: Mocked, requests: list[httpx.Request]) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(404)

    client = mocked(handler, default_query={"model": "a", "seed": 1, "b": "1"})
    sent(lambda: client.image.generate("x", model="b"))
    sent(lambda: client.image.generate("x", model="b", extra_query={"model": "c", "b": None}))
    sent(lambda: client.image.generate("x"))
    sent(lambda: client.with_options(default_query={"model": "d"}).image.generate("x"))
    assert [dict(request.url.params) for request in requests] == [
        {"model": "b", "seed": "1", "b": "1"},
        {"model": "c", "seed": "1", "b": "1"},
        {"model": "a", "seed": "1", "b": "1"},
        {"model": "d", "seed": "1", "b": "1"},
    ]
    assert all(request.url.query.count(b"model=") == 1 for request in requests)


def test_nearer_body_field_and_header_win(
    client: Pollinations, requests: list[httpx.Request]
) -> None:
    sent(
        lambda: client.with_options(default_headers={"X-A": "1"}).chat.completions.create(
            messages=MESSAGES, model="a", extra_body={"model": "b"}, extra_headers={"x-a": "2"}
        )
    )
    assert json.loads(requests[0].content)["model"] == "b"
    assert requests[0].headers.get_list("x-a") == ["2"]


def test_extra_fields_that_are_unset_are_not_sent(
    client: Pollinations, requests: list[httpx.Request]
) -> None:
    extra = {"model": UNSET, "voice": None}
    sent(lambda: client.chat.completions.create(messages=MESSAGES, model="a", extra_body=extra))
    assert json.loads(requests[0].content) == {"messages": MESSAGES, "voice": None}


def test_key_as_a_parameter_of_a_call_is_the_only_one(
    mocked: Mocked, requests: list[httpx.Request]
) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(404)

    client = mocked(handler, key_in_query=True, default_query={"key": "default-key-1"})
    sent(lambda: client.account.balance(extra_query={"key": "nearer-key-1"}))
    assert requests[0].url.query == b"key=nearer-key-1"


# -- JSON bodies ---------------------------------------------------------------------------------------------------


class Message(pydantic.BaseModel):
    role: str
    content: str
    name: str | None = None


def test_pydantic_objects_are_sent_as_their_fields(
    client: Pollinations, requests: list[httpx.Request]
) -> None:
    parameters = Message(role="x", content="y")
    tool: Any = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    history: Any = [Message(role="user", content="hi"), Message(role="assistant", content="ho")]
    sent(lambda: client.chat.completions.create(messages=history, tools=[tool]))
    body = json.loads(requests[0].content)
    assert body["messages"] == [
        {"role": "user", "content": "hi", "name": None},
        {"role": "assistant", "content": "ho"},
    ]
    assert body["tools"][0]["function"]["parameters"] == {"role": "x", "content": "y", "name": None}


def test_generators_sets_and_models_are_sent_as_lists_and_objects(
    client: Pollinations, requests: list[httpx.Request]
) -> None:
    history: Any = (one for one in [models.UserMessage(content="Hi"), {"role": "user"}])
    stop: Any = frozenset(["x"])
    sent(lambda: client.chat.completions.create(messages=history, stop=stop))
    assert json.loads(requests[0].content) == {
        "messages": [{"role": "user", "content": "Hi"}, {"role": "user"}],
        "stop": ["x"],
    }


class Nasty:
    def __iter__(self) -> Any:
        raise ZeroDivisionError

    def __str__(self) -> str:
        raise ZeroDivisionError


CIRCULAR: dict[str, Any] = {}
CIRCULAR["self"] = CIRCULAR


def nested(depth: int) -> Any:
    found: Any = []
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (decimal.Decimal(1), "Decimal"),
        (uuid.UUID(int=0), "UUID"),
        (Path("x"), "Path"),
        (b"x", "base64"),
        (object(), "object"),
        (Message, "the class Message has no form in JSON"),
        (float("inf"), "float"),
        ("\ud800", "surrogate"),
        (CIRCULAR, "Circular"),
        (nested(5000), "deep"),
        (Nasty(), "Nasty"),
        (datetime(2026, 1, 1), "time zone"),
        ({1, "x"}.__class__, "no form"),
        ({(1, 2): 3}, "keys"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_has_no_form_in_json_is_refused_by_name(
    client: Pollinations, requests: list[httpx.Request], value: Any, why: str
) -> None:
    with pytest.raises(ConfigurationError, match=why) as caught:
        client.chat.completions.create(messages=MESSAGES, user=value)
    assert "user" in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="messages"):
        client.chat.completions.create(messages=[{"role": "user", "content": value}])
    assert requests == []


# -- settings --------------------------------------------------------------------------------------------------------

SETTINGS: list[dict[str, Any]] = [
    {"api_key": 5},
    {"base_url": 5},
    {"media_base_url": b"https://x"},
    {"max_retries": "2"},
    {"max_retries": 1.5},
    {"max_retries": None},
    {"default_headers": [("a", "b")]},
    {"default_headers": {1: "b"}},
    {"default_query": [("a", "b")]},
    {"default_query": {1: "b"}},
    {"base_url": "https://ho\ud800st"},
    {"base_url": "https://h\x00st"},
]


@pytest.mark.parametrize("options", SETTINGS, ids=str)
def test_settings_of_the_wrong_type_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Pollinations(**options)


OPTIONS: list[dict[str, Any]] = [
    {"extra_headers": [("a", "b")]},
    {"extra_query": 5},
    {"extra_query": {1: 2}},
    {"extra_query": {"\ud800": 2}},
    {"extra_headers": {"x": None}},
    {"extra_body": [1]},
    {"max_retries": "1"},
    {"max_retries": -1},
    {"timeout": object()},
]


@pytest.mark.parametrize("options", OPTIONS, ids=range(len(OPTIONS)))
def test_options_of_the_wrong_type_are_refused(
    client: Pollinations, options: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        client.chat.completions.create(messages=MESSAGES, **options)
    assert caught.value.call == "client.chat.completions.create"


@pytest.mark.parametrize("given", [5, object(), httpx.AsyncClient()])
def test_http_client_of_the_wrong_kind_is_refused(given: Any) -> None:
    with pytest.raises(ConfigurationError, match="http_client"):
        Pollinations(api_key="sk_x", http_client=given).account.balance()


def test_synchronous_http_client_is_refused_by_the_asynchronous_client() -> None:
    async def run() -> None:
        with httpx.Client() as pool:
            await AsyncPollinations(api_key="sk_x", http_client=pool).account.balance()  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]

    with pytest.raises(ConfigurationError, match="AsyncClient"):
        asyncio.run(run())


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=5)
    | st.binary(max_size=3)
    | st.builds(object)
    | st.sampled_from(
        [Bare.FLUX, Nasty(), Nasty, CIRCULAR, decimal.Decimal("NaN"), date(2026, 1, 1)]
    ),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=2)
        | st.tuples(inner)
        | st.sets(st.integers(), max_size=2)
    ),
    max_leaves=5,
)
CALLS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "chat": lambda c, a, b: c.chat.completions.create(messages=a, model=b),
    "chat message": lambda c, a, b: c.chat.completions.create(
        messages=[{"role": "assistant", "content": a, "tool_calls": b}]
    ),
    "text": lambda c, a, b: c.text.generate(a, model=b),
    "image": lambda c, a, b: c.image.generate("x", width=a, extra_query=b),
    "usage": lambda c, a, b: c.account.usage(before=a, limit=b),
    "headers": lambda c, a, b: c.account.balance(extra_headers=a, timeout=b),
    "retries": lambda c, a, b: c.account.balance(max_retries=a, extra_query={"x": b}),
    "upload": lambda c, a, b: c.media.upload(a, filename=b),
    "upload form": lambda c, a, b: c.media.upload(b"x", form=a, content_type=b),
    "upload parts": lambda c, a, b: c.media.upload((a, b)),
    "transcription": lambda c, a, b: c.audio.transcriptions.create(file=b"x", model=a, prompt=b),
    "speech": lambda c, a, b: c.audio.speech.create(input=a, extra_body=b),
}


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=examples(60), deadline=None)
@given(first=ANY, second=ANY)
def test_any_arguments_are_sent_or_refused_with_an_error_of_ours(
    name: str, first: Any, second: Any
) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        request.read()
        return httpx.Response(404)

    with httpx.Client(transport=httpx.MockTransport(handler)) as pool:
        client = Pollinations(api_key="sk_x", http_client=pool, max_retries=0)
        with pytest.raises(PollinationsError) as caught:
            CALLS[name](client, first, second)
    assert str(caught.value).encode()
    assert "\n" not in str(caught.value)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.sampled_from(
        ["api_key", "base_url", "timeout", "max_retries", "default_headers", "default_query"]
    ),
    ANY,
)
def test_any_setting_is_taken_or_refused_with_an_error_of_ours(name: str, value: Any) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404)

    with httpx.Client(transport=httpx.MockTransport(handler)) as pool:
        options: dict[str, Any] = {"api_key": "sk_x", "max_retries": 0, name: value}
        with pytest.raises(PollinationsError):
            Pollinations(http_client=pool, **options).account.balance(max_retries=0)


# -- files -----------------------------------------------------------------------------------------------------------

TYPES = {
    "bee.webp": "image/webp",
    "bee.OGG": "audio/ogg",
    "bee.flac": "audio/flac",
    "bee.mkv": "video/x-matroska",
    "bee.m4a": "audio/mp4",
    "bee.mpga": "audio/mpeg",
    "bee.opus": "audio/ogg",
    "bee.webm": "video/webm",
    "bee.mp4": "video/mp4",
    "bee.png": "image/png",
    "bee.avif": "image/avif",
    "bee": None,
}


@pytest.mark.parametrize("name", TYPES)
def test_media_types_are_known_without_the_tables_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def unknown(*_: Any) -> tuple[None, None]:
        return (None, None)

    monkeypatch.setattr(mimetypes, "guess_type", unknown)
    assert media_type(name) == TYPES[name]
    assert File(b"x", name).content_type == (TYPES[name] or "application/octet-stream")


class WebUpload:
    """An upload as web frameworks hand it over: read with await, around an ordinary file."""

    def __init__(self, data: bytes) -> None:
        self.filename = "bee.webp"
        self.content_type = "image/webp"
        self.file = io.BytesIO(data)
        self.size = len(data)

    async def read(self, size: int = -1) -> bytes:
        return self.file.read(size)


class AsyncFile:
    """A file that can be read with await only."""

    name = "/some/where/bee.webp"

    def __init__(self, data: bytes) -> None:
        self.data = io.BytesIO(data)

    async def read(self, size: int = -1) -> bytes:
        await asyncio.sleep(0)
        return self.data.read(min(size, 7))


@pytest.mark.parametrize("form", ["multipart", "raw", "json"])
@pytest.mark.parametrize("make", [WebUpload, AsyncFile])
def test_file_with_an_asynchronous_read_is_uploaded(form: Any, make: Any) -> None:
    received: list[httpx.Request] = []

    async def handler(request: httpx.Request) -> httpx.Response:
        await request.aread()
        received.append(request)
        return httpx.Response(404)

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as pool:
            client = AsyncPollinations(api_key="sk_x", http_client=pool)
            with pytest.raises(NotFoundError):
                await client.media.upload(make(b"RIFF" * 20_000), form=form)

    asyncio.run(run())
    content = received[0].content
    if form == "json":
        import base64

        sent_file = json.loads(content)
        assert (sent_file["name"], sent_file["contentType"]) == ("bee.webp", "image/webp")
        assert base64.b64decode(sent_file["data"]) == b"RIFF" * 20_000
    else:
        assert b"RIFF" * 20_000 in content
        assert b"image/webp" in content or received[0].headers["content-type"] == "image/webp"


def test_asynchronous_file_in_a_synchronous_call(
    client: Pollinations, requests: list[httpx.Request]
) -> None:
    sent(lambda: client.media.upload(WebUpload(b"RIFF"), form="raw"))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert requests[0].content == b"RIFF"
    with pytest.raises(ConfigurationError, match="AsyncPollinations"):
        client.media.upload(AsyncFile(b"RIFF"), form="raw")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def test_file_that_grows_is_sent_up_to_the_size_it_had(serving: Serving, tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"x" * 100_000)
    for form in ("raw", "multipart", "json"):
        payload = upload(path, None, None, form)
        pieces = payload.open()
        first = next(pieces)
        with path.open("ab") as file:
            file.write(b"y" * 100_000)
        body = first + b"".join(pieces)
        assert len(body) == payload.size
        assert b"y" * 10 not in body
        path.write_bytes(b"x" * 100_000)


def test_file_that_shrinks_is_an_error(client: Pollinations, tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"x" * 200_000)
    payload = upload(path, None, None, "raw")
    pieces = payload.open()
    next(pieces)
    path.write_bytes(b"x")
    with pytest.raises(ConfigurationError, match="changed"):
        list(pieces)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_file_without_a_size_is_sent_whole(
    client: Pollinations, requests: list[httpx.Request]
) -> None:
    sent(lambda: client.media.upload("/proc/self/status", content_type="text/plain", form="raw"))
    assert b"Pid:" in requests[0].content
    assert int(requests[0].headers["content-length"]) == len(requests[0].content)


@pytest.mark.parametrize("form", ["raw", "multipart", "json"])
def test_file_object_past_its_end_is_empty(
    client: Pollinations, requests: list[httpx.Request], form: Any
) -> None:
    file = io.BytesIO(b"abc")
    file.seek(10)
    sent(lambda: client.media.upload(file, form=form))
    assert int(requests[0].headers["content-length"]) == len(requests[0].content)
    assert b"abc" not in requests[0].content


class BrokenFile(io.RawIOBase):
    def __init__(self, result: Any) -> None:
        self.result = result

    def read(self, size: int = -1, /) -> Any:
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


@pytest.mark.parametrize("result", [OSError("gone"), ZeroDivisionError(), "text", 5, [1]])
@pytest.mark.parametrize("form", ["raw", "multipart", "json"])
def test_file_that_cannot_be_read_is_refused(client: Pollinations, result: Any, form: Any) -> None:
    with pytest.raises(ConfigurationError, match="file"):
        client.media.upload(BrokenFile(result), form=form)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("form", ["raw", "multipart", "json"])
def test_file_that_gives_too_much_at_once_is_refused(client: Pollinations, form: Any) -> None:
    with pytest.raises(ConfigurationError, match="more bytes"):
        client.media.upload(BrokenFile(b"x" * 100_000), form=form)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def test_asynchronous_file_that_cannot_be_read_is_refused(
    async_client: AsyncPollinations,
) -> None:
    class Gone:
        async def read(self, size: int = -1) -> bytes:
            raise OSError("gone")

    async def run() -> None:
        async with async_client as client:
            await client.media.upload(Gone(), form="raw")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]

    with pytest.raises(ConfigurationError, match="file cannot be read: gone"):
        asyncio.run(run())


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "/", ".", "\ud800"])
def test_path_that_is_no_file_is_refused(client: Pollinations, path: str) -> None:
    with pytest.raises(ConfigurationError):
        client.media.upload(path)
