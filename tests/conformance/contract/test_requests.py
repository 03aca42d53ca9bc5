"""Requests are read and validated as the service does it."""

from typing import Any

import pytest

from pollinations_conformance.contract import Contract, Request
from pollinations_conformance.http.errors import BodyError
from pollinations_conformance.http.multipart import parse_multipart
from tests.conformance.contract.helpers import JSON, chat, reach, wrong


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("seed=abc", "seed"),
        ("seed=1.5", "seed"),
        ("seed=-2", "seed"),
        ("seed=1&seed=2", "seed"),
        ("model=no-such-model", "model"),
        ("model=openai&model=openai", "model"),
        ("temperature=warm", "temperature"),
    ],
)
def test_a_bad_query_value_is_reported_by_its_name(
    contract: Contract, query: str, field: str
) -> None:
    violations = wrong(contract, "GET", f"/text/hi?{query}")
    assert [v.field for v in violations] == [field]
    assert violations[0].where == f"query.{field}"
    assert contract.node(violations[0].pointer) is not None


@pytest.mark.parametrize(
    "query",
    [
        "",
        "seed=",
        "seed=%201e3",
        "seed=0x10",
        "stream=banana",
        "stream=true&stream=false",
        "unknown=1&unknown=2",
        "key=a&key=b",
        "model=openai",
        "temperature=9",
    ],
)
def test_odd_query_values_that_the_service_accepts_are_valid(
    contract: Contract, query: str
) -> None:
    assert wrong(contract, "GET", f"/text/hi?{query}") == []


def test_an_image_url_that_was_not_encoded_takes_the_rest_of_the_query(
    contract: Contract,
) -> None:
    request = Request.of("GET", "/image/x?width=8&image=https://e.example/a.png?w=1&width=abc")
    values, violations = contract.read_request(reach(contract, request), request)
    assert violations == []
    assert values.query["image"] == "https://e.example/a.png?w=1&width=abc"
    assert values.query["width"] == 8
    assert [v.field for v in wrong(contract, "GET", "/image/x?image=ftp://e.example/a")] == [
        "image"
    ]


def test_messages_are_worded_as_the_service_words_them(contract: Contract) -> None:
    said = {v.field: v.message for v in chat(contract, temperature="hot", top_p=5, seed=1.5)}
    assert said == {
        "temperature": "Invalid input: expected number, received string",
        "top_p": "Too big: expected number to be <=1",
        "seed": "Invalid input: expected int, received number",
    }
    (effort,) = chat(contract, reasoning_effort="extreme")
    assert effort.message.startswith('Invalid option: expected one of "none"|"minimal"|')
    (nested,) = chat(contract, messages=[{"role": "wizard", "content": "x"}])
    assert (nested.field, nested.message) == ("messages", "Invalid input")
    (missing,) = wrong(contract, "POST", "/v1/chat/completions", b'{"model":"openai"}', JSON)
    assert missing.message == "Invalid input: expected array, received undefined"
    assert missing.kind == "missing"


def test_a_body_that_is_no_object_is_a_fault_of_the_whole(contract: Contract) -> None:
    (violation,) = wrong(contract, "POST", "/v1/chat/completions", b"[1]", JSON)
    assert violation.field == ""
    assert violation.message == "Invalid input: expected object, received array"


def test_a_body_that_is_not_called_json_counts_as_empty(contract: Contract) -> None:
    body = b'{"messages": []}'
    assert wrong(contract, "POST", "/v1/chat/completions", body, JSON) == []
    assert (
        wrong(contract, "POST", "/v1/chat/completions", body, "application/json; charset=x") == []
    )
    for content_type in ("", "text/plain"):
        (violation,) = wrong(contract, "POST", "/v1/chat/completions", body, content_type)
        assert violation.field == "messages"


@pytest.mark.parametrize("body", [b"{", b"", b'{"messages": NaN}', b"[" * 100_000])
def test_malformed_json_is_a_kind_of_its_own(contract: Contract, body: bytes) -> None:
    (violation,) = wrong(contract, "POST", "/v1/chat/completions", body, JSON)
    assert violation.kind == "malformed-json"


