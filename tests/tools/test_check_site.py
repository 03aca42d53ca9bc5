"""`make check-site` sees what is wrong with a page, and nothing where nothing is."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from pollinations_conformance.contract import load
from pollinations_conformance.reference.page import render
from pollinations_conformance.server import RunningServer
from tests.sharing import once
from tools import check_site


def missing() -> str:
    """Return why there is no Chromium; empty when there is."""
    try:
        check_site.chromium()
    except check_site.CheckError as error:
        return str(error)
    return ""


needs_chromium = pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")

GOOD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Good</title>
<meta name="viewport" content="width=device-width">
<style>:root { color-scheme: light dark } pre { overflow-x: auto }</style></head>
<body><main><h1 id="top-of-it">Good</h1><p>Some text. <a href="#top-of-it">up</a> <a href="#top">top</a>
<a href="other.html#there">other</a> <a href="https://example.org/">elsewhere</a></p>
<pre>a line that is much too long for a phone, but which one can move inside its box, so that all is well</pre>
<img alt="a dot" src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs="></main></body></html>"""


def page(body: str, head: str = "") -> str:
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>A page</title>"
        f"<meta name=viewport content='width=device-width'>{head}</head>"
        f"<body><main><h1>A page</h1>{body}</main></body></html>"
    )


FAULTS = {
    "dead-link": (page("<a href='nowhere.html'>x</a>"), "links to nothing: nowhere.html"),
    "dead-anchor": (
        page("<a href='good.html#nowhere'>x</a>"),
        "links to an anchor that is not there: good.html#nowhere",
    ),
    "folder": (page("<a href='more/'>x</a>"), "links to a folder"),
    "code-link": (page("<a href='javascript:alert(1)'>x</a>"), "has a link that runs code"),
    "twice": (page("<p id=a>x</p><p id=a>y</p>"), "has the id 'a' more than once"),
    "no-alt": (page("<img src='data:,'>"), "has an image without alt"),
    "no-title": ("<!doctype html><main><h1>x</h1></main>", "has no title"),
    "no-heading": ("<!doctype html><title>x</title><main>x</main>", "shows no h1"),
    "hidden-heading": (
        "<!doctype html><title>x</title><main>x<h1 hidden>y</h1></main>",
        "shows no h1",
    ),
    "empty": ("<!doctype html><title>x</title><h1>x</h1><main> </main>", "has no main part"),
    "wide": (page("<div id=b style='width:700px'>x</div>"), "is 708 px wide on a screen of 390"),
    "cut-table": (
        page(
            "<div style='overflow: auto'><table><tr><td style='min-width: 1400px'>x</table></div>"
        ),
        "cuts a column of a table off, in div (desk, light; desk, dark)",
    ),
    "console": (page("x", "<script>console.error('oh\\n no')</script>"), "to the console: oh no"),
    "script": (page("x", "<script>nothing.at.all()</script>"), "fails in a script"),
    "missing-style": (page("x", "<link rel=stylesheet href=no.css>"), "cannot load file:"),
    "font": (
        page("x", "<link rel=stylesheet href='https://fonts.example.org/a.css'>"),
        "loads something from elsewhere: https://fonts.example.org/a.css",
    ),
    "late-font": (
        page(
            "<p style='font-family: a'>x</p>",
            "<style>@font-face { font-family: a; src: url(https://fonts.example.org/a.woff2) }</style>",
        ),
        "loads something from elsewhere: https://fonts.example.org/a.woff2",
    ),
    "beacon": (
        page("x", "<script>fetch('https://example.org/seen').catch(() => 0)</script>"),
        "loads something from elsewhere: https://example.org/seen",
    ),
    "pale": (page("<p style='color: #aaa'>pale</p>"), 'in p "pale"'),
    "faded": (page("<p style='opacity: .3'>faded</p>"), 'in p "faded"'),
    "pale-on-colour": (
        page("<div style='background: oklch(0.5 0.2 30)'><p style='color: #000'>dim</p></div>"),
        'in p "dim"',
    ),
    "dark-only": (
        page(
            "<p>here</p>",
            "<style>@media (prefers-color-scheme: dark) { body { background: #111 } }</style>",
        ),
        "(phone, dark; desk, dark)",
    ),
}


