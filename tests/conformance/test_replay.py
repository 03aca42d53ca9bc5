"""Recorded traffic gets the right verdicts, and its verdicts change when the traffic does."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pollinations_conformance.contract import Contract, load
from pollinations_conformance.http import har
from pollinations_conformance.replay.validate import Judged, judge, replay, replay_command

SHARED = Path(__file__).resolve().parents[3] / "shared" / "recordings"
KEY = "sk_NobodyMaySeeThis0"
JSON = "application/json"
Entry = dict[str, Any]
Change = Callable[[Entry], None]


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load()


def entry(
    url: str,
    status: int,
    body: Any = None,
    kind: str = JSON,
    method: str = "GET",
    posted: Any = None,
    host: str = "https://gen.pollinations.ai",
) -> Entry:
    text = body if isinstance(body, str) else json.dumps(body)
    request: Entry = {
        "method": method,
        "url": host + url,
        "headers": [{"name": "Authorization", "value": f"Bearer {KEY}"}],
    }
    if posted is not None:
        request["postData"] = {"mimeType": JSON, "text": json.dumps(posted)}
    content: Entry = {"mimeType": kind, "text": "" if body is None else text}
    return {
        "request": request,
        "response": {
            "status": status,
            "headers": [{"name": "Content-Type", "value": kind}] if kind else [],
            "content": content,
        },
    }


def envelope(status: int, code: str, details: Any = None) -> Entry:
    error: Entry = {"code": code, "message": "no", "timestamp": "2026-01-13T10:00:00.000Z"}
    if details is not None:
        error["details"] = {"name": "ValidationError", **details}
    return {"status": status, "success": False, "error": error}


ASK = {"messages": [{"role": "user", "content": "Name a colour."}]}
ANSWER: Entry = {
    "id": "pllns_" + "ab" * 16,
    "object": "chat.completion",
    "created": 1760000000,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Blue"}}],
    "usage": {"prompt_tokens": 4, "completion_tokens": 1, "total_tokens": 5},
}


def refusal(**fields: list[str]) -> Entry:
    return envelope(400, "BAD_REQUEST", {"formErrors": [], "fieldErrors": fields})


def verdict(contract: Contract, recorded: Entry) -> Judged:
    (exchange,) = har.loads(json.dumps({"log": {"entries": [recorded]}}).encode())
    return judge(contract, exchange)


CHAT = "/v1/chat/completions"


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        (entry(CHAT, 200, ANSWER, method="POST", posted=ASK), "holds"),
        (entry(CHAT + "/extra", 200, ANSWER, method="POST", posted=ASK), "holds"),
        (entry(CHAT, 302, "", method="POST", posted=ASK), "fails"),
        (entry(CHAT, 200, {**ANSWER, "choices": 1}, method="POST", posted=ASK), "fails"),
        (entry(CHAT, 200, ANSWER, method="POST", posted={**ASK, "top_p": 2}), "fails"),
        (entry(CHAT, 401, envelope(401, "UNAUTHORIZED"), method="POST", posted=ASK), "holds"),
        (entry(CHAT, 401, {"error": "no"}, method="POST", posted=ASK), "fails"),
        (entry("/text/a", 200, "hi", "text/plain; charset=utf-8"), "holds"),
        (entry("/text/a", 200, "<p>", "text/html"), "fails"),
        (entry("/text/a?seed=1&seed=2", 200, "hi", "text/plain"), "fails"),
        (entry("/nope", 404, envelope(404, "NOT_FOUND")), "holds"),
        (entry("/nope", 404, {"error": "no"}), "fails"),
        (entry("/nope", 200, "hi", "text/plain"), "outside"),
        (entry("/", 302, None, ""), "outside"),
        (entry("/text/a", 204, None, "", "OPTIONS"), "outside"),
        (entry("/text/a", 200, "hi", "text/plain", host="https://elsewhere.example"), "outside"),
        (entry("/text/a", 0, None, ""), "outside"),
    ],
)
def test_an_exchange_gets_its_verdict(contract: Contract, recorded: Entry, expected: str) -> None:
    judged = verdict(contract, recorded)
    assert judged.verdict == expected
    assert bool(judged.problems) == (expected == "fails")


def test_a_refused_request_must_be_invalid_in_a_field_that_was_named(contract: Contract) -> None:
    def refused(query: str, **fields: list[str]) -> Judged:
        return verdict(contract, entry(f"/text/a?{query}", 400, refusal(**fields)))

    assert refused("seed=abc", seed=["no"]).verdict == "holds"
    valid = refused("seed=7", seed=["no"])
    assert valid.verdict == "fails"
    assert "finds the request valid" in valid.problems[0].sentence
    assert valid.problems[0].pointer.startswith("/")
    other = refused("seed=abc", model=["no"])
    assert other.verdict == "fails"
    assert "objects to seed only" in other.problems[0].sentence


def test_a_refusal_of_the_whole_body_is_matched_with_the_whole_body(contract: Contract) -> None:
    details: Entry = {"formErrors": ["Invalid input"], "fieldErrors": {}}
    body = envelope(400, "BAD_REQUEST", details)
    assert verdict(contract, entry(CHAT, 400, body, method="POST", posted=[1])).verdict == "holds"
    assert verdict(contract, entry(CHAT, 400, body, method="POST", posted=ASK)).verdict == "fails"


def test_a_refusal_without_details_says_nothing_about_the_request(contract: Contract) -> None:
    body = envelope(400, "BAD_REQUEST")
    judged = verdict(contract, entry(CHAT, 400, body, method="POST", posted=ASK))
    assert (judged.verdict, judged.request_evidence) == ("holds", "")


def test_an_error_body_of_the_backend_is_outside(contract: Contract) -> None:
    body: Entry = {
        "error": "Bad Request",
        "message": "x",
        "requestId": "a1",
        "requestParameters": {},
    }
    assert verdict(contract, entry("/text/a", 400, body)).verdict == "outside"
    assert verdict(contract, entry("/text/a", 200, body)).verdict == "fails"


def test_each_event_of_a_stream_counts(contract: Contract) -> None:
    chunk = {
        "id": "x",
        "object": "chat.completion.chunk",
        "created": 1760000000,
        "model": "m",
        "choices": [{"index": 0, "delta": {"content": "Blue"}}],
    }
    good = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"
    asked = {**ASK, "stream": True}

    def streamed(text: str) -> Judged:
        return verdict(
            contract,
            entry(CHAT, 200, text, "text/event-stream; charset=utf-8", "POST", asked),
        )

    assert streamed(good).verdict == "holds"
    broken = streamed(good.replace('"choices"', '"choice"'))
    assert broken.verdict == "fails"
    assert broken.problems[0].where.startswith("event[0].data")
    assert streamed(": hello\n\n").verdict == "fails"


# --- the command ---


def save(path: Path, *entries: Entry) -> str:
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": list(entries)}}), "utf-8")
    return str(path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(replay_command, arguments)


GOOD = entry("/text/a", 200, "hi", "text/plain; charset=utf-8")
BAD = entry(f"/text/a?seed=x&key={KEY}", 200, f"<p>{KEY}", "text/html")
STRANGE = entry("/text/a", 200, "hi", "text/plain", host="http://127.0.0.1:8000")


def test_exit_codes_tell_holds_fails_and_cannot_tell(tmp_path: Path) -> None:
    assert run(save(tmp_path / "a.har", GOOD)).exit_code == 0
    assert run(save(tmp_path / "b.har", GOOD, BAD)).exit_code == 1
    assert run(save(tmp_path / "c.har", STRANGE)).exit_code == 2
    assert run(save(tmp_path / "d.har")).exit_code == 2
    assert run(str(tmp_path / "none.har")).exit_code == 2


def test_an_unreadable_file_does_not_hide_the_others(tmp_path: Path) -> None:
    good, bad = save(tmp_path / "a.har", GOOD), save(tmp_path / "b.har", BAD)
    result = run(str(tmp_path / "none.har"), good)
    assert result.exit_code == 2
    assert "none.har: cannot be read" in result.stderr
    assert "1 exchanges" in result.stdout
    assert run(str(tmp_path / "none.har"), bad).exit_code == 1


def test_a_report_tells_what_is_wrong_where_and_never_a_key(tmp_path: Path) -> None:
    file = save(tmp_path / "b.har", BAD, BAD, GOOD)
    text, machine = run("-v", file), run("--json", "-", file)
    assert "generateText, request, 2x: query.seed" in text.stdout
    assert "contract: /paths/~1text~1{prompt}" in text.stdout
    for output in (text.output, machine.output):
        assert KEY not in output
        assert "text/html is not documented" in output
    document = json.loads(machine.stdout)
    assert document["totals"] == {"holds": 1, "fails": 2, "outside": 0}
    assert document["exchanges"][0]["problems"][0]["pointer"].startswith("/")


def test_json_goes_to_a_file_beside_the_text(tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    result = run("--json", str(out), save(tmp_path / "a.har", GOOD))
    assert result.exit_code == 0
    assert "generateText" in result.stdout
    assert json.loads(out.read_text("utf-8"))["exit"] == 0
    assert run("--json", str(tmp_path), save(tmp_path / "a.har", GOOD)).exit_code == 2


def test_another_address_can_stand_for_the_service(tmp_path: Path) -> None:
    file = save(tmp_path / "c.har", STRANGE)
    assert "--base-url" in run(file).stdout
    assert run("--base-url", "http://127.0.0.1:8000", file).exit_code == 0
    assert run("--host-map", "127.0.0.1:8000=gateway", file).exit_code == 0
    assert run("--host-map", "127.0.0.1:8000=media", file).exit_code == 2
    assert run("--host-map", "127.0.0.1:8000", file).exit_code == 2
    under = entry("/base/text/a", 200, "hi", "text/plain", host="http://127.0.0.1:8000")
    below = save(tmp_path / "e.har", under)
    assert run("--base-url", "http://127.0.0.1:8000/base", below).exit_code == 0
    assert run("--base-url", "http://127.0.0.1:8000/bas", below).exit_code == 2


def test_a_bad_contract_is_one_line_and_cannot_tell(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("a: [")
    result = run("--contract", str(tmp_path / "c.yaml"), save(tmp_path / "a.har", GOOD))
    assert result.exit_code == 2
    assert "not YAML" in result.stderr
    assert "Traceback" not in result.output


def test_models_that_a_recording_lists_are_known_in_that_recording(tmp_path: Path) -> None:
    listed = entry(
        "/text/models",
        200,
        [{"name": "brand-new", "aliases": ["bn"], "pricing": {"currency": "pollen"}}],
    )
    used = [entry(f"/text/a?model={name}", 200, "hi", "text/plain") for name in ("brand-new", "bn")]
    with_list, without = save(tmp_path / "a.har", listed, *used), save(tmp_path / "b.har", *used)
    assert run(with_list).exit_code == 0
    assert run(without).exit_code == 1
    # One recording's list says nothing about another recording.
    assert run(with_list, without).exit_code == 1


# --- real recordings ---

needs_recordings = pytest.mark.skipif(
    not SHARED.is_dir(),
    reason="needs the real recordings, which are not part of this repository (../shared/recordings)",
)


@needs_recordings
def test_every_recorded_answer_and_served_request_is_accepted(contract: Contract) -> None:
    report = replay(contract, sorted(SHARED.glob("*.har")))
    failed = [f"{one.label}: {one.problems[0].sentence}" for one in report.judged if one.problems]
    assert failed == []
    assert report.unreadable == []
    assert report.exit_code == 0
    assert report.counts["holds"] >= 220
    assert sum(one.request_evidence == "refused" for one in report.judged) >= 25


def _status(recorded: Entry) -> None:
    recorded["response"]["status"] = 207


def _media_type(recorded: Entry) -> None:
    headers = recorded["response"]["headers"]
    recorded["response"]["headers"] = [h for h in headers if h["name"].lower() != "content-type"]
    recorded["response"]["content"]["mimeType"] = "text/html"


def _cut(recorded: Entry) -> None:
    content = recorded["response"]["content"]
    content["text"] = content["text"][:-1]


def _first_event(recorded: Entry) -> None:
    content = recorded["response"]["content"]
    events = content["text"].split("\n\n")
    content["text"] = "\n\n".join(['data: {"choices": 5}', *events[1:]])


def _parameter(recorded: Entry) -> None:
    request = recorded["request"]
    if "postData" in request:
        body = json.loads(request["postData"]["text"])
        request["postData"]["text"] = json.dumps({**body, "top_p": 7})
    else:
        request["url"] += ("&" if "?" in request["url"] else "?") + "seed=x"


@needs_recordings
@pytest.mark.parametrize(
    ("change", "kind"),
    [(_status, ""), (_media_type, ""), (_cut, "json"), (_first_event, "stream"), (_parameter, "")],
)
def test_every_recorded_success_fails_once_it_is_spoilt(
    contract: Contract, change: Change, kind: str
) -> None:
    changed = 0
    for file in sorted(SHARED.glob("*.har")):
        for recorded in json.loads(file.read_text("utf-8"))["log"]["entries"]:
            judged = verdict(contract, recorded)
            content = recorded["response"]["content"]
            if judged.request_evidence != "accepted" or kind not in content.get("mimeType", ""):
                continue
            if judged.operation not in ("createChatCompletion", "generateText"):
                continue
            spoilt = copy.deepcopy(recorded)
            change(spoilt)
            assert verdict(contract, spoilt).verdict == "fails", judged.label
            changed += 1
    assert changed > 20
