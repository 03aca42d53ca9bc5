"""The request validation report: what it says about requests of clients, and in which forms."""

import asyncio
import base64
import hashlib
import json
import re
from typing import Any

import httpx
import pytest

from pollinations_conformance.http import har
from pollinations_conformance.server import RunningServer, create_app, running
from pollinations_conformance.server.grading.report import to_html, to_text

Json = dict[str, Any]
REPORT = "/__contract__/report"
NOW = 1_767_225_600.0  # 2026-01-01


class Graded:
    """A server that validates requests, in this process."""

    def __init__(self) -> None:
        self.app = create_app(grade=True, record=True, clock=lambda: NOW)
        self.key = self.app.keys["secret"]

    def request(self, method: str, url: str, **more: Any) -> httpx.Response:
        """Send a request; with the ordinary key unless it has headers of its own."""
        more.setdefault("headers", {"Authorization": f"Bearer {self.key}"})

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://gen.test") as client:
                return await client.request(method, url, **more)

        return asyncio.run(send())

    @property
    def report(self) -> Json:
        assert self.app.grader is not None
        return self.app.grader.report()

    def violations(self, operation: str) -> list[Json]:
        found: list[Json] = self.report["operations"][operation]["violations"]
        return found


@pytest.fixture
def graded() -> Graded:
    return Graded()


def chat(graded: Graded, **fields: Any) -> list[Json]:
    """Send a chat request, and return the violations so far."""
    graded.request("POST", "/v1/chat/completions", json={"messages": [], **fields})
    return graded.violations("createChatCompletion")


def test_the_report_says_what_the_contract_does_not_allow() -> None:
    with running(grade=True) as server, httpx.Client(base_url=server.base_url) as client:
        client.headers["Authorization"] = f"Bearer {server.keys['secret']}"
        client.get("/text/fine")
        assert client.get(REPORT).json()["valid"] is True
        client.get("/text/wrong?seed=1.5")
        client.post("/v1/chat/completions", json={"messages": [], "temperature": 3})
        client.get("/no/such/path?key=" + server.keys["secret"])
        report = client.get(REPORT)
    reported = report.json()
    assert reported["valid"] is False
    assert reported["allowed"] is False
    (seed,) = reported["operations"]["generateText"]["violations"]
    assert seed["what"].startswith("query.seed: ")
    (temperature,) = reported["operations"]["createChatCompletion"]["violations"]
    assert "temperature" in temperature["what"]
    assert list(reported["unknown_routes"]) == ["GET gateway /no/such/path"]
    assert server.keys["secret"] not in report.text


def test_there_is_no_report_unless_requested(server: RunningServer) -> None:
    for place in (REPORT, REPORT + ".html"):
        assert httpx.get(server.base_url + place).status_code == 404


# --- credentials ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "where", "requirement"),
    [
        ({}, "header.authorization", "AUTH-KEY-01"),
        ({"Authorization": "bearer sk_abcdefgh"}, "header.authorization", "AUTH-KEY-03"),
        ({"Authorization": "Basic dXNlcjpwYXNz"}, "header.authorization", "AUTH-KEY-03"),
        ({"Authorization": "sk_abcdefgh"}, "header.authorization", "AUTH-KEY-03"),
        ({"X-Api-Key": "sk_abcdefgh"}, "header.x-api-key", "AUTH-KEY-04"),
        ({"Authorization": "Bearer undefined"}, "header.authorization", "AUTH-KEY-02"),
    ],
)
def test_missing_and_unreadable_credentials_are_violations(
    graded: Graded, headers: dict[str, str], where: str, requirement: str
) -> None:
    assert graded.request("GET", "/text/hello", headers=headers).status_code == 401
    (entry,) = graded.violations("generateText")
    assert entry["what"].startswith(where + ": ")
    assert entry["requirement"] == requirement
    shown = json.dumps(graded.report)
    assert "abcdefgh" not in shown
    assert "dXNlcjpwYXNz" not in shown


@pytest.mark.parametrize("name", ["nobody", "expired", "no-models"])
def test_a_well_formed_key_that_does_not_open_anything_is_no_violation(
    graded: Graded, name: str
) -> None:
    key = graded.app.keys.get(name, "sk_NobodyHasThisKey00")
    response = graded.request("GET", "/text/hello", headers={"Authorization": f"Bearer {key}"})
    assert response.status_code in {401, 403}
    assert graded.report["valid"] is True


