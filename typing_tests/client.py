"""What users of the client see as types. Checked by pyright and mypy, never executed."""

from pathlib import Path
from typing import Literal, assert_type

from pollinations_client import (
    APIStatusError,
    AsyncPollinations,
    AsyncStream,
    BadRequestError,
    Binary,
    Metadata,
    Pollinations,
    RateLimitError,
    Response,
    Stream,
    StreamedResponse,
    Text,
)
from pollinations_client.api.account import get_account_balance
from pollinations_client.api.chat import create_chat_completion
from pollinations_client.models import (
    AssistantMessage,
    Balance,
    ChatCompletion,
    ChatCompletionChunk,
    ChatMessageInput,
    ModelInfo,
    ModelList,
    TextPart,
    ToolCall,
    Transcription,
    Upload,
    UsageReport,
    UserMessage,
)

client = Pollinations()
Chunks = Stream[ChatCompletionChunk, ChatCompletion]
AsyncChunks = AsyncStream[ChatCompletionChunk, ChatCompletion]


def chat(stream: bool, options: dict[str, str]) -> None:
    create = client.chat.completions.create
    messages = [{"role": "user", "content": "Hi"}]
    assert_type(create(messages=messages), ChatCompletion)
    assert_type(create(messages=messages, stream=False), ChatCompletion)
    assert_type(create(messages=messages, stream=None), ChatCompletion)
    assert_type(create(messages=messages, stream=True), Chunks)
    assert_type(create(messages=messages, stream=stream), ChatCompletion | Chunks)
    create(messages=[UserMessage(content=[TextPart(text="Hi"), {"type": "new", "x": 1}])])
    create(
        messages=({"role": "system", "content": ""}, UserMessage(content="Hi")), model="new-model"
    )
    create(
        messages=[options], temperature=None, seed=1, stop=["a"], tools=[{"type": "google_search"}]
    )


def conversation() -> None:
    history: list[ChatMessageInput] = [UserMessage(content="Hi")]
    answer = client.chat.completions.create(messages=history)
    message = answer.choices[0].message
    assert_type(message, AssistantMessage)
    history.append(message)
    assert_type(message.content, str | None)
    assert_type(message.tool_calls, list[ToolCall] | None)
    assert_type(answer.usage.total_tokens, int)
    assert_type(answer.choices[0].finish_reason, str | None)


def streams() -> None:
    with client.chat.completions.create(messages=[], stream=True) as stream:
        for chunk in stream:
            assert_type(chunk, ChatCompletionChunk)
            assert_type(chunk.text, str)
        assert_type(stream.final(), ChatCompletion)
        assert_type(stream.snapshot(), ChatCompletion | None)


def content() -> None:
    text = client.text.generate("Hi")
    assert_type(text, Text)
    plain: str = text
    assert_type(plain.upper(), str)
    assert_type(client.text.generate("Hi", stream=True), Chunks)
    image = client.image.generate("a cat", width=512, model="flux", quality="high")
    assert_type(image, Binary)
    assert_type(image.save("cat.jpg"), Path)
    assert_type(client.audio.speech.create(input="Hi", voice="nova"), Binary)
    assert_type(client.media.upload(Path("a.png")), Upload)
    assert_type(client.media.upload(("a.png", b"", "image/png"), form="raw"), Upload)
    assert_type(client.media.head("0" * 16), Metadata)
    assert_type(client.media.exists("0" * 16), bool)


def chosen_by_an_argument(format: str, file: bytes) -> None:
    assert_type(client.account.usage(), UsageReport)
    assert_type(client.account.usage(format="json"), UsageReport)
    assert_type(client.account.usage(format="csv"), Text)
    assert_type(client.account.usage(format=format), UsageReport | Text)
    create = client.audio.transcriptions.create
    assert_type(create(file=file), Transcription)
    assert_type(create(file=file, response_format="verbose_json"), Transcription)
    assert_type(create(file=file, response_format="srt"), Text)


def lists() -> None:
    assert_type(client.models.list(), ModelList)
    assert_type(client.models.image(), list[ModelInfo])
    assert_type(client.models.image()[0].voices, list[str] | None)


def raw_and_streamed() -> None:
    raw = client.account.with_raw_response.balance()
    assert_type(raw, Response[Balance])
    assert_type(raw.parsed.balance, float)
    with client.image.with_streaming_response.generate("a cat", width=5) as response:
        assert_type(response, StreamedResponse)
        assert_type(response.save("cat.jpg"), Path)
    assert_type(get_account_balance.sync(client=client), Balance)
    assert_type(get_account_balance.sync_detailed(client=client), Response[Balance])
    create_chat_completion.sync(client=client, body={"messages": []})


def errors() -> None:
    try:
        client.account.balance()
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
    except BadRequestError as error:
        assert_type(error.field_errors, dict[str, list[str]])
    except APIStatusError as error:
        assert_type(error.status_code, int)
        assert_type(error.request_id, str | None)


async def asynchronous(stream: bool) -> None:
    async with AsyncPollinations(api_key="sk_…", timeout=5, max_retries=1) as c:
        messages = [{"role": "user", "content": "Hi"}]
        assert_type(await c.chat.completions.create(messages=messages), ChatCompletion)
        async with await c.chat.completions.create(messages=messages, stream=True) as chunks:
            assert_type(chunks, AsyncChunks)
            async for chunk in chunks:
                assert_type(chunk.text, str)
        either = await c.chat.completions.create(messages=messages, stream=stream)
        assert_type(either, ChatCompletion | AsyncChunks)
        assert_type(await c.image.generate("a cat"), Binary)
        assert_type(await c.account.with_raw_response.balance(), Response[Balance])
        async with c.image.with_streaming_response.generate("a cat") as response:
            assert_type(await response.save("cat.jpg"), Path)
            async for piece in response.iter_bytes():
                assert_type(piece, bytes)


def refused() -> None:
    # Each of these must be an error for the checkers, which complain when an ignore is not needed.
    client.chat.completions.create()  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.image.generate("a cat", width="wide")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.image.generate("a cat", widht=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    UserMessage()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    form: Literal["post"] = "post"
    client.media.upload(b"", form=form)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