FILTERED = {
    "max_tokens": "field\nmax_tokens",
    "aspect_ratio": "field\naspectRatio",
    "pollenBudget": "field\npollenBudget",
    "PAYMENT_REQUIRED": "response\n402 PaymentRequired",
    "CHAT-STREAM-03": "requirement\nCHAT-STREAM-03",
    "transcribe audio": "operation\nTranscribe audio",
}
"""What is typed into the filter of the API reference, and what is found first."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, list[str]]]:
    """Return what is found on such pages; they are looked at by one process of the tests."""
    return once(tmp_path_factory, "faults", lambda: look_at_faults(tmp_path_factory.mktemp("site")))


def look_at_faults(folder: Path) -> tuple[int, dict[str, list[str]]]:
    """Check a site with a fault on every page but one."""
    (folder / "more").mkdir()
    (folder / "good.html").write_text(GOOD, encoding="utf-8")
    (folder / "other.html").write_text(
        page("<p id=there>there</p>").replace("<main>", "<main><img src='data:,' alt=''>"),
        encoding="utf-8",
    )
    for name, (text, _) in FAULTS.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        reported = io.StringIO()
        patch.setattr(sys, "stdout", reported)
        code = check_site.main([str(folder)])
    by_page: dict[str, list[str]] = {}
    for line in reported.getvalue().splitlines():
        name, _, text = line.partition(".html: ")
        by_page.setdefault(name.rpartition("/")[2], []).append(text or line)
    return code, by_page


@pytest.mark.whole_run
@needs_chromium
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_seen(name: str, found: tuple[int, dict[str, list[str]]]) -> None:
    assert any(FAULTS[name][1] in line for line in found[1][name]), found[1][name]


@pytest.mark.whole_run
@needs_chromium
def test_a_page_without_fault_is_left_alone(found: tuple[int, dict[str, list[str]]]) -> None:
    code, lines = found
    assert code == 1
    assert "good" not in lines
    assert "other" not in lines


@pytest.mark.whole_run
@needs_chromium
def test_a_fault_is_reported_once_with_the_views_it_occurs_in(
    found: tuple[int, dict[str, list[str]]],
) -> None:
    _, lines = found
    assert lines["wide"] == [
        "is 708 px wide on a screen of 390, by div#b (phone, light; phone, dark)"
    ]
    assert len(lines["pale"]) == 1
    assert lines["console"] == ["writes to the console: oh no"]


@pytest.mark.whole_run
@needs_chromium
def test_the_api_reference_is_well_on_phone_and_desk_in_light_and_dark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "api.html").write_text(render(load()), encoding="utf-8")
    assert check_site.main([str(tmp_path / "api.html")]) == 0, capsys.readouterr().out


@pytest.mark.whole_run
@needs_chromium
def test_the_comforts_of_the_api_reference_work_under_its_policy(
    pollinations_server: RunningServer,
) -> None:
    from playwright.sync_api import sync_playwright

    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=check_site.chromium(), args=check_site.arguments()
        )
        tab = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="light")
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.goto(f"{pollinations_server.base_url}/__contract__/reference#CHAT-STREAM-03")
        assert tab.locator("#CHAT-STREAM-03 .more").is_visible()

        tab.keyboard.press("/")
        tab.keyboard.type("tool_choice names function")
        assert tab.locator("#results li").all_inner_texts() == [
            "requirement\nCHAT-TOOL-04\n"
            "When tool_choice names a function, the tool call MUST be of that function. documented"
        ]
        for words, first in FILTERED.items():
            tab.locator("#filter").fill(words)
            assert tab.locator("#results li").first.inner_text().startswith(first)
        tab.locator("#filter").fill("tool_choice names function")
        tab.keyboard.press("Enter")
        assert tab.url.endswith("#CHAT-TOOL-04")
        assert not tab.locator("nav").is_visible()

        ground = "getComputedStyle(document.body).backgroundColor"
        before = tab.evaluate(ground)
        tab.locator("button.theme:visible").click()
        assert tab.evaluate(ground) != before
        browser.close()
    assert said == []


@pytest.mark.whole_run
@needs_chromium
def test_the_api_reference_shows_one_operation_at_a_time_and_finds_its_parts(
    tmp_path: Path,
) -> None:
    from playwright.sync_api import sync_playwright

    (tmp_path / "api.html").write_text(render(load()), encoding="utf-8")
    place = (tmp_path / "api.html").as_uri()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=check_site.chromium(), args=check_site.arguments()
        )
        tab = browser.new_page(viewport={"width": 1280, "height": 800})
        shown = tab.locator("main .item:visible, main > .part > h1:visible")

        def ids() -> list[str]:
            return [each.get_attribute("id") or "introduction" for each in shown.all()]

        tab.goto(place)
        assert ids() == ["introduction"]
        tab.goto(f"{place}#generateImage.seed")
        assert ids() == ["generateImage"]
        assert tab.locator('[id="generateImage.seed"]').is_visible()
        assert tab.evaluate("document.documentElement.scrollHeight") < 15_000
        assert tab.locator('nav [aria-current="true"]').inner_text().startswith("GET")
        for words, kind, target in (
            ("seed", "field", "generateText.seed"),
            ("choices", "field", "schema-ChatCompletion.choices"),
            ("payment_required", "response", "response-PaymentRequired"),
            ("402", "response", "response-PaymentRequired"),
            ("CHAT-STREAM-03", "requirement", "CHAT-STREAM-03"),
            ("/image/{prompt}", "operation", "generateImage"),
        ):
            tab.locator("#filter").fill(words)
            found = tab.locator("#results a")
            hrefs = [each.get_attribute("href") for each in found.all()]
            assert f"#{target}" in hrefs, words
            link = found.nth(hrefs.index(f"#{target}"))
            assert link.locator(".kind").inner_text() == kind
            link.click()
            assert tab.locator(f'[id="{target}"]').is_visible(), words
            assert len(ids()) == 1
        tab.locator("#filter").fill("")
        assert tab.locator("#tree").is_visible()
        tab.locator(".turn:visible a").first.click()
        assert tab.locator("main h2:visible").all_inner_texts() == ["Image"]
        tab.locator("main .index:visible a").first.click()
        assert ids() == ["generateImage"]
        tab.locator("#all").click()
        assert len(ids()) > 60
        tab.locator("#all").click()
        assert len(ids()) == 1
        browser.close()


def test_links_can_be_followed_without_a_browser(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    (tmp_path / "a.html").write_text(page("<a href='b%20c.html#d'>x</a>"), encoding="utf-8")
    assert check_site.main(["--links-only", str(tmp_path)]) == 1
    assert "links to nothing: b%20c.html#d" in capsys.readouterr().out
    (tmp_path / "b c.html").write_text(page("<p id=d>x</p>"), encoding="utf-8")
    assert check_site.main(["--links-only", str(tmp_path)]) == 0


def test_without_chromium_it_is_inconclusive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    (tmp_path / "a.html").write_text(page("x"), encoding="utf-8")
    assert check_site.main([str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "no Chromium on the PATH; install one of: chromium" in line


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none", "is not there; build it first"),
        (".", "has no page"),
        ("http://127.0.0.1:9/", "does not respond"),
    ],
)
def test_nothing_to_open_is_inconclusive(
    name: str,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert check_site.main([name]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_a_link_away_from_a_server_is_left_alone(pollinations_server: RunningServer) -> None:
    source = check_site.read(page("<a href='https://example.org/'>x</a><a href='/none'>y</a>"))
    target = check_site.Target(f"{pollinations_server.base_url}/x", "x", source)
    (problem,) = check_site.follow([target])
    assert re.search("links to nothing: /none$", problem.text)
