"""Every way a call can fail ends in its own error, and what may be repeated is repeated."""

from __future__ import annotations

import asyncio
import copy
import pickle
import random
import time
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any

import httpx
import pytest

from pollinations_client import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncPollinations,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    InternalServerError,
    InvalidResponseError,
    MissingKeyError,
    NotFoundError,
    PaymentRequiredError,
    PermissionDeniedError,
    Pollinations,
    PollinationsError,
    RateLimitError,
    RequestTimeoutError,
    RequestTooLargeError,
    UnsupportedMediaTypeError,
)
from pollinations_client._retries import MAX_RETRY_AFTER, retry_after
from pollinations_client.errors import ContentHashError, MissingFieldError, StreamTruncatedError
from tests.client.conftest import Mocked, Responding

MESSAGES = [{"role": "user", "content": "Hi"}]

BY_STATUS = {
    302: APIStatusError,
    400: BadRequestError,
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: RequestTimeoutError,
    413: RequestTooLargeError,
    415: UnsupportedMediaTypeError,
    418: APIStatusError,
    429: RateLimitError,
    500: InternalServerError,
    503: InternalServerError,
    520: InternalServerError,
    530: InternalServerError,
    599: InternalServerError,
}


@pytest.mark.parametrize("status", BY_STATUS)
def test_each_status_has_its_class(responding: Responding, status: int) -> None:
    body = {"status": status, "success": False, "error": {"code": "CODE", "message": "why"}}
    with pytest.raises(PollinationsError) as caught:
        responding(body, status, {"X-Request-Id": "id-1"}).account.balance()
    error = caught.value
    assert type(error) is BY_STATUS[status]
    assert isinstance(error, APIStatusError)
    assert (error.status_code, error.code, error.request_id) == (status, "CODE", "id-1")
    assert "id-1" in str(error)
    if status != 302:
        assert error.message == "why"


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (b"", "", "no reason (empty body)"),
        (b"error code: 1033", "text/plain", "error code: 1033"),
        (b"<html><head><TITLE>504: Gateway</TITLE></head></html>", "text/html", "504: Gateway"),
        (b"\xff\xfe\x00", "application/octet-stream", "\ufffd"),
        (b'{"error": "Invalid hash format"}', "application/json", "Invalid hash format"),
        (b'{"error": "Bad Request", "message": "400 no"}', "application/json", "400 no"),
        (b'"{\\"error\\":{\\"message\\":\\"inner\\"}}"', "application/json", "inner"),
        (b'{"error":{"message":"{\\"error\\":\\"teapot\\"}"}}', "application/json", "teapot"),
        (
            b'{"error":{"message":"{\\"message\\":\\"outer\\",\\"details\\":{\\"error\\":'
            b'{\\"message\\":\\"cause\\"}}}"}}',
            "application/json",
            "cause",
        ),
        (b"[1, 2]", "application/json", "[1, 2]"),
        (b"null", "application/json", "null"),
        (b"{" * 100_000, "application/json", "{{{"),
    ],
)
def test_any_body_is_kept_and_accounted_for(
    responding: Responding, body: bytes, kind: str, message: str
) -> None:
    with pytest.raises(InternalServerError) as caught:
        responding(body, 500, {"content-type": kind}).account.balance()
    assert caught.value.body == body
    assert message in caught.value.message
    assert len(str(caught.value)) < 700


def test_field_errors_of_a_refused_request(responding: Responding) -> None:
    details = {
        "name": "ValidationError",
        "formErrors": ["whole"],
        "fieldErrors": {"messages": ["Invalid input"]},
    }
    error = {"code": "BAD_REQUEST", "message": "JSON body validation failed", "details": details}
    with pytest.raises(BadRequestError) as caught:
        responding({"status": 400, "error": error}, 400).account.balance()
    assert caught.value.field_errors == {"messages": ["Invalid input"]}
    assert caught.value.form_errors == ["whole"]
    assert "messages: Invalid input" in str(caught.value)