def test_lists_need_no_key(graded: Graded) -> None:
    assert graded.request("GET", "/v1/models", headers={}).status_code == 200
    assert graded.report["valid"] is True


# --- requests that the server rejects -------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "status", "sent"),
    [
        ({"file": ("a", b"data", "application/octet-stream")}, 415, "application/octet-stream"),
        ({"file": ("a.png", b"\0" * (11 * 2**20), "image/png")}, 413, "multipart/form-data"),
    ],
)
def test_a_rejected_upload_is_a_violation(
    graded: Graded, files: Any, status: int, sent: str
) -> None:
    response = graded.request("POST", "http://media.test/upload", files=files)
    assert response.status_code == status
    (entry,) = graded.violations("uploadMedia")
    assert entry["what"].startswith(f"request: rejected with status {status}: ")
    assert sent in entry["sample"]["sent"]


def test_an_injected_fault_says_nothing_about_the_request(graded: Graded) -> None:
    headers = {"Authorization": f"Bearer {graded.key}", "X-Contract-Fault": "edge-403-html"}
    assert graded.request("GET", "/text/hello", headers=headers).status_code == 403
    assert graded.report["valid"] is True
    assert graded.app.recorder is not None
    assert [entry[har.FAULT] for entry, _ in graded.app.recorder.entries] == ["edge-403-html"]


# --- what an entry says ---------------------------------------------------------------------------


def test_an_entry_has_the_value_that_was_sent_and_the_first_request_that_sent_it(
    graded: Graded,
) -> None:
    for number in range(3):
        headers = {"Authorization": f"Bearer {graded.key}", "X-Request-Id": f"number-{number}"}
        graded.request("GET", "/image/a%20bee?width=wide", headers=headers)
    (entry,) = graded.violations("generateImage")
    assert entry["requests"] == 3
    assert entry["requirement"] == "IMG-GET-04"
    assert entry["sample"] == {
        "sent": '"wide"',
        "request_id": "number-0",
        "time": "2026-01-01T00:00:00.000Z",
    }


def test_a_wrong_model_is_shown_with_the_nearest_one(graded: Graded) -> None:
    (entry,) = chat(graded, model="opemai")
    assert entry["sample"]["sent"] == '"opemai"'
    assert entry["nearest"] == "openai"
    assert len(entry["what"]) < 400


def test_values_are_shortened_and_hold_no_key_and_no_control_character(graded: Graded) -> None:
    (entry,) = chat(graded, temperature=f"\x1b[2J {graded.key} " + "x" * 10_000)
    assert graded.key not in json.dumps(entry)
    assert "\x1b" not in entry["sample"]["sent"]
    assert len(entry["sample"]["sent"]) <= 120


@pytest.mark.parametrize("name", ["api_key", "apiKey", "Authorization", "token", "access_token"])
def test_keys_of_another_form_in_wrong_places_are_not_shown(graded: Graded, name: str) -> None:
    key = "0123456789abcdef-of-another-service"
    graded.request("GET", f"/image/a%20bee?{name}={key}")
    body = {"messages": [{"role": "user", "content": "hi", "extra": {name: key}}], name: key}
    graded.request("POST", "/v1/chat/completions", json=body)
    graded.request("POST", "/v1/chat/completions", json={"messages": body})
    graded.request("GET", f"/no/such/route?{name}={key}")
    text = json.dumps(graded.report)
    assert f".{name}: unknown" in text
    assert key not in text


def test_a_json_body_without_its_content_type_is_named_as_such(graded: Graded) -> None:
    headers = {"Authorization": f"Bearer {graded.key}", "Content-Type": "text/plain"}
    graded.request("POST", "/v1/chat/completions", content=b'{"messages": []}', headers=headers)
    (entry,) = graded.violations("createChatCompletion")
    assert entry["what"].startswith("header.content-type: ")
    assert entry["sample"]["sent"] == '"text/plain"'


def test_the_branch_of_a_union_is_chosen_by_its_tag(graded: Graded) -> None:
    messages = [{"role": "assistant", "content": "hi", "tool_calls": None}]
    (entry,) = chat(graded, messages=messages)
    assert "tool_calls" in entry["what"]
    assert "system" not in entry["what"]


