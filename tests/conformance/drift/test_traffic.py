"""Test what recorded traffic decides about a difference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pollinations_conformance.contract import default_path
from pollinations_conformance.drift.document import Document
from pollinations_conformance.drift.read import read
from pollinations_conformance.drift.report import (
    examine,
    headline,
)
from pollinations_conformance.drift.traffic import Verdict
from tests.conformance.drift.documents import (
    GET,
    PARAMS,
    THING,
    Change,
    Json,
    base,
    drop,
    put,
    run,
    save,
)

SHARED = Path(__file__).resolve().parents[4] / "shared"


def har_file(tmp_path: Path, *exchanges: Json) -> Path:
    entries = [
        {
            "request": {
                "method": one.get("method", "GET"),
                "url": "https://api.example.org" + one["path"],
                "headers": [
                    {"name": "Authorization", "value": "Bearer x"},
                    {"name": "Content-Type", "value": "application/json"},
                ],
                "postData": {"mimeType": "application/json", "text": json.dumps(one["sent"])}
                if "sent" in one
                else {},
            },
            "response": {
                "status": one.get("status", 200),
                "headers": [{"name": "X-Id", "value": "1"}],
                "content": {"mimeType": "application/json", "text": json.dumps(one["body"])},
            },
        }
        for one in exchanges
    ]
    return save(tmp_path, "traffic.har", {"log": {"version": "1.2", "entries": entries}})


def refusal(field: str) -> Json:
    return {"error": {"details": {"formErrors": [], "fieldErrors": {field: ["no"]}}}}


ONE_GET = "/things/1?size=2"
TRAFFIC: list[tuple[str, Change, Json, str]] = [
    # what theirs has, what was recorded, who is wrong
    (
        "narrower",
        put(f"{PARAMS}.1.schema", "maximum", 5),
        {"path": "/things/1?size=7", "body": {"name": "n"}},
        "theirs wrong",
    ),
    (
        "wider",
        put(f"{PARAMS}.1.schema", "maximum", 50),
        {"path": "/things/1?size=20", "body": {"name": "n"}},
        "ours wrong",
    ),
    (
        "inside",
        put(f"{PARAMS}.1.schema", "maximum", 5),
        {"path": ONE_GET, "body": {"name": "n"}},
        "undecided",
    ),
    (
        "refused",
        put(f"{PARAMS}.1.schema", "maximum", 5),
        {"path": "/things/1?size=7", "status": 400, "body": refusal("size")},
        "ours wrong",
    ),
    (
        "refused for another",
        put(f"{PARAMS}.1.schema", "maximum", 5),
        {"path": "/things/1?size=7", "status": 400, "body": refusal("kind")},
        "undecided",
    ),
    (
        "null",
        put(f"{THING}.properties.note", "type", "string"),
        {"path": ONE_GET, "body": {"name": "n", "note": None}},
        "theirs wrong",
    ),
    (
        "both",
        put(f"{THING}.properties.count", "type", "string"),
        {"path": ONE_GET, "body": {"name": "n", "count": True}},
        "both wrong",
    ),
    (
        "needed",
        put(THING, "required", ["name", "note"]),
        {"path": ONE_GET, "body": {"name": "n"}},
        "theirs wrong",
    ),
    ("not needed", put(THING, "required", []), {"path": ONE_GET, "body": {}}, "ours wrong"),
    (
        "unnamed",
        drop(f"{THING}.properties", "count"),
        {"path": ONE_GET, "body": {"name": "n", "count": 1}},
        "theirs wrong",
    ),
    (
        "status",
        put(f"{GET}.responses", "409", {"description": ""}),
        {"path": ONE_GET, "status": 409, "body": {}},
        "ours wrong",
    ),
    (
        "media",
        put(f"{GET}.responses.200", "content", {"text/csv": {}}),
        {"path": ONE_GET, "body": {"name": "n"}},
        "theirs wrong",
    ),
    (
        "operation",
        drop("paths", "|things"),
        {"method": "POST", "path": "/things", "sent": {"name": "n"}, "status": 201, "body": {}},
        "theirs wrong",
    ),
    (
        "body",
        put(f"{THING}.properties.name", "minLength", 3),
        {"method": "POST", "path": "/things", "sent": {"name": "ab"}, "status": 201, "body": {}},
        "theirs wrong",
    ),
    (
        "in a union",
        put("components.schemas.Part.oneOf.1.properties.url", "maxLength", 2),
        {"path": ONE_GET, "body": {"name": "n", "parts": [{"type": "image", "url": "long"}]}},
        "theirs wrong",
    ),
    (
        "of another kind",
        put("components.schemas.Part.oneOf.1.properties.url", "maxLength", 2),
        {
            "path": ONE_GET,
            "body": {"name": "n", "parts": [{"type": "text", "url": "long", "text": "t"}]},
        },
        "undecided",
    ),
    (
        "header",
        drop(f"{GET}.responses.200.headers", "X-Id"),
        {"path": ONE_GET, "body": {"name": "n"}},
        "theirs wrong",
    ),
]


@pytest.mark.parametrize(
    ("change", "exchange", "wanted"), [row[1:] for row in TRAFFIC], ids=[row[0] for row in TRAFFIC]
)
def test_traffic_decides_who_is_wrong(
    tmp_path: Path, change: Change, exchange: Json, wanted: str
) -> None:
    theirs = base()
    change(theirs)
    report = examine(
        Document(base(), "ours"), Document(theirs, "theirs"), [har_file(tmp_path, exchange)]
    )
    assert report.exchanges == 1
    verdicts = {verdict.text for verdict in report.verdicts}
    assert wanted in verdicts
    assert verdicts <= {wanted, "undecided"}
    swapped = {"ours wrong": "theirs wrong", "theirs wrong": "ours wrong"}
    back = examine(
        Document(theirs, "ours"), Document(base(), "theirs"), [har_file(tmp_path, exchange)]
    )
    assert swapped.get(wanted, wanted) in {verdict.text for verdict in back.verdicts}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"status": 404, "message": "m"}, set[str]()),  # the other member, which ours describes
        ({"error": "e"}, {"theirs wrong"}),
    ],
)
def test_a_value_that_another_member_of_a_union_describes_contradicts_nobody(
    tmp_path: Path, body: Json, wanted: set[str]
) -> None:
    def members(*kinds: Json) -> Json:
        return {"anyOf": [{"type": "object", **kind} for kind in kinds]}

    numbered: Json = {"required": ["status"], "properties": {"status": {"const": 404}}}
    plain: Json = {"required": ["error"], "properties": {"error": {"type": "string"}}}
    kinds: Json = {"error": {"type": "integer"}, "status": {"const": 500}}
    other: Json = {"required": ["error"], "properties": kinds}
    ours, theirs = base(), base()
    for document, schema in ((ours, members(numbered, plain)), (theirs, members(other))):
        response = document["paths"]["/things/{id}"]["get"]["responses"]["404"]
        response["content"]["application/json"]["schema"] = schema
    exchange = {"path": "/things/1", "status": 404, "body": body}
    report = examine(
        Document(ours, "ours"), Document(theirs, "theirs"), [har_file(tmp_path, exchange)]
    )
    verdicts = {
        verdict.text
        for difference, verdict in zip(report.differences, report.verdicts, strict=True)
        if difference.first.path.endswith("error")
    }
    assert verdicts - {"undecided"} == wanted
    assert not any(verdict.against_ours for verdict in report.verdicts)


def test_traffic_of_another_host_needs_its_base_url(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = har_file(tmp_path, {"path": ONE_GET, "body": {"name": "n"}})
    file.write_text(file.read_text().replace("https://api.example.org", "http://127.0.0.1:9/v"))
    ours = save(tmp_path, "a", base())
    assert run("--contract", ours, ours, "--against", file) == 0
    assert "--base-url" in capsys.readouterr().err
    assert (
        run("--contract", ours, ours, "--against", file, "--base-url", "http://127.0.0.1:9/v") == 0
    )
    assert capsys.readouterr().err == ""
    assert run("--contract", ours, ours, "--base-url", "http://") == 2


def test_a_recording_that_cannot_be_read_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = save(tmp_path, "a", base())
    assert run("--contract", ours, ours, "--against", tmp_path / "none.har") == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("month", ["2026-01", "2026-02-25"])
def test_recorded_traffic_contradicts_the_published_documents_but_not_ours(month: str) -> None:
    published = SHARED / "upstream" / f"openapi-{month}.json"
    recordings = sorted((SHARED / "recordings").glob("*.har"))
    if not published.is_file() or not recordings:
        pytest.skip("the published documents and recordings are not beside the checkout")
    report = examine(read(str(default_path())), read(str(published)), recordings)
    assert report.unresolved == []
    assert report.exchanges > 200
    wrong = [
        headline(difference)
        for difference, verdict in zip(report.differences, report.verdicts, strict=True)
        if verdict.against_ours
    ]
    assert wrong == []
    details = [
        report.verdicts[index].text
        for index, difference in enumerate(report.differences)
        if difference.first.path == "error.details" and difference.first.kind == "required"
    ]
    assert details == ["theirs wrong"]


@pytest.mark.parametrize(("others", "wanted"), [(True, "ours wrong"), (False, "undecided")])
def test_a_recording_without_any_key_does_not_prove_that_none_is_needed(
    tmp_path: Path, others: bool, wanted: str
) -> None:
    theirs = base()
    theirs["security"].append({})
    file = har_file(tmp_path, {"path": ONE_GET, "body": {"name": "n"}})
    text = file.read_text()
    log = json.loads(text.replace("Authorization", "Accept"))
    if others:
        log["log"]["entries"] += json.loads(text)["log"]["entries"]
    file.write_text(json.dumps(log))
    report = examine(Document(base(), "ours"), Document(theirs, "theirs"), [file])
    assert [verdict.text for verdict in report.verdicts] == [wanted]


def test_verdict_without_evidence_is_undecided() -> None:
    assert Verdict().text == "undecided"
