"""Test that real recordings are accepted, and that spoilt ones are not."""

import copy
import json
from pathlib import Path

import pytest

from pollinations_conformance.contract import Contract
from pollinations_conformance.replay.report import replay
from tests.conformance.replay.entries import (
    Change,
    Entry,
    verdict,
)

SHARED = Path(__file__).resolve().parents[4] / "shared" / "recordings"

needs_recordings = pytest.mark.skipif(
    not SHARED.is_dir(),
    reason="needs the real recordings, which are not part of this repository (../shared/recordings)",
)


@needs_recordings
def test_every_recorded_response_and_served_request_is_accepted(contract: Contract) -> None:
    report = replay(contract, sorted(SHARED.glob("*.har")))
    failed = [
        f"{one.label}: {one.problems[0].sentence}" for one in report.exchanges if one.problems
    ]
    assert failed == []
    assert report.unreadable == []
    assert report.exit_code == 0
    assert report.counts["holds"] >= 220
    assert sum(one.request_evidence == "refused" for one in report.exchanges) >= 25


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
            validated = verdict(contract, recorded)
            content = recorded["response"]["content"]
            if validated.request_evidence != "accepted" or kind not in content.get("mimeType", ""):
                continue
            if validated.operation not in ("createChatCompletion", "generateText"):
                continue
            spoilt = copy.deepcopy(recorded)
            change(spoilt)
            assert verdict(contract, spoilt).verdict == "fails", validated.label
            changed += 1
    assert changed > 20