PARTS: list[tuple[Json, str, str | None]] = [
    # a message, where it is wrong, and the nearest known value
    ({"role": "usr", "content": "x"}, ".role", "user"),
    ({"role": 5, "content": "x"}, ".role", None),
    ({"content": "x"}, ".role", None),
    ({"role": "tool", "content": "x"}, "", None),
]


@pytest.mark.parametrize(("message", "where", "close"), PARTS)
def test_an_unknown_tag_is_named_with_all_that_are_known(
    graded: Graded, message: Json, where: str, close: str | None
) -> None:
    (entry,) = chat(graded, messages=[message])
    assert entry["what"].startswith(f"body.messages[0]{where}: ")
    assert entry["nearest"] == close
    assert entry["requirement"] == "CHAT-REQ-13"
    assert ('"assistant"' in entry["what"]) is bool(where)


@pytest.mark.parametrize(
    ("fields", "where", "close"),
    [
        ({"tools": [{"type": "google_serch"}]}, "body.tools[0].type", "google_search"),
        ({"response_format": {"type": "json_objekt"}}, "body.response_format.type", "json_object"),
        ({"thinking": {"type": "enable"}}, "body.thinking.type", "enabled"),
    ],
)
def test_tags_of_other_unions_are_named_too(
    graded: Graded, fields: Json, where: str, close: str
) -> None:
    (entry,) = chat(graded, **fields)
    assert entry["what"].startswith(f"{where}: Invalid option: expected one of ")
    assert entry["nearest"] == close
    assert graded.report["unknown_to_contract"] == []


def test_the_same_mistake_in_many_messages_is_one_entry(graded: Graded) -> None:
    (entry,) = chat(graded, messages=[{"role": "nobody", "content": "hi"}] * 40)
    assert entry["requests"] == 1


# --- what the contract does not know --------------------------------------------------------------


def test_misspelt_names_are_listed_with_the_nearest_one_and_fail_nothing(graded: Graded) -> None:
    graded.request("GET", "/image/a%20bee?widht=64&zzzzz=1")
    body = {"messages": [{"role": "user", "contnet": "x", "content": "hi"}], "max_tokenz": 5}
    graded.request("POST", "/v1/chat/completions", json=body)
    report = graded.report
    assert report["valid"] is True
    found = {entry["what"]: entry["nearest"] for entry in report["unknown_to_contract"]}
    assert found == {
        "body.max_tokenz: unknown field": "max_tokens",
        "body.messages[0].contnet: unknown field": "content",
        "query.widht: unknown parameter": "width",
        "query.zzzzz: unknown parameter": None,
    }


def unknown(graded: Graded) -> dict[str, str | None]:
    """Return what is unknown to the contract, with the nearest known names."""
    return {entry["what"]: entry["nearest"] for entry in graded.report["unknown_to_contract"]}


def test_names_in_another_style_are_nearest_to_those_of_the_contract(graded: Graded) -> None:
    chat(graded, topP=1, maxTokens=5, responseFormat={}, Model="x")
    graded.request("GET", "/image/a%20bee?aspect_ratio=16:9&negativePrompt=x")
    assert list(unknown(graded).values()) == [
        "top_p", "max_tokens", "response_format", "model", "aspectRatio", "negative_prompt",
    ]  # fmt: skip


def test_fields_of_another_member_of_a_union_are_unknown(graded: Graded) -> None:
    chat(graded, messages=[{"role": "user", "content": "hi", "tool_call_id": "x"}])
    assert unknown(graded) == {"body.messages[0].tool_call_id: unknown field": None}


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ({"type": "image_uri"}, ".type: unknown value"),
        (
            {"type": "image_url", "image_url": "http://a.test"},
            ".image_url: not the form of type image_url: Invalid input: expected object, received string",
        ),
        ({"type": "text", "txt": "hi"}, ".text: not the form of type text: "),
    ],
)
def test_what_only_the_open_member_of_a_union_takes_is_unknown(
    graded: Graded, part: Json, what: str
) -> None:
    chat(graded, messages=[{"role": "user", "content": [part]}])
    first, *_ = unknown(graded)
    assert first.startswith(f"body.messages[0].content[0]{what}")
    assert graded.report["valid"] is True