@pytest.mark.parametrize("details", [None, [], {"fieldErrors": 1}, {"fieldErrors": {"a": "one"}}])
def test_odd_details_do_not_hide_the_error(responding: Responding, details: Any) -> None:
    body = {"error": {"code": "BAD_REQUEST", "message": "no", "details": details}}
    with pytest.raises(BadRequestError) as caught:
        responding(body, 400).account.balance()
    assert all(isinstance(texts, list) for texts in caught.value.field_errors.values())


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"", {"content-type": "application/json"}),
        (b"<html></html>", {"content-type": "text/html"}),
        (b'{"balance": 1', {"content-type": "application/json"}),
        (b"[]", {"content-type": "application/json"}),
        (b"null", {"content-type": "application/json"}),
        (b"{}", {"content-type": "application/json"}),
        (b"1" * 5000, {"content-type": "application/json"}),
        (b"[" * 100_000, {"content-type": "application/json"}),
        (b"\xff", {"content-type": "application/json"}),
    ],
)
def test_success_that_does_not_fit_is_its_own_error(
    responding: Responding, body: bytes, headers: dict[str, str]
) -> None:
    with pytest.raises(InvalidResponseError) as caught:
        responding(body, 200, headers).account.balance()
    assert caught.value.body == body
    assert caught.value.status_code == 200


@pytest.mark.parametrize("depth", [250, 900, 100_000])
@pytest.mark.parametrize("form", ['{{"balance": 1, "odd": {}}}', "{}", '{{"balance": {}}}'])
def test_json_nested_too_deeply_is_an_error(responding: Responding, depth: int, form: str) -> None:
    for opened, shut in ("[", "]"), ('{"a":', "}"):
        deep = form.format(opened * depth + "1" + shut * depth).encode()
        headers = {"content-type": "application/json"}
        with pytest.raises(InvalidResponseError, match="nested") as caught:
            responding(deep, headers=headers).account.balance()
        assert caught.value.body == deep
        with pytest.raises(BadRequestError):
            responding(deep, 400, headers).account.balance()


def test_brackets_in_texts_are_no_nesting(responding: Responding) -> None:
    odd = ["[", "]]", "{" * 500, '"[{', "\\"] * 300
    found = responding({"balance": 1, "odd": odd}).account.balance()
    assert found["odd"] == odd


@pytest.mark.parametrize("kind", ["text/html", "application/json", ""])
def test_page_instead_of_an_image_is_not_an_image(responding: Responding, kind: str) -> None:
    with pytest.raises(InvalidResponseError, match="image/jpeg"):
        responding(b"{}", 200, {"content-type": kind}).image.generate("a cat")


def test_errors_survive_pickling_and_copying(responding: Responding) -> None:
    body = {"error": {"code": "BAD_REQUEST", "message": "no"}}
    errors: list[Exception] = [
        ContentHashError("a" * 64, "b"),
        MissingFieldError("Model", "id"),
        StreamTruncatedError("cut", partial={"a": 1}),
    ]
    for status in (302, 400, 429):
        with pytest.raises(APIStatusError) as caught:
            responding(body, status, {"Retry-After": "3"}).account.balance()
        errors.append(caught.value)
    with pytest.raises(InvalidResponseError) as unfit:
        responding([]).account.balance()
    errors.append(unfit.value)
    for error in errors:
        for twin in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
            assert type(twin) is type(error)
            assert str(twin) == str(error)
            assert vars(twin) == vars(error)


# -- retries -----------------------------------------------------------------------------------------


