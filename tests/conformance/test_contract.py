"""The contract finds operations and judges requests and answers as the service would."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pollinations_conformance.contract import (
    Contract,
    ContractError,
    Match,
    Request,
    Response,
    Violation,
    load,
    presented_key,
)
from pollinations_conformance.http.errors import BodyError
from pollinations_conformance.http.json import parse_json
from pollinations_conformance.http.multipart import parse_multipart
from pollinations_conformance.http.number import js_number
from pollinations_conformance.http.text import redact

JSON = "application/json"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load()


def found(contract: Contract, method: str, path: str, host: str | None = "gateway") -> str | None:
    match = contract.find(method, path, host)
    return match.operation.id if match else None


def reach(contract: Contract, request: Request, host: str = "gateway") -> Match:
    match = contract.find(request.method, request.path, host)
    assert match is not None
    return match


def wrong(
    contract: Contract,
    method: str,
    url: str,
    body: bytes | None = None,
    content_type: str = "",
    host: str = "gateway",
) -> list[Violation]:
    headers = {"Content-Type": content_type} if content_type else {}
    request = Request.of(method, url, headers, body)
    return contract.check_request(reach(contract, request, host), request)


def chat(contract: Contract, **fields: Any) -> list[Violation]:
    body = {"messages": [{"role": "user", "content": "hi"}], **fields}
    return wrong(contract, "POST", "/v1/chat/completions", json.dumps(body).encode(), JSON)


def completion(**changes: Any) -> dict[str, Any]:
    return {
        "id": "pllns_" + "0" * 32,
        "object": "chat.completion",
        "created": 1760000000,
        "model": "some-model",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "hi"},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        **changes,
    }


def answer(
    contract: Contract,
    body: bytes | None,
    content_type: str | None = JSON,
    status: int = 200,
    method: str = "POST",
    path: str = "/v1/chat/completions",
    headers: tuple[tuple[str, str], ...] = (),
    host: str = "gateway",
) -> list[Violation]:
    request = Request.of(method, path)
    if content_type is not None:
        headers += (("content-type", content_type),)
    match = reach(contract, request, host)
    return contract.check_response(match, request, Response(status, headers, body))


# --- finding operations ---


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/text/hello", "generateText"),
        ("GET", "/text/a%2Fb%0Ac", "generateText"),
        ("GET", "/text/%E4%zz", "generateText"),
        ("GET", "/text/a/b", None),
        ("GET", "/text/", None),
        ("GET", "/text/hello/", None),
        ("GET", "/audio/a/b", None),
        ("GET", "/image/a/b%0Ac", "generateImage"),
        ("GET", "/image/a\nb", "generateImage"),
        ("GET", "/image/", None),
        ("GET", "/image/models", "listImageModels"),
        ("GET", "/text/models", "listTextModels"),
        ("GET", "/audio/models", "listAudioModels"),
        ("GET", "/models", "listTextModels"),
        ("GET", "/v1/models/", None),
        ("GET", "/v1/models?key=x", "listModels"),
        ("HEAD", "/text/hello", "generateText"),
        ("HEAD", "/v1/chat/completions", None),
        ("GET", "/v1/chat/completions", None),
        ("POST", "/v1/chat/completions/extra", "createChatCompletion"),
        ("POST", "/openai", "createChatCompletionLegacy"),
        ("GET", "/text/../v1/models", "listModels"),
        ("GET", "/text/%2e%2E", None),
        ("GET", "/text/...", "generateText"),
        ("OPTIONS", "/text/hello", None),
        ("GET", "/upload", None),
    ],
)
def test_a_raw_path_reaches_the_operation_that_the_service_would_choose(
    contract: Contract, method: str, path: str, expected: str | None
) -> None:
    assert found(contract, method, path) == expected


def test_a_path_belongs_to_its_host(contract: Contract) -> None:
    assert found(contract, "GET", "/0123456789abcdef", "media") == "getMedia"
    assert found(contract, "HEAD", "/0123456789abcdef", "media") == "headMedia"
    assert found(contract, "GET", "/0123456789abcdef", "gateway") is None
    assert found(contract, "POST", "/upload", "https://media.pollinations.ai/") == "uploadMedia"
    assert found(contract, "POST", "/upload", "elsewhere.example") is None


def test_one_address_for_both_hosts_reaches_media_only_by_paths_that_fit(
    contract: Contract,
) -> None:
    assert found(contract, "GET", "/0123456789abcdef", None) == "getMedia"
    assert found(contract, "GET", "/docs", None) is None
    assert found(contract, "GET", "/text/x", None) == "generateText"


def test_path_parameters_are_decoded_as_leniently_as_the_service_does(contract: Contract) -> None:
    match = contract.find("GET", "/text/a%2Fb%20%F0%9F%8C%B8-%20%E4%zz+", "gateway")
    assert match is not None
    assert match.path_params == {
        "prompt": "a/b 🌸-%20%E4%zz+"
    }  # a run of escapes decodes whole or not at all


# --- requests ---


def test_numbers_are_read_as_javascript_reads_them() -> None:
    assert [js_number(text) for text in ("", " 42 ", "1e3", "0x10", "-.5", "5.", "0b11")] == [
        0,
        42,
        1000,
        16,
        -0.5,
        5,
        3,
    ]
    for text in ("abc", "NaN", "Infinity", "1e999", "1_000", "-0x10", "1 2", "1n"):
        assert js_number(text) is None, text


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
def test_a_bad_query_value_is_told_by_its_name(contract: Contract, query: str, field: str) -> None:
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


def test_an_image_address_that_was_not_encoded_takes_the_rest_of_the_query(
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
    told = {v.field: v.message for v in chat(contract, temperature="hot", top_p=5, seed=1.5)}
    assert told == {
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


def test_the_header_key_wins_and_an_empty_key_is_none() -> None:
    def key(url: str, authorization: str = "") -> str | None:
        return presented_key(Request.of("GET", url, {"Authorization": authorization}))

    assert key("/x?key=q", "Bearer h") == "h"
    assert key("/x?key=q", "bearer h") == "q"
    assert key("/x?key=q", "Bearer ") == "q"
    assert key("/x?key=") is None
    assert key("/x") is None


def test_a_request_never_shows_its_key() -> None:
    request = Request.of("GET", "/x?key=sk_verysecret", {"Authorization": "Bearer sk_verysecret"})
    assert "verysecret" not in repr(request)
    text = "GET /x?key=abc&b=1 with Authorization: Bearer tok3nvalue or pk_Publishable1"
    assert redact(text) == (
        "GET /x?key=[redacted]&b=1 with Authorization: Bearer [redacted] or pk_[redacted]"
    )
    said = "header (Bearer token) or ?key= query parameter, task_list, disk_usage_1"
    assert redact(said) == said
    for before in ("%20", "%3d", r"\n", r"\u003d"):
        assert redact(f"is{before}sk_verysecret") == f"is{before}sk_[redacted]"


# --- answers ---


def test_a_good_answer_holds(contract: Contract) -> None:
    body = json.dumps(completion()).encode()
    assert answer(contract, body) == []
    assert answer(contract, body, "Application/JSON; charset=utf-8") == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (completion(id=5), "type"),
        (completion(choices=[{"index": -1, "message": {"role": "assistant"}}]), "range"),
        ({k: v for k, v in completion().items() if k != "usage"}, "missing"),
    ],
)
def test_a_bad_field_is_told_with_a_pointer_that_leads_somewhere(
    contract: Contract, body: dict[str, Any], kind: str
) -> None:
    violations = answer(contract, json.dumps(body).encode())
    assert [v.kind for v in violations] == [kind]
    assert contract.node(violations[0].pointer) is not None


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b'{"a": NaN}', b'{"a": 1, "a": 2}', b'\xef\xbb\xbf{"a": 1}', b'{"a": "\xff"}'],
)
def test_an_answer_must_be_strict_json(contract: Contract, body: bytes) -> None:
    (violation,) = answer(contract, body)
    assert violation.kind == "malformed-json"


def test_status_and_media_type_must_be_documented(contract: Contract) -> None:
    body = json.dumps(completion()).encode()
    assert [v.kind for v in answer(contract, body, status=302)] == ["status"]
    assert [v.kind for v in answer(contract, body, "text/html")] == ["media-type"]
    assert [v.kind for v in answer(contract, body, None)] == ["media-type"]


def test_a_relayed_status_needs_the_envelope(contract: Contract) -> None:
    envelope = {
        "status": 418,
        "success": False,
        "error": {
            "code": "UNKNOWN_ERROR",
            "message": "x",
            "timestamp": "2026-01-13T00:00:00.000Z",
        },
    }
    assert answer(contract, json.dumps(envelope).encode(), status=418) == []
    del envelope["error"]
    assert answer(contract, json.dumps(envelope).encode(), status=418)


def test_a_declared_header_must_fit_its_schema(contract: Contract) -> None:
    body = json.dumps(completion()).encode()
    good = (("X-Usage-Total-Tokens", "12"), ("X-CACHE", "MISS"))
    assert answer(contract, body, headers=good) == []
    for header in (("x-usage-total-tokens", "many"), ("x-cache", "PERHAPS")):
        (violation,) = answer(contract, body, headers=(header,))
        assert violation.where == f"header.{header[0]}"


def test_a_head_answer_has_no_body(contract: Contract) -> None:
    plain = "text/plain; charset=utf-8"
    assert answer(contract, b"", plain, method="HEAD", path="/text/x") == []
    assert answer(contract, b"x", plain, method="HEAD", path="/text/x")


def test_binary_answers_must_not_be_empty(contract: Contract) -> None:
    assert answer(contract, b"\xff\xd8", "image/jpeg", method="GET", path="/image/x") == []
    assert answer(contract, b"", "image/jpeg", method="GET", path="/image/x")
    assert answer(contract, None, "image/jpeg", method="GET", path="/image/x") == []


CHUNK: dict[str, Any] = {
    "id": "c1",
    "object": "chat.completion.chunk",
    "created": 1760000000,
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "hé"}, "finish_reason": None}],
}


def stream(*chunks: Any) -> bytes:
    texts = [chunk if isinstance(chunk, str) else json.dumps(chunk) for chunk in chunks]
    return "".join(f"data: {text}\n\n" for text in texts).encode()


def test_each_event_of_a_stream_is_checked(contract: Contract) -> None:
    kind = "text/event-stream; charset=utf-8"
    assert answer(contract, stream(CHUNK, "[DONE]"), kind) == []
    (violation,) = answer(contract, stream(CHUNK, {**CHUNK, "choices": 5}, "[DONE]"), kind)
    assert violation.where == "event[1].data.choices"
    (broken,) = answer(contract, stream("{not json"), kind)
    assert broken.kind == "malformed-json"
    (empty,) = answer(contract, b": nothing\n\n", kind)
    assert "at least one event" in empty.message


def test_an_unknown_route_is_answered_by_the_envelope(contract: Contract) -> None:
    request = Request.of("GET", "/nope")
    typed = (("content-type", JSON),)
    body = json.dumps(
        {
            "status": 404,
            "success": False,
            "error": {
                "code": "NOT_FOUND",
                "message": "x",
                "timestamp": "2026-01-13T00:00:00.000Z",
            },
        }
    ).encode()
    assert contract.check_unknown(request, Response(404, typed, body)) == []
    assert contract.check_unknown(request, Response(404, typed, b"{}"))
    assert contract.check_unknown(request, Response(302)) is None


def test_a_violation_cites_only_clauses_that_exist(contract: Contract) -> None:
    body = json.dumps(completion(id="not-that-form")).encode()
    violations = [*chat(contract, temperature=3, stop=[]), *answer(contract, body)]
    violations += answer(contract, b": x\n\n", "text/event-stream")
    cited = {v.requirement for v in violations} - {None}
    assert cited <= set(contract.requirements)


def test_a_bad_query_value_cites_the_clause_that_speaks_of_it(contract: Contract) -> None:
    for query in ("seed=-2", "seed=abc"):
        (violation,) = wrong(contract, "GET", f"/text/hi?{query}")
        assert violation.requirement is not None
        assert "seed" in contract.requirements[violation.requirement].text


# --- the document ---


def test_every_schema_of_the_contract_compiles(contract: Contract) -> None:
    schemas = contract.document["components"]["schemas"]
    for name in schemas:
        contract.validator(f"/components/schemas/{name}")
    assert len(schemas) > 20


def test_a_snapshot_enumeration_can_be_widened_without_changing_the_original(
    contract: Contract,
) -> None:
    wider = contract.with_values({"/text/models": ["brand-new", "openai"]})
    assert wrong(wider, "GET", "/text/hi?model=brand-new") == []
    assert wrong(contract, "GET", "/text/hi?model=brand-new")
    assert wrong(wider, "GET", "/image/hi?model=brand-new")
    assert contract.with_values({"/text/models": ["openai"]}) is contract


def test_an_unchanged_file_is_read_once_and_a_changed_one_again(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(MINIMAL)
    assert load(file) is load(file)
    file.write_text(MINIMAL.replace("listThings", "listOtherThings"))
    assert load(file).operations[0].id == "listOtherThings"


MINIMAL = """\
openapi: 3.1.0
info: {title: t, version: 1.0.0}
servers: [{url: https://one.example}]
paths:
  /things:
    get:
      operationId: listThings
      responses:
        200: {description: on, content: {application/json: {schema: {enum: [on, 16:9, 2026-01-13, 1e3]}}}}
"""


def test_yaml_scalars_are_read_by_version_1_2(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(MINIMAL)
    response = load(file).operations[0].responses["200"]
    assert response["content"][JSON]["schema"]["enum"] == ["on", "16:9", "2026-01-13", 1000.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not an OpenAPI document"),
        ("- a\n", "not an OpenAPI document"),
        ("a: [\n", "not YAML"),
        ('{"openapi": ', "not JSON"),
        ("openapi: 3.0.3\n", "must be 3.1"),
        ("openapi: 3.1.0\npaths: {}\n", "no operation"),
        (MINIMAL.replace("operationId: listThings", "summary: x"), "operationId"),
        (MINIMAL + "  /things:\n    get: {}\n", "is duplicated"),
        (MINIMAL.replace("{enum: [on, 16:9, 2026-01-13, 1e3]}", "{$ref: '#/x'}"), "leads nowhere"),
        (MINIMAL.replace("{enum: [on, 16:9, 2026-01-13, 1e3]}", "{$ref: 'x.yaml'}"), "leads out"),
        (MINIMAL.replace("servers", "x-requirements: [{id: A-1}]\nservers"), "a requirement needs"),
    ],
)
def test_a_bad_contract_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(ContractError, match=re.escape(said)) as caught:
        load(file)
    message = str(caught.value)
    assert str(file) in message
    assert "\n" not in message


def test_a_missing_file_and_a_directory_are_refused_in_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(ContractError, match=re.escape(str(path))):
            load(path)


def test_an_unusable_schema_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(MINIMAL.replace("enum: [on, 16:9, 2026-01-13, 1e3]", "type: strange"))
    contract = load(file)
    match = contract.find("GET", "/things", "gateway")
    assert match is not None
    typed = Response(200, (("content-type", JSON),), b"1")
    with pytest.raises(ContractError, match="not a usable schema"):
        contract.check_response(match, None, typed)


def test_lenient_json_is_what_a_javascript_server_reads() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": 1, "a": 2}', strict=False) == {"a": 2}
    with pytest.raises(BodyError, match="duplicated"):
        parse_json(b'{"a": 1, "a": 2}')


def test_a_stored_file_may_be_empty(contract: Contract) -> None:
    """A form with an empty file is stored like any other."""
    path = "/ba7816bf8f01cfea"
    match = contract.find("GET", path, "media")
    assert match is not None
    request = Request.of("GET", path, [], None)
    stored = Response(200, (("Content-Type", "image/png"),), b"")
    assert contract.check_response(match, request, stored) == []
