"""The table of other people's clients: how it is written, and how findings get their feature."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tools.clients import FOLDER, PAGE, read_clients, run_client
from tools.clients_page import FEATURES, Client, Finding, Outcome, Step, as_page, as_text

CLIENT = Client("Toy", "Python", "toy", "1.2", "first", "toy.py", "Toy(`a`|b)")
PROGRAM = """
import json, os, sys, urllib.error, urllib.request

def take(feature, path):
    request = urllib.request.Request(os.environ["BASE_URL"] + path)
    request.add_header("Authorization", "Bearer " + os.environ["API_KEY"])
    error = None
    try:
        urllib.request.urlopen(request).read()
    except urllib.error.HTTPError as raised:
        error = f"status {raised.code} of {request.full_url}"
    print("noise")
    print("@step " + json.dumps({"feature": feature, "error": error}), flush=True)
    sys.stdin.readline()

take("chat", "/text/hello")
take("images", "/image/a?width=wide")
take("speech", "/audio/hello?speeed=2")
raise SystemExit("no more")
"""


def test_each_finding_belongs_to_the_feature_that_was_tried(tmp_path: Path) -> None:
    (tmp_path / "toy.py").write_text(PROGRAM)
    outcome = run_client(CLIENT, [sys.executable], tmp_path)
    chat, images, speech = outcome.steps
    assert (chat.feature, chat.error, chat.noted) == ("chat", None, False)
    assert images.error == "status 400 of …/image/a?width=wide"
    (violation,) = images.violations
    assert (violation.requirement, violation.sent) == ("IMG-GET-04", '"wide"')
    assert [finding.what for finding in speech.unknown] == ["query.speeed: unknown parameter"]
    assert outcome.crash == "no more"
    assert outcome.verdict == "fails"


def test_the_page_has_a_verdict_for_every_feature_and_says_why() -> None:
    sent = Finding("body.n: unknown field", None, "1")
    bad = Finding("query.width: not a | number", "IMG-GET-04", '"wide"')
    steps = [
        Step("chat", unknown=(sent,)),
        Step("stream", unknown=(sent,)),
        Step("tools", violations=(bad,)),
        Step("images", error="Error: `x` <b>"),
        Step("speech"),
    ]
    page = as_page([Outcome(CLIENT, steps), Outcome(CLIENT, [Step("chat")])])
    assert f"| {' | '.join(FEATURES)} |" in page
    assert (
        "| Toy, Python | `toy` 1.2 | fails | note | note | note | – | yes | – | **no** | – |"
        in page.splitlines()
    )
    assert "- chat, stream: the contract does not know `body.n`: unknown field (sent `1`)" in page
    assert '- tools: violates IMG-GET-04, `query.width`: not a \\| number (sent `"wide"`)' in page
    assert "- images: **fails**, Error: 'x' &lt;b>" in page
    assert "1 of 2 work" in page
    assert "`` Toy(`a`\\|b) ``" in page


def test_without_node_the_page_and_the_terminal_say_so() -> None:
    outcome = Outcome(CLIENT, [])
    assert as_text(outcome) == "toy 1.2 (Python): not run"
    page = as_page([outcome, Outcome(CLIENT, [Step("chat")])])
    assert "there was no node" in page
    assert "1 of 1 work" in page


def test_the_page_is_about_the_versions_that_are_pinned() -> None:
    clients = read_clients()
    assert len(clients) >= 10
    page = PAGE.read_text("utf-8")
    rows = re.findall(r"^\| ([^|]+), (Python|JavaScript) \| `(\S+)` (\S+) \|", page, re.MULTILINE)
    assert rows == [(each.name, each.language, each.package, each.version) for each in clients]
    for each in clients:
        folder = "node" if each.environment == "node" else "python"
        assert (FOLDER / folder / each.program).is_file()


def test_the_locks_name_no_package_index() -> None:
    for lock in (*FOLDER.glob("python/*.txt"), FOLDER / "node" / "package-lock.json"):
        text = lock.read_text("utf-8")
        assert '"resolved"' not in text
        assert "index-url" not in text
        assert "://" not in re.sub(r'"url": "[^"]*"', "", text)