def test_unknown_fields_are_allowed_and_null_only_where_documented(contract: Contract) -> None:
    assert chat(contract, n=2, whatever={"a": 1}) == []
    assert chat(contract, temperature=None, seed=None, stop=None, stream=None) == []
    for name in ("reasoning_effort", "thinking_budget", "parallel_tool_calls", "user", "tools"):
        assert [v.field for v in chat(contract, **{name: None})] == [name]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"max_tokens": -1}, "max_tokens"),
        ({"stop": []}, "stop"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"functions": []}, "functions"),
        ({"functions": [{"name": "f", "extra": 1}]}, "functions"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"seed": 2**60}, "seed"),
        ({"seed": 10**400}, "seed"),
    ],
)
def test_ranges_of_the_chat_body_are_kept(
    contract: Contract, fields: dict[str, Any], field: str
) -> None:
    assert {v.field for v in chat(contract, **fields)} == {field}


def test_values_are_coerced_and_defaults_filled_in(contract: Contract) -> None:
    request = Request.of("GET", "/text/a%20b?seed=7&stream=no&json=1&extra=1")
    values, _ = contract.read_request(reach(contract, request), request)
    assert (values["prompt"], values["seed"], values["stream"], values["json"]) == (
        "a b",
        7,
        False,
        True,
    )
    assert values["model"] == "openai"
    assert values.sent == {"seed", "stream", "json"}


def form(*parts: bytes) -> bytes:
    return b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"


FILE = b'Content-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'
FORM = "multipart/form-data; boundary=edge"


def test_a_form_is_read_with_its_file_byte_for_byte(contract: Contract) -> None:
    content = b"\r\n\x00\xff--edg\r\n\r"
    text = b'Content-Disposition: form-data; name="language"\r\n\r\nde'
    headers = {"content-type": FORM}
    request = Request.of("POST", "/v1/audio/transcriptions", headers, form(FILE + content, text))
    values, violations = contract.read_request(reach(contract, request), request)
    assert violations == []
    assert values.files["file"].content == content
    assert values.files["file"].content_type == "audio/wav"
    assert values["language"] == "de"


@pytest.mark.parametrize(
    "body", [form(), form(b'Content-Disposition: form-data; name="file"\r\n\r\nx')]
)
def test_a_form_without_its_file_is_refused(contract: Contract, body: bytes) -> None:
    violations = wrong(contract, "POST", "/v1/audio/transcriptions", body, FORM)
    assert [v.field for v in violations] == ["file"]


def test_a_form_that_is_cut_off_is_malformed(contract: Contract) -> None:
    (violation,) = wrong(contract, "POST", "/v1/audio/transcriptions", b"--edge\r\n\r\nab", FORM)
    assert violation.kind == "malformed-form"
    with pytest.raises(BodyError, match="boundary"):
        parse_multipart("multipart/form-data", b"")


def test_an_upload_has_three_body_forms(contract: Contract) -> None:
    for body, content_type, used in (
        (form(FILE + b"abc"), FORM, "multipart/form-data"),
        (b'{"data": "YWJj", "contentType": "image/png"}', JSON, "application/json"),
        (b"abc", "image/png", None),
    ):
        request = Request.of("POST", "/upload", {"content-type": content_type}, body)
        values, violations = contract.read_request(reach(contract, request, "media"), request)
        assert violations == []
        assert used in (None, values.media_type)
    assert wrong(contract, "POST", "/upload", b'{"name": "x"}', JSON, "media")
    assert wrong(contract, "POST", "/upload", b"", "image/png", "media")


def test_a_bad_query_value_names_the_requirement_that_speaks_of_it(contract: Contract) -> None:
    for query in ("seed=-2", "seed=abc"):
        (violation,) = wrong(contract, "GET", f"/text/hi?{query}")
        assert violation.requirement is not None
        assert "seed" in contract.requirements[violation.requirement].text