class Script:
    """Answers with a list of statuses or exceptions, the last one for ever, and counts."""

    def __init__(
        self, *steps: int | type[httpx.TransportError], headers: Mapping[str, str] | None = None
    ) -> None:
        self.steps = steps
        self.headers = dict(headers or {})
        self.count = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        step = self.steps[min(self.count, len(self.steps) - 1)]
        self.count += 1
        if isinstance(step, int):
            if step == 200:
                return httpx.Response(200, json={"balance": 1, "choices": [], "id": "x"})
            return httpx.Response(step, headers=self.headers, json={"error": "no"})
        raise step("lost", request=request)

    async def asynchronous(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self(request)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record pauses instead of making them."""
    from pollinations_client import _calls  # pyright: ignore[reportPrivateUsage]

    pauses: list[float] = []

    async def sleep(_: Any, delay: float) -> None:
        pauses.append(delay)

    for io in (_calls.SyncIO, _calls.AsyncIO):
        monkeypatch.setattr(io, "sleep", staticmethod(sleep))
    return pauses


FREE = "free"
PAID_GET = "paid GET"
PAID_POST = "paid POST"
CALLS: dict[str, Callable[[Any], Any]] = {
    FREE: lambda c: c.account.balance(),
    PAID_GET: lambda c: c.image.generate("a cat"),
    PAID_POST: lambda c: c.chat.completions.create(messages=MESSAGES),
}
RETRIED: list[tuple[int | type[httpx.TransportError], set[str]]] = [
    (httpx.ConnectError, {FREE, PAID_GET, PAID_POST}),
    (httpx.ConnectTimeout, {FREE, PAID_GET, PAID_POST}),
    (httpx.PoolTimeout, {FREE, PAID_GET, PAID_POST}),
    (httpx.ReadTimeout, {FREE}),
    (httpx.WriteError, {FREE}),
    (httpx.ReadError, {FREE}),
    (httpx.RemoteProtocolError, {FREE}),
    (408, {FREE, PAID_GET, PAID_POST}),
    (429, {FREE, PAID_GET, PAID_POST}),
    (500, {FREE, PAID_GET}),
    (502, {FREE, PAID_GET}),
    (503, {FREE, PAID_GET}),
    (524, {FREE, PAID_GET}),
    (501, set()),
    (400, set()),
    (401, set()),
    (402, set()),
    (404, set()),
]


@pytest.mark.parametrize("failure", [pytest.param(step, id=str(step)) for step, _ in RETRIED])
@pytest.mark.parametrize("kind", CALLS)
def test_only_what_is_safe_is_repeated(
    mocked: Mocked, kind: str, failure: int | type[httpx.TransportError]
) -> None:
    script = Script(failure)
    with pytest.raises(PollinationsError):
        CALLS[kind](mocked(script, max_retries=2))
    assert script.count == (3 if kind in dict(RETRIED)[failure] else 1)


@pytest.mark.parametrize("failure", [pytest.param(step, id=str(step)) for step, _ in RETRIED])
@pytest.mark.parametrize("kind", CALLS)
def test_only_what_is_safe_is_repeated_asynchronously(
    kind: str, failure: int | type[httpx.TransportError]
) -> None:
    script = Script(failure)

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(script.asynchronous)) as pool:
            client = AsyncPollinations(api_key="sk_x", http_client=pool)
            with pytest.raises(PollinationsError):
                await CALLS[kind](client)

    asyncio.run(run())
    assert script.count == (3 if kind in dict(RETRIED)[failure] else 1)


def test_paid_post_is_repeated_after_503_when_told_when(mocked: Mocked) -> None:
    script = Script(503, 200, headers={"Retry-After": "1"})
    CALLS[PAID_POST](mocked(script, max_retries=2))
    assert script.count == 2


def test_paid_calls_are_repeated_on_request(mocked: Mocked) -> None:
    script = Script(httpx.ReadError, 500, 200)
    CALLS[PAID_POST](mocked(script, max_retries=2, retry_paid=True))
    assert script.count == 3
    script = Script(httpx.ReadError, 200)
    CALLS[PAID_POST](mocked(script, max_retries=2).with_options(retry_paid=True))
    assert script.count == 2


def test_retries_stop_at_success_and_can_be_set_for_a_call(mocked: Mocked) -> None:
    script = Script(500, 200)
    client = mocked(script, max_retries=5)
    assert client.account.balance().balance == 1
    assert script.count == 2
    script = Script(500)
    with pytest.raises(InternalServerError):
        mocked(script, max_retries=5).account.balance(max_retries=1)
    assert script.count == 2


def test_pauses_grow_with_jitter_and_keep_to_retry_after(
    mocked: Mocked, quick: list[float]
) -> None:
    with pytest.raises(InternalServerError):
        mocked(Script(500), max_retries=8).account.balance()
    for attempt, pause in enumerate(quick):
        whole = min(8.0, 0.5 * 2**attempt)
        assert whole / 2 <= pause <= whole
    assert len(set(quick)) == 8
    quick.clear()
    with pytest.raises(RateLimitError) as caught:
        mocked(Script(429, headers={"Retry-After": "7"}), max_retries=2).account.balance()
    assert caught.value.retry_after == 7
    assert [7 <= pause <= 7.2 for pause in quick] == [True, True]
    quick.clear()
    with pytest.raises(RateLimitError) as long:
        mocked(Script(429, headers={"Retry-After": "61"}), max_retries=2).account.balance()
    assert long.value.retry_after == 61 > MAX_RETRY_AFTER
    assert quick == []


@pytest.mark.parametrize(("drawn", "share"), [(0.0, 0.5), (1.0, 1.0)])
def test_pauses_are_between_half_and_all_of_their_length(
    monkeypatch: pytest.MonkeyPatch, drawn: float, share: float
) -> None:
    from pollinations_client._retries import pause
    from pollinations_client.api.account.get_account_balance import OPERATION

    monkeypatch.setattr(random, "random", lambda: drawn)
    lost = APIConnectionError("lost")
    pauses = [pause(OPERATION, lost, attempt, False) for attempt in (0, 1, 2, 3, 4, 5, 5000)]
    assert pauses == [whole * share for whole in (0.5, 1, 2, 4, 8, 8, 8)]
    for wait, longer in [(0.5, 0.05), (7.0, 0.1), (60.0, 0.1)]:
        limited = RateLimitError(status_code=429, headers={}, body=b"", retry_after=wait)
        assert pause(OPERATION, limited, 0, False) == wait + longer * drawn


def test_retry_after_is_read_in_both_forms() -> None:
    now = 1_700_000_000.0
    assert retry_after({"retry-after": "120"}, now) == 120
    assert retry_after({"retry-after": " 0.5 "}, now) == 0.5
    assert retry_after({"retry-after": formatdate(now + 30, usegmt=True)}, now) == 30
    assert retry_after({"retry-after": formatdate(now - 30, usegmt=True)}, now) == 0
    for unreadable in ("", "soon", "-1", "١", "1e9", "9" * 400, "Fri, 99 Foo 2026 99:99:99 GMT"):
        assert retry_after({"retry-after": unreadable}, now) is None


def test_connection_errors_tell_whether_anything_was_sent(mocked: Mocked) -> None:
    for failure, nothing_sent in [(httpx.ConnectError, True), (httpx.ReadError, False)]:
        with pytest.raises(APIConnectionError) as caught:
            mocked(Script(failure)).account.balance()
        assert caught.value.nothing_sent is nothing_sent
    with pytest.raises(APITimeoutError) as timeout:
        mocked(Script(httpx.ReadTimeout)).account.balance()
    assert isinstance(timeout.value, TimeoutError)


# -- what is refused before anything is sent ------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": "gen.pollinations.ai"},
        {"base_url": "ftp://gen.pollinations.ai"},
        {"base_url": "https://user:hunter2@gen.pollinations.ai"},
        {"base_url": "https://gen.pollinations.ai?x=1"},
        {"base_url": "http://[::1"},
        {"base_url": "http://host:99999"},
        {"base_url": "https://"},
        {"media_base_url": "https://a b"},
        {"default_headers": {"X-A": "sk_line\nbreak"}},
        {"default_headers": {"X-A\n": "a"}},
        {"api_key": "sk_line\nbreak"},
        {"api_key": "sk_ü"},
        {"max_retries": -1},
    ],
)
def test_unusable_settings_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Pollinations(**options)
    assert "sk_" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_key_comes_from_the_environment_or_is_requested(
    monkeypatch: pytest.MonkeyPatch, responding: Responding, mocked: Mocked
) -> None:
    monkeypatch.delenv("POLLINATIONS_API_KEY", raising=False)
    with pytest.raises(MissingKeyError, match="POLLINATIONS_API_KEY"):
        responding({"balance": 1}, api_key=None).account.balance()
    assert responding({"object": "list", "data": []}, api_key=None).models.list().data == []
    monkeypatch.setenv("POLLINATIONS_API_KEY", "sk_environment\n")
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={"balance": 1})

    mocked(handler, api_key=None).account.balance()
    assert seen == ["Bearer sk_environment"]


def test_media_needs_its_own_address_when_the_gateway_is_another() -> None:
    with pytest.raises(ConfigurationError, match="media_base_url"):
        Pollinations(api_key="sk_x", base_url="http://127.0.0.1:1").media.retrieve("0" * 16)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), "5"])
def test_timeouts_that_are_none_are_refused(responding: Responding, timeout: Any) -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        responding({"balance": 1}).account.balance(timeout=timeout)
    with pytest.raises(ConfigurationError, match="timeout"):
        responding({"balance": 1}, timeout=timeout).account.balance()


HEADERS = [{"X": "é"}, {"X": "a\r\nB: c"}, {"X": 1}, {"X:": "a"}, {"": ""}]


@pytest.mark.parametrize("headers", HEADERS)
def test_headers_that_cannot_be_sent_are_refused(responding: Responding, headers: Any) -> None:
    with pytest.raises(ConfigurationError, match="header"):
        responding({"balance": 1}).account.balance(extra_headers=headers)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), object(), "\ud800", {1, 2, object()}, b"x", [b"x"]]
)
def test_arguments_that_are_not_json_are_refused(responding: Responding, value: Any) -> None:
    with pytest.raises(ConfigurationError):
        responding().chat.completions.create(messages=MESSAGES, user=value)


def test_closed_client_says_so() -> None:
    client = Pollinations(api_key="sk_x")
    client.close()
    with pytest.raises(ConfigurationError, match="closed"):
        client.account.balance()


# -- the zoo -------------------------------------------------------------------------------------------

ZOO: dict[str, type[PollinationsError]] = {
    "edge-524": InternalServerError,
    "edge-530": InternalServerError,
    "edge-502-html": InternalServerError,
    "edge-504-html": InternalServerError,
    "edge-403-html": PermissionDeniedError,
    "edge-429": RateLimitError,
    "limited-date": RateLimitError,
    "limited-short": RateLimitError,
    "maintenance": InternalServerError,
    "balance-unknown": InternalServerError,
    "relayed-400": BadRequestError,
    "relayed-418": APIStatusError,
    "relayed-502": InternalServerError,
    "unexpected-500": InternalServerError,
    "json-in-a-string": InternalServerError,
    "usage-failed": InternalServerError,
    "empty-error": InternalServerError,
    "empty-answer": InvalidResponseError,
    "html-answer": InvalidResponseError,
    "redirect-elsewhere": APIStatusError,
    "array-answer": InvalidResponseError,
    "broken-json": InvalidResponseError,
    "reset-at-once": APIConnectionError,
    "reset-in-body": APIConnectionError,
    "slow-first-byte": APITimeoutError,
}


@pytest.mark.parametrize("fault", ZOO)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_faults_of_the_service_end_in_their_error_in_time(
    client: Pollinations, async_client: AsyncPollinations, fault: str, asynchronous: bool
) -> None:
    options: dict[str, Any] = {
        "messages": MESSAGES,
        "seed": -1,
        "extra_headers": {"X-Contract-Fault": fault},
        "timeout": 0.5,
        "max_retries": 1,
    }

    async def run() -> None:
        async with async_client as c:
            await c.chat.completions.create(**options)

    start = time.monotonic()

    def go() -> None:
        if asynchronous:
            asyncio.run(run())
        else:
            client.chat.completions.create(**options)

    with pytest.raises(PollinationsError) as caught:
        go()
    assert type(caught.value) is ZOO[fault]
    assert time.monotonic() - start < 3


def test_every_fault_is_covered() -> None:
    from pollinations_conformance.server.faults import faults

    harmless = {"slow-body", "split-bytes", "split-characters"}
    streams = {name for name in faults() if name.startswith("stream-")}
    assert set(faults()) - streams - harmless == set(ZOO)
