"""Adding up the chunks of a stream: every dialect, every cutting, and anything else that is JSON."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pollinations_client import PollinationsError
from pollinations_client._assembly import Assembler, assemble
from pollinations_client._json import is_array, is_object
from tests.client.conftest import Responding

FOLDER = Path(__file__).parents[3] / "shared" / "recordings"
MESSAGES = [{"role": "user", "content": "Hi"}]
SSE = {"content-type": "text/event-stream; charset=utf-8"}


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": None}]}


def message(*chunks: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = assemble(list(chunks))["choices"][0]["message"]
    return found


def call(index: int | None, id: str | None, name: str | None, arguments: str) -> dict[str, Any]:
    piece: dict[str, Any] = {"type": "function", "function": {"name": name, "arguments": arguments}}
    if index is not None:
        piece["index"] = index
    return {**piece, "id": id}


# -- one kind each ---------------------------------------------------------------------------------------


def test_two_ids_under_one_index_are_two_calls() -> None:
    calls = [
        call(0, "a", "weather", '{"city":"Bonn"}'),
        call(0, "b", "time", '{"tz":"UTC"}'),
    ]
    for chunks in ([delta(tool_calls=calls)], [delta(tool_calls=[one]) for one in calls]):
        assert message(*chunks)["tool_calls"] == [
            {
                "id": "a",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"city":"Bonn"}'},
            },
            {
                "id": "b",
                "type": "function",
                "function": {"name": "time", "arguments": '{"tz":"UTC"}'},
            },
        ]


def test_pieces_go_to_the_call_whose_id_they_carry() -> None:
    found = message(
        delta(tool_calls=[call(0, "a", "f", "{"), call(0, "b", "g", "[")]),
        delta(tool_calls=[call(0, "a", None, "}")]),
        delta(tool_calls=[call(0, "b", None, "]")]),
    )
    assert [one["function"]["arguments"] for one in found["tool_calls"]] == ["{}", "[]"]


@pytest.mark.parametrize("id", [None, ""])
def test_calls_without_ids_are_distinguished_by_their_names(id: str | None) -> None:
    whole = [call(0, id, "weather", "{}"), call(0, id, "weather", "[]"), call(0, id, "time", "{}")]
    found = message(delta(tool_calls=whole))
    assert [one["function"]["arguments"] for one in found["tool_calls"]] == ["{}", "[]", "{}"]


def test_one_id_under_two_indices_is_two_calls() -> None:
    found = message(
        delta(tool_calls=[call(0, "call", "f", "{")]),
        delta(tool_calls=[call(1, "call", "g", "[")]),
        delta(tool_calls=[call(0, None, None, "}")]),
        delta(tool_calls=[call(1, None, None, "]")]),
    )
    assert [one["function"]["arguments"] for one in found["tool_calls"]] == ["{}", "[]"]


def test_repeated_id_and_name_are_one_call() -> None:
    found = message(
        delta(tool_calls=[call(0, "a", "f", "{")]), delta(tool_calls=[call(0, "a", "f", "}")])
    )
    assert found["tool_calls"] == [
        {"type": "function", "id": "a", "function": {"name": "f", "arguments": "{}"}}
    ]


def test_empty_values_never_replace_known_ones() -> None:
    found = message(
        delta(role="assistant", content="Hi", name="bee"),
        delta(tool_calls=[{"index": 0, "id": "c1", **call(None, "c1", "weather", "")}]),
        delta(tool_calls=[{**call(0, "", "", '{"a"'), "type": ""}], role="", content="", name=""),
        delta(tool_calls=[{**call(0, "", "", ":1}"), "type": ""}], role=None, content=None),
        delta(tool_calls=[{"index": 0, "function": None}], name=None),
    )
    assert found == {
        "role": "assistant",
        "content": "Hi",
        "name": "bee",
        "tool_calls": [
            {
                "id": "c1",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"a":1}'},
            }
        ],
    }


def test_empty_type_of_a_content_block_does_not_replace_a_known_one() -> None:
    found = message(
        delta(content_blocks=[{"index": 0, "type": "thinking", "delta": {"thinking": "h"}}]),
        delta(content_blocks=[{"index": 0, "type": "", "delta": {"thinking": "m", "type": ""}}]),
        delta(content_blocks=[{"index": 1, "delta": {"text": "Yes"}}]),
        delta(content_blocks=[{"index": 0, "type": None, "delta": None}]),
    )
    assert found["content_blocks"] == [
        {"type": "thinking", "thinking": "hm"},
        {"text": "Yes", "type": "text"},
    ]


def test_call_whose_type_was_never_sent_is_a_function() -> None:
    piece = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    assert message(delta(tool_calls=[piece]))["tool_calls"][0]["type"] == "function"


def test_content_as_a_list_of_parts_is_joined() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:,"}}
    found = message(
        delta(content=[{"type": "text", "text": "Hel"}]),
        delta(content=[{"type": "text", "text": "lo"}, image]),
        delta(content=None),
        delta(content=[image, {"type": "text", "text": "!"}]),
        delta(content=[]),
    )
    assert found["content"] == [
        {"type": "text", "text": "Hello"},
        image,
        image,
        {"type": "text", "text": "!"},
    ]


def test_content_parts_with_an_index_are_joined_by_it() -> None:
    found = message(
        delta(content=[{"index": 0, "type": "text", "text": "a"}]),
        delta(content=[{"index": 1, "type": "text", "text": "b"}]),
        delta(content=[{"index": 0, "text": "c"}, {"index": 1, "text": "d"}]),
    )
    assert found["content"] == [{"type": "text", "text": "ac"}, {"type": "text", "text": "bd"}]


def test_content_as_text_and_as_parts_adds_up() -> None:
    parts = [{"type": "text", "text": "lo"}]
    assert message(delta(content="Hel"), delta(content=parts))["content"] == [
        {"type": "text", "text": "Hello"}
    ]
    assert message(delta(content=parts), delta(content="!"))["content"] == [
        {"type": "text", "text": "lo!"}
    ]


def test_lists_that_are_left_out_around_a_single_item_are_understood() -> None:
    text = {"type": "text", "text": "Hel"}
    assert message(delta(content=text), delta(content={**text, "text": "lo"}))["content"] == [
        {"type": "text", "text": "Hello"}
    ]
    assert message(delta(content="Hel"), delta(content={**text, "text": "lo"}))["content"] == [
        {"type": "text", "text": "Hello"}
    ]
    call = {"index": 0, "id": "a", "function": {"name": "weather", "arguments": "{"}}
    rest = {"index": 0, "function": {"arguments": "}"}}
    found = message(delta(tool_calls=call), delta(tool_calls=rest))["tool_calls"]
    assert [each["function"]["arguments"] for each in found] == ["{}"]


def test_text_of_a_chunk_with_parts(responding: Responding) -> None:
    chunks: list[Any] = [
        delta(content=[{"type": "text", "text": "Hel"}, {"type": "image_url"}, 1]),
        delta(content="lo"),
        {"choices": [{"delta": {}, "finish_reason": "stop"}]},
    ]
    body = b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks)
    stream = responding(body, headers=SSE).chat.completions.create(messages=MESSAGES, stream=True)
    assert list(stream.text()) == ["Hel", "lo"]


@pytest.mark.parametrize("first", [None, 1, "x", []])
def test_logprobs_may_be_null_and_then_an_object(first: Any) -> None:
    chunks: list[Any] = [
        {"choices": [{"delta": {}, "logprobs": value}]}
        for value in (first, {"content": None}, {"content": [1]}, None, {"content": [2]}, first)
    ]
    assert assemble(chunks)["choices"][0]["logprobs"] == {"content": [1, 2]}


def test_null_logprobs_stay_null() -> None:
    assert assemble([{"choices": [{"delta": {}, "logprobs": None}]}])["choices"][0] == {
        "index": 0,
        "message": {"role": "assistant"},
        "finish_reason": None,
        "logprobs": None,
    }


def test_fields_may_be_named_like_anything() -> None:
    names = ["_calls", "_blocks", "message", "fields", "index", "delta", "choices", "texts"]
    odd = dict.fromkeys(names, "x")
    chunk = {"choices": [{**odd, "index": 0, "delta": odd}], "_calls": "x"}
    found = assemble([chunk, chunk])
    assert found["choices"][0]["message"] == {
        "role": "assistant",
        **dict.fromkeys(names, "xx"),
    }
    assert found["_calls"] == "x"


def test_whole_message_beside_the_deltas_only_fills_gaps() -> None:
    whole = {"role": "assistant", "content": "Hello", "annotations": [1]}
    chunk: dict[str, Any] = {"choices": [{"delta": {"content": "Hel"}, "message": whole}]}
    assert message(chunk, delta(content="lo")) == whole


def test_finish_reason_is_kept_when_an_empty_one_follows() -> None:
    chunks: list[Any] = [
        {"choices": [{"delta": {}, "finish_reason": reason}]} for reason in ("", "stop", "", None)
    ]
    assert assemble(chunks)["choices"][0]["finish_reason"] == "stop"


def test_tokens_of_a_choice_are_collected() -> None:
    chunks: list[Any] = [{"choices": [{"delta": {}, "token_ids": [n]}]} for n in range(3)]
    assert assemble(chunks)["choices"][0]["token_ids"] == [0, 1, 2]


def test_adding_and_reading_may_alternate() -> None:
    assembler = Assembler()
    texts: list[str] = []
    for piece in "Hello":
        assembler.add(delta(content=piece))
        texts.append(assembler.result()["choices"][0]["message"]["content"])
    assert texts == ["H", "He", "Hel", "Hell", "Hello"]


# -- anything --------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        "choices",
        "delta",
        "index",
        "message",
        "content",
        "role",
        "tool_calls",
        "function",
        "function_call",
        "audio",
        "id",
        "type",
        "name",
        "arguments",
        "logprobs",
        "finish_reason",
        "content_blocks",
        "usage",
        "text",
        "thinking",
        "_calls",
        "_blocks",
        "fields",
        "object",
        "error",
        "x",
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.floats(allow_nan=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
CALLS = st.lists(st.dictionaries(NAMES, JSON, max_size=4) | JSON, max_size=3)
DELTAS = st.fixed_dictionaries(
    {}, optional={"tool_calls": CALLS, "content": JSON, "content_blocks": CALLS, "audio": JSON}
)
CHOICES = st.lists(
    st.fixed_dictionaries({"delta": DELTAS | JSON}, optional={"index": JSON, "logprobs": JSON})
    | JSON,
    max_size=3,
)
CHUNKS = st.lists(
    st.dictionaries(NAMES, JSON, max_size=4)
    | st.fixed_dictionaries({"choices": CHOICES}, optional={"usage": JSON}),
    max_size=5,
)


@given(CHUNKS)
def test_any_sequence_of_objects_adds_up_without_an_exception(chunks: list[dict[str, Any]]) -> None:
    before = json.dumps(chunks)
    found = assemble(chunks)
    assert json.dumps(chunks) == before, "chunks stay as they came"
    assert json.loads(json.dumps(found)) == found
    assert found == assemble(chunks)


@given(CHUNKS)
def test_any_stream_of_objects_ends_in_a_response_or_in_an_error_of_ours(
    chunks: list[dict[str, Any]],
) -> None:
    import httpx

    from pollinations_client import Pollinations

    body = b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, content=body))
    with httpx.Client(transport=transport) as pool:
        client = Pollinations(api_key="sk_x", http_client=pool)
        stream = client.chat.completions.create(messages=MESSAGES, stream=True)
        with suppress(PollinationsError):
            for item in stream:
                assert isinstance(item.text, str)
            stream.final()
        stream.snapshot()
        repr(stream)


# -- a known message, cut in every dialect ------------------------------------------------------------------

TEXT = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=12)
KNOWN_CALLS = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from(["weather", "time", "f"]), "arguments": TEXT}),
    min_size=1,
    max_size=3,
)


def cut(draw: st.DataObject, text: str) -> list[str]:
    places = sorted(draw.draw(st.sets(st.integers(1, max(1, len(text) - 1)), max_size=4)))
    edges = [0, *[place for place in places if place < len(text)], len(text)]
    return [text[a:b] for a, b in itertools.pairwise(edges)]


Dialect = Callable[[int, str, str, list[str]], list[dict[str, Any]]]


def openai_calls(index: int, id: str, name: str, pieces: list[str]) -> list[dict[str, Any]]:
    head = {"index": index, **call(None, id, name, "")}
    return [head, *[{"index": index, "function": {"arguments": piece}} for piece in pieces]]


def kimi_calls(index: int, id: str, name: str, pieces: list[str]) -> list[dict[str, Any]]:
    head = {"index": index, **call(None, id, name, pieces[0])}
    rest = [{**call(index, "", "", piece), "type": ""} for piece in pieces[1:]]
    return [head, *rest]


def null_calls(index: int, id: str, name: str, pieces: list[str]) -> list[dict[str, Any]]:
    head = {"index": index, **call(None, id, name, pieces[0])}
    return [head, *[{**call(index, None, None, piece), "type": None} for piece in pieces[1:]]]


def repeating_calls(index: int, id: str, name: str, pieces: list[str]) -> list[dict[str, Any]]:
    return [{"index": index, **call(None, id, name, piece)} for piece in pieces]


def gemini_calls(_: int, id: str, name: str, pieces: list[str]) -> list[dict[str, Any]]:
    return [{"index": 0, **call(None, id, name, "".join(pieces))}]


def unnumbered_calls(_: int, id: str, name: str, pieces: list[str]) -> list[dict[str, Any]]:
    head = call(None, id, name, pieces[0])
    return [head, *[{"function": {"arguments": piece}} for piece in pieces[1:]]]


DIALECTS: list[Dialect] = [
    openai_calls,
    kimi_calls,
    null_calls,
    repeating_calls,
    gemini_calls,
    unnumbered_calls,
]


@pytest.mark.parametrize("dialect", DIALECTS)
@given(content=TEXT | st.none(), thought=TEXT | st.none(), calls=KNOWN_CALLS, data=st.data())
def test_message_cut_in_a_dialect_adds_up_to_itself(
    dialect: Dialect, content: str | None, thought: str | None, calls: Any, data: st.DataObject
) -> None:
    whole: dict[str, Any] = {"role": "assistant"}
    chunks: list[dict[str, Any]] = [delta(role="assistant")]
    for name, text in (("reasoning_content", thought), ("content", content)):
        if text is not None:
            whole[name] = text
            noise = data.draw(st.sampled_from([{}, {"role": None}, {"tool_calls": None}]))
            chunks += [delta(**{name: piece}, **noise) for piece in cut(data, text)]
    whole["tool_calls"] = [
        {"id": f"c{index}", "type": "function", "function": one} for index, one in enumerate(calls)
    ]
    for index, one in enumerate(calls):
        pieces = dialect(index, f"c{index}", one["name"], cut(data, one["arguments"]))
        chunks += [delta(tool_calls=[piece]) for piece in pieces]
    assert message(*chunks) == whole


@given(texts=st.lists(TEXT, min_size=1, max_size=3), data=st.data(), typed=st.booleans())
def test_content_blocks_cut_in_pieces_add_up_to_themselves(
    texts: list[str], data: st.DataObject, typed: bool
) -> None:
    chunks: list[Any] = []
    for index, text in enumerate(texts):
        for piece in cut(data, text):
            block: dict[str, Any] = {"index": index, "delta": {"text": piece}}
            chunks.append(delta(content_blocks=[{**block, "type": "text"} if typed else block]))
    assert message(*chunks)["content_blocks"] == [{"type": "text", "text": text} for text in texts]


def recorded_streams() -> list[Any]:
    found: list[Any] = []
    for path in sorted(FOLDER.glob("*.har")):
        for number, entry in enumerate(
            json.loads(path.read_text(encoding="utf-8"))["log"]["entries"]
        ):
            text = entry["response"]["content"].get("text") or ""
            if "data: {" in text:
                lines = [line[6:] for line in text.splitlines() if line.startswith("data: {")]
                name = str(entry.get("_id", number))[:60]
                found.append(pytest.param([json.loads(line) for line in lines], id=name))
    return found


STREAMS = recorded_streams()


def split(value: Any, data: st.DataObject, key: str = "") -> tuple[Any, Any]:
    """Cut the texts of a delta in two: what the first and the second chunk would carry."""
    if isinstance(value, str) and value and key not in ("id", "name", "role", "type"):
        place = data.draw(st.integers(0, len(value)))
        return value[:place], value[place:]
    if is_object(value):
        pairs = {name: split(item, data, name) for name, item in value.items()}
        return (
            {name: first for name, (first, _) in pairs.items()},
            {name: second for name, (_, second) in pairs.items()},
        )
    if is_array(value):
        both = [split(item, data) for item in value]
        return [first for first, _ in both], [second for _, second in both]
    return value, value


@pytest.mark.skipif(not STREAMS, reason=f"no recordings: {FOLDER} is not there")
@pytest.mark.parametrize("chunks", STREAMS)
@given(data=st.data())
def test_recorded_stream_cut_further_adds_up_to_the_same(
    chunks: list[dict[str, Any]], data: st.DataObject
) -> None:
    finer: list[dict[str, Any]] = []
    chosen = data.draw(st.sets(st.integers(0, max(0, len(chunks) - 1)), max_size=4))
    for number, chunk in enumerate(chunks):
        if number not in chosen or not chunk.get("choices"):
            finer.append(chunk)
            continue
        first, second = dict(chunk), dict(chunk)
        pairs: list[tuple[Any, Any]] = []
        for choice in chunk["choices"]:
            early, late = split(choice["delta"], data)
            pairs.append(
                ({**choice, "delta": early, "finish_reason": None}, {**choice, "delta": late})
            )
        first["choices"] = [one for one, _ in pairs]
        second["choices"] = [one for _, one in pairs]
        finer += [first, second]
    assert assemble(finer) == assemble(chunks)


# -- found by mutation testing ------------------------------------------------------------------------------


def test_unknown_fields_of_chunks_are_kept_whatever_they_are_called() -> None:
    names = ["a", "citations", "dialect", "user_tier", "usages", "zone"]
    found = assemble([{**dict.fromkeys(names, "x"), "choices": []}])
    assert {name: found[name] for name in names} == dict.fromkeys(names, "x")


def test_last_complete_usage_counts() -> None:
    def full(total: int) -> dict[str, Any]:
        return {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": total}

    usages = [{"prompt_tokens": 1}, full(2), {"prompt_tokens": 9}, None, full(3), {}]
    assert assemble([{"usage": usage} for usage in usages])["usage"] == full(3)
    assert assemble([{"usage": {"prompt_tokens": n}} for n in (1, 2)])["usage"] == {
        "prompt_tokens": 2
    }


def test_null_does_not_replace_odd_logprobs() -> None:
    chunks: list[Any] = [{"choices": [{"delta": {}, "logprobs": value}]} for value in (1, None)]
    assert assemble(chunks)["choices"][0]["logprobs"] == 1


def test_other_texts_stay_apart_from_content_in_parts() -> None:
    found = message(
        delta(content=[5, {"type": "text", "text": "a"}], refusal="n"), delta(refusal="o")
    )
    assert found["refusal"] == "no"
    assert found["content"] == [5, {"type": "text", "text": "a"}]


def test_id_is_looked_for_among_the_calls_of_its_index() -> None:
    found = message(
        delta(tool_calls=[call(1, "call", "g", "["), call(0, "call", "f", "{")]),
        delta(tool_calls=[call(0, "call", None, "}"), call(1, "call", None, "]")]),
    )
    assert [one["function"]["arguments"] for one in found["tool_calls"]] == ["{}", "[]"]


@pytest.mark.parametrize("index", [None, 0, 1])
def test_time_for_tool_calls_grows_with_their_number_only(index: int | None) -> None:
    chunks: list[dict[str, Any]] = []
    for number in range(10_000):
        piece: dict[str, Any] = {"id": f"c{number}"}
        if index is not None:
            piece["index"] = index * number
        chunks.append(delta(tool_calls=[piece]))
    start = time.process_time()
    assert len(message(*chunks)["tool_calls"]) == 10_000
    assert time.process_time() - start < 5  # half a minute when each is compared with all others