def test_fields_of_forms_are_looked_at_too(graded: Graded) -> None:
    files = {"fil": ("a.mp3", b"x", "audio/mpeg")}
    form = {"modle": "whisper-1", "response_format": "txt"}
    graded.request("POST", "/v1/audio/transcriptions", files=files, data=form)
    assert unknown(graded) == {
        "body.modle: unknown field": "model",
        "body.fil: unknown field": "file",
    }
    by_place = {e["what"].partition(":")[0]: e for e in graded.violations("createTranscription")}
    assert by_place["body.response_format"]["sample"]["sent"] == '"txt"'
    assert by_place["body.response_format"]["nearest"] == "text"


def test_a_path_that_is_too_long_for_a_route_is_nearest_to_it(graded: Graded) -> None:
    graded.request("GET", "/text/a/b")
    graded.request("GET", "/openai")
    assert graded.report["nearest_routes"] == {
        "GET gateway /text/a/b": "GET /text/{prompt}",
        "GET gateway /openai": "POST /openai",
    }


def test_fields_of_free_form_are_not_unknown(graded: Graded) -> None:
    schema = {"type": "object", "properties": {"anything": {"type": "string"}}}
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    chat(graded, tools=[tool], response_format=form, logit_bias={"50256": -1})
    assert graded.report["unknown_to_contract"] == []


def test_unknown_routes_are_counted_with_the_nearest_one(graded: Graded) -> None:
    for _ in range(2):
        graded.request("POST", "/v1/chat/completion", json={})
    report = graded.report
    assert report["requests"] == 2
    assert report["unknown_routes"] == {"POST gateway /v1/chat/completion": 2}
    nearest = report["nearest_routes"]["POST gateway /v1/chat/completion"]
    assert nearest == "POST /v1/chat/completions"
    assert report["valid"] is False


def test_a_large_hostile_body_is_looked_at_within_a_bound(graded: Graded) -> None:
    body = {"messages": [{"role": "user", "content": [{"x" * 50: n} for n in range(20_000)]}]}
    chat(graded, **body)
    assert len(json.dumps(graded.report)) < 100_000


# --- forms ----------------------------------------------------------------------------------------


def odd(graded: Graded) -> None:
    """Send what leaves something in every section of the report."""
    graded.request("GET", "/image/%3Cscript%3Ealert(1)%3C%2Fscript%3E?width=%3Cscript%3Ealert(1)")
    graded.request("GET", "/%3Cb%3E/x")
    graded.request("GET", "/text/hello?%3Ci%3E=%3Ci%3E")


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        (REPORT, "*/*", "application/json"),
        (REPORT, "application/json, text/html", "application/json"),
        (REPORT, "text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        (REPORT + ".html", "*/*", "text/html; charset=utf-8"),
    ],
)
def test_browsers_get_a_page_and_programs_json(
    graded: Graded, path: str, accept: str, kind: str
) -> None:
    response = graded.request("GET", path, headers={"Accept": accept})
    assert response.headers["content-type"] == kind
    assert graded.report["requests"] == 0  # readers are not graded
    head = graded.request("HEAD", path, headers={"Accept": accept})
    assert (head.headers["content-type"], head.content) == (kind, b"")
    assert graded.request("POST", path).status_code == 405


def test_the_page_shows_everything_and_nothing_that_was_sent_is_markup(graded: Graded) -> None:
    odd(graded)
    page = to_html(graded.report)
    assert "<script" not in page
    assert "<i>" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "Unknown to the contract" in page


def test_the_text_has_the_same_entries(graded: Graded) -> None:
    odd(graded)
    text = to_text(graded.report)
    assert text.splitlines()[0] == (
        "3 requests, not all valid: 1 kind of violations and 1 unknown route."
    )
    assert "✗ query.width: " in text
    assert 'sent "<script>alert(1)" · IMG-GET-04 · 1 request · first at 2026-01-01' in text
    assert "Unknown to the contract (fails nothing):" in text
    assert to_text(Graded().report) == "No request has come."


def test_the_policy_of_the_page_allows_its_own_style_only(graded: Graded) -> None:
    page = graded.request("GET", REPORT + ".html")
    style = re.search(r"<style>(.*?)</style>", page.text, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = page.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
