"""The event-stream decoder holds to the standard, however the bytes are cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pollinations_conformance.http.sse import Decoder, Event, decode, first_event


def data(body: bytes) -> list[str]:
    return [event.data for event in decode(body)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_separates_events(end: bytes) -> None:
    body = b"data: a" + end + end + b"data: b" + end + b"data: c" + end + end
    assert data(body) == ["a", "b\nc"]


def test_byte_order_mark_is_dropped_at_the_start_only() -> None:
    assert data(b"\xef\xbb\xbfdata: \xef\xbb\xbfx\n\n") == ["\ufeffx"]
    assert data(b"\n\n\xef\xbb\xbfdata: x\n\n") == []


def test_only_one_space_after_the_colon_is_dropped() -> None:
    assert data(b"data:  a\n\ndata:b\n\n") == [" a", "b"]


def test_bare_data_is_an_empty_line_of_data() -> None:
    assert data(b"data\n\n") == [""]
    assert data(b"data\ndata\n\n") == ["\n"]


def test_comments_unknown_fields_and_events_without_data_are_dropped() -> None:
    assert decode(b": ping\n\nfoo: bar\n\nevent: x\n\ndata: a\n\n") == [Event("a")]


def test_event_id_and_retry_are_kept() -> None:
    first, second = decode(b"id: 7\nevent: end\nretry: 10\ndata: a\n\nretry: 1x\ndata: b\n\n")
    assert (first.event, first.id, first.retry) == ("end", "7", 10)
    assert (second.event, second.id, second.retry) == ("message", "7", None)
    assert decode(b"id: a\0b\ndata: x\n\n")[0].id == ""


def test_an_event_without_its_blank_line_is_marked_incomplete() -> None:
    assert decode(b"data: a\n\ndata: b") == [Event("a"), Event("b", complete=False)]


def test_bytes_that_are_not_utf8_are_replaced_and_reported() -> None:
    decoder = Decoder()
    assert decoder.feed(b"data: \xff\n\n") == [Event("\ufffd")]
    assert decoder.replaced


PIECES = st.sampled_from(
    [
        *(b"data", b": ", b":", b"id", b"event", b"retry: 5", b"x", b"{}", b"[DONE]"),
        *(b"\n", b"\r", b"\r\n", b"\xef\xbb\xbf", b"\xff", "é".encode(), "🌸".encode()),
    ]
)


@given(pieces=st.lists(PIECES, max_size=40), cuts=st.lists(st.integers(0, 120), max_size=12))
def test_no_cut_of_the_bytes_changes_the_events(pieces: list[bytes], cuts: list[int]) -> None:
    body = b"".join(pieces)
    decoder = Decoder()
    found: list[Event] = []
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    for start, end in itertools.pairwise(edges):
        found += decoder.feed(body[start:end])
    found += decoder.close()
    assert found == decode(body)


@given(pieces=st.lists(PIECES, max_size=40), padding=st.sampled_from([0, 4_090, 9_000]))
def test_the_first_event_alone_is_the_first_of_all(pieces: list[bytes], padding: int) -> None:
    body = b":" * padding + b"".join(pieces)
    assert first_event(body) == next(iter(decode(body)), None)


def test_a_stream_fed_byte_by_byte_yields_the_same_events() -> None:
    body = "data: né\r\ndata: 🌸\r\n\r\n: c\r\rdata: [DONE]\r\n\r\n".encode()
    decoder = Decoder()
    found = [event for byte in body for event in decoder.feed(bytes([byte]))]
    assert found + decoder.close() == [Event("né\n🌸"), Event("[DONE]")]
