"""Look at built pages in headless Chromium, and follow their links: `make check-site`.

Every page is opened as a phone and as a desk would, in light and in dark: it must render, say
nothing on the console, load nothing from elsewhere, not be wider than the screen, and be readable.
Links, anchors, ids and pictures are checked in its source. Nothing is fetched from the network.

Exit codes: 0 all is well, 1 something is not, 2 inconclusive (no Chromium, nothing to open).
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SCREENS = (("phone", 390, 844), ("desk", 1280, 800))
SCHEMES: tuple[Any, ...] = ("light", "dark")
PATIENCE = 30_000
"""Milliseconds that a page has to load."""
LEAST = 4.5
"""Contrast of text and ground, as WCAG 2 asks of text of ordinary size; 3 for large text."""

# Runs in the page. Colours are read through a canvas, which understands every way to write one.
LOOK = """
([least, tolerance]) => {
  const problems = [], root = document.documentElement;
  const shown = element => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const name = element => element.tagName.toLowerCase() + (element.id ? "#" + element.id : "")
    + [...element.classList].slice(0, 2).map(word => "." + word).join("");
  if (!document.title.trim()) problems.push("has no title");
  const heads = [...document.querySelectorAll("h1")].filter(shown);
  if (!heads.some(head => head.innerText.trim())) problems.push("shows no h1");
  const main = document.querySelector("main, [role=main]");
  if (!main || !main.innerText.trim()) problems.push("has no main part with text in it");

  const width = root.clientWidth;
  if (root.scrollWidth > width + tolerance) {
    const wide = [...document.body.querySelectorAll("*")].filter(element => {
      if (element.getBoundingClientRect().right <= width + tolerance || !shown(element)) return false;
      for (let box = element.parentElement; box && box !== document.body; box = box.parentElement)
        if (getComputedStyle(box).overflowX !== "visible") return false;
      return true;
    });
    const guilty = wide.length ? ", by " + name(wide[wide.length - 1]) : "";
    problems.push(`is ${root.scrollWidth} px wide on a screen of ${width}${guilty}`);
  }

  for (const box of width < 1000 ? [] : document.querySelectorAll("main *"))
    if (box.scrollWidth > box.clientWidth + tolerance && box.querySelector("table")
        && ["auto", "scroll", "hidden"].includes(getComputedStyle(box).overflowX) && shown(box))
      problems.push(`cuts a column of a table off, in ${name(box)}`);

  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const colours = new Map();
  const read = text => {
    if (!colours.has(text)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = "#000";
      pen.fillStyle = text;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      colours.set(text, [r, g, b, a / 255]);
    }
    return colours.get(text);
  };
  const over = ([r, g, b, a], [x, y, z]) =>
    [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const canvas = read(getComputedStyle(root).colorScheme.includes("dark")
    && matchMedia("(prefers-color-scheme: dark)").matches ? "#121212" : "#fff");
  const grounds = new Map();
  // The colour behind an element; null where an image is behind it, which cannot be measured.
  const ground = element => {
    if (!element) return canvas;
    if (!grounds.has(element)) {
      const style = getComputedStyle(element), below = ground(element.parentElement);
      const own = read(style.backgroundColor);
      grounds.set(element, style.backgroundImage !== "none" || (!below && own[3] < 1) ? null
        : over(own, below || canvas));
    }
    return grounds.get(element);
  };
  const fade = element => {
    let alpha = 1;
    for (let box = element; box; box = box.parentElement) alpha *= getComputedStyle(box).opacity;
    return alpha;
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * x + .7152 * y + .0722 * z;
  };
  const bad = new Map();
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  for (let node = words.nextNode(); node; node = words.nextNode()) {
    const element = node.parentElement;
    if (seen.has(element) || !node.data.trim()) continue;
    seen.add(element);
    if (element.closest("script, style, noscript, [aria-hidden=true], :disabled") || !shown(element)) continue;
    const behind = ground(element);
    if (!behind) continue;
    const style = getComputedStyle(element), [r, g, b, a] = read(style.color);
    const [one, two] = [light(over([r, g, b, a * fade(element)], behind)), light(behind)];
    const ratio = (Math.max(one, two) + .05) / (Math.min(one, two) + .05);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? Math.min(3, least) : least;
    if (ratio < needed) {
      const key = style.color + " on rgb(" + behind.slice(0, 3).map(Math.round) + ")";
      const entry = bad.get(key) || [0, ratio, name(element), node.data.trim().slice(0, 40)];
      entry[0] += 1;
      bad.set(key, entry);
    }
  }
  for (const [key, [count, ratio, where, text]] of bad)
    problems.push(`has a contrast of ${ratio.toFixed(2)} (${key}) in ${where} "${text}"`
      + (count > 1 ? ` and ${count - 1} more` : ""));
  return problems;
}
"""


class CheckError(Exception):
    """Return in one line why nothing can be told."""


class Problem(NamedTuple):
    """What is wrong with a page."""

    page: str
    text: str
    view: str = ""


@dataclass
class Source:
    """What the source of a page says.

    Attributes:
        ids: in the order they occur.
        links: addresses of `a` elements.
        parts: addresses of what a browser loads by itself.
        pictures: addresses of pictures without a text for those who cannot see them.
    """

    ids: list[str] = field(default_factory=list[str])
    names: set[str] = field(default_factory=set[str])  # old-fashioned anchors
    links: list[str] = field(default_factory=list[str])
    parts: list[str] = field(default_factory=list[str])
    pictures: list[str] = field(default_factory=list[str])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = Source()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        found = self.found
        if named.get("id"):
            found.ids.append(named["id"])
        if tag == "a":
            if named.get("name"):
                found.names.add(named["name"])
            if "href" in named:
                found.links.append(named["href"])
        elif tag == "link":
            if not {"canonical", "alternate", "prev", "next", "author", "license"} & set(
                named.get("rel", "").lower().split()
            ):
                found.parts.append(named.get("href", ""))
        elif "src" in named:
            found.parts.append(named["src"])
        if tag == "img" and "alt" not in named:
            found.pictures.append(named.get("src", ""))


def read(text: str) -> Source:
    """Read the source of a page."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.found


class Target(NamedTuple):
    """A page to look at."""

    address: str  # file:// or http://
    name: str  # as it was given
    source: Source


# --- what is to be looked at --------------------------------------------------------------------


def targets(given: Sequence[str]) -> list[Target]:
    """Find the pages behind folders, files and addresses.

    Args:
        given: as on the command line.

    Raises:
        CheckError: there is nothing.
    """
    found: list[Target] = []
    for name in given:
        if urlsplit(name).scheme in ("http", "https"):
            found.append(Target(name, name, read(fetch(name))))
            continue
        path = Path(name)
        if path.is_dir():
            pages = sorted(path.rglob("*.html"))
        elif path.is_file():
            pages = [path]
        else:
            raise CheckError(f"{name}: is not there; build it first (make site)")
        if not pages:
            raise CheckError(f"{name}: has no page (*.html); build it first (make site)")
        for page in pages:
            try:
                text = page.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise CheckError(f"{page}: cannot be read ({error}); build it again") from None
            found.append(Target(page.resolve().as_uri(), str(page), read(text)))
    return found


def fetch(address: str) -> str:
    """Get the source of a page over HTTP.

    Raises:
        CheckError: it does not come.
    """
    from urllib.error import URLError
    from urllib.request import urlopen

    try:
        with urlopen(address, timeout=PATIENCE / 1000) as answer:  # an address that was given
            return str(answer.read().decode("utf-8", "replace"))
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise CheckError(f"{address}: does not respond ({reason}); start the server") from None


# --- what the source tells ----------------------------------------------------------------------


def follow(pages: Sequence[Target]) -> Iterator[Problem]:
    """Check links, anchors, ids and pictures of all pages; addresses elsewhere are left alone."""
    known = {page.address: page.source for page in pages}
    for page in pages:
        for name in (name for name, times in Counter(page.source.ids).items() if times > 1):
            yield Problem(page.name, f"has the id {name!r} more than once")
        for address in page.source.pictures:
            yield Problem(page.name, f"has an image without alt: {address}")
        for address in page.source.parts:
            if elsewhere(page.address, address):
                yield Problem(page.name, f"loads something from elsewhere: {address}")
        for address in dict.fromkeys(page.source.links):
            problem = broken(page, address, known)
            if problem:
                yield Problem(page.name, problem)


def elsewhere(page: str, address: str) -> bool:
    """Return whether an address leads away from the place that a page comes from."""
    parts = urlsplit(urljoin(page, address))
    if parts.scheme in ("data", "blob", "about", "javascript"):
        return False
    home = urlsplit(page)
    return (parts.scheme, parts.netloc) != (home.scheme, home.netloc)


def broken(page: Target, address: str, known: dict[str, Source]) -> str:
    """Return what is wrong with a link; empty when nothing is."""
    whole = urljoin(page.address, address)
    parts = urlsplit(whole)
    if parts.scheme == "javascript":
        return f"has a link that runs code: {address}"
    if elsewhere(page.address, address) or parts.scheme not in ("file", "http", "https"):
        return ""
    target = parts._replace(query="", fragment="").geturl()
    if target not in known:
        if parts.scheme == "file":
            path = Path(unquote(parts.path))
            if path.is_dir():
                return f"links to a folder, which a disk does not open as a page: {address}"
            if not path.is_file():
                return f"links to nothing: {address}"
            text = path.read_text(encoding="utf-8", errors="replace")
        else:
            try:
                text = fetch(target)
            except CheckError:
                return f"links to nothing: {address}"
        known[target] = read(text)
    anchor = unquote(parts.fragment)
    if anchor and anchor != "top" and anchor not in {*known[target].ids, *known[target].names}:
        return f"links to an anchor that is not there: {address}"
    return ""


# --- what a browser tells -----------------------------------------------------------------------


def chromium() -> str:
    """Find Chromium.

    Raises:
        CheckError: it is not on the PATH.
    """
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    raise CheckError(f"no Chromium on the PATH; install one of: {', '.join(NAMES)}")


def look(browser: Browser, pages: Sequence[Target], told: Callable[[str], None]) -> list[Problem]:
    """Open every page in every view.

    Args:
        browser: a running one.
        pages: to open.
        told: is called with a line about every page.
    """
    problems: list[Problem] = []
    views = [(screen, scheme) for screen in SCREENS for scheme in SCHEMES]
    for number, ((kind, width, height), scheme) in enumerate(views):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        context.set_default_timeout(PATIENCE)
        # The API reference shows one operation at a time, unless it was told otherwise.
        context.add_init_script("try { localStorage.setItem('whole', 'yes') } catch {}")
        view, visits = f"{kind}, {scheme}", Visits(context)
        for index, page in enumerate(pages):
            done, of = number * len(pages) + index + 1, len(views) * len(pages)
            told(f"{done} of {of}: {page.name} ({view})")
            problems += (Problem(page.name, text, view) for text in visits.look_at(page))
        context.close()
    return problems


class Visits:
    """Open pages one after another in one tab: a new one each time is a new process of the browser."""

    def __init__(self, context: BrowserContext) -> None:
        self.tab = context.new_page()
        self.address = ""
        self.problems: list[str] | None = None
        """Of the page that is looked at; None between pages, when the last one is being left."""
        self.listen(self.tab)

    def look_at(self, target: Target) -> list[str]:
        """Open a page once and say what is wrong with it."""
        from playwright.sync_api import Error

        # A search page shows nothing until it is asked for something.
        asked = "?q=a" if urlsplit(target.address).path.endswith("/search.html") else ""
        problems: list[str] = []
        try:
            self.tab.goto("about:blank")  # what the page before still does is not this one's
            self.address, self.problems = target.address, problems
            answer = self.tab.goto(target.address + asked, wait_until="load")
            if answer is not None and answer.status >= 400:
                problems.append(f"has the status {answer.status}")
            problems += self.tab.evaluate(LOOK, [LEAST, 1])
        except Error as error:
            problems.append(f"cannot be opened: {line(str(error))}")
        finally:
            self.problems = None
        return list(dict.fromkeys(problems))

    def note(self, problem: str) -> None:
        """Note what is wrong with the page that is looked at."""
        if self.problems is not None:
            self.problems.append(problem)

    def listen(self, tab: Page) -> None:
        """Note what pages say on the console and what they ask for."""

        def said(message: Any) -> None:
            if message.type == "error" and "ERR_" not in message.text:  # those are failed requests
                self.note(f"writes to the console: {line(message.text)}")

        def asked(request: Any) -> None:
            if elsewhere(self.address, request.url):
                self.note(f"loads something from elsewhere: {request.url}")

        def failed(request: Any) -> None:
            if not elsewhere(self.address, request.url):
                self.note(f"cannot load {request.url} ({request.failure})")

        def answered(response: Any) -> None:
            if response.status >= 400 and response.url != self.address:
                self.note(f"cannot load {response.url} ({response.status})")

        tab.on("console", said)
        tab.on("pageerror", lambda error: self.note(f"fails in a script: {line(str(error))}"))
        tab.on("request", asked)
        tab.on("requestfailed", failed)
        tab.on("response", answered)


def line(text: str) -> str:
    """Fit a text into a line."""
    text = " ".join(text.split())
    return text if len(text) < 200 else text[:200] + "…"


def arguments() -> list[str]:
    """Return how Chromium is started."""
    # No name is looked up, so that nothing leaves the machine whatever a page asks for.
    found = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        found.append("--no-sandbox")  # Chromium refuses to run for root with it
    return found


def browse(pages: Sequence[Target], told: Callable[[str], None]) -> list[Problem]:
    """Start Chromium and look at all pages.

    Raises:
        CheckError: it does not start.
    """
    executable = chromium()
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise CheckError("the Python package playwright is missing; run: make setup") from None
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=executable, args=arguments())
        except Error as error:
            raise CheckError(
                f"{executable} does not start ({line(str(error))}); try it by hand"
            ) from None
        with browser:
            return look(browser, pages, told)


# --- the command --------------------------------------------------------------------------------


def sum_up(problems: Iterable[Problem]) -> list[str]:
    """Write a line for every problem, which names the views it occurs in."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for problem in problems:
        grouped.setdefault((problem.page, problem.text), []).append(problem.view)
    lines: list[str] = []
    for (page, text), views in grouped.items():
        named = list(dict.fromkeys(view for view in views if view))
        every = len(named) == len(SCREENS) * len(SCHEMES)
        where = f" ({'; '.join(named)})" if named and not every else ""
        lines.append(f"{page}: {text}{where}")
    return lines


def main(given: Sequence[str] | None = None) -> int:
    """Check pages.

    Args:
        given: arguments of the command line; None for the process's own.

    Returns:
        0 when all is well, 1 when something is not, 2 when it is unknown.
    """
    parser = argparse.ArgumentParser(
        prog="check_site",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "pages",
        nargs="*",
        default=[str(ROOT / "site")],
        help="folders, files or URLs of running servers (default: site/)",
    )
    parser.add_argument(
        "--links-only", action="store_true", help="read the sources, start no browser"
    )
    options = parser.parse_args(given)
    started = time.monotonic()
    progress = Progress()
    try:
        pages = targets(options.pages)
        problems = list(follow(pages))
        if not options.links_only:
            problems += browse(pages, progress)
    except CheckError as error:
        progress("")
        print(f"Error: {error}", file=sys.stderr)
        return 2
    progress("")
    lines = sum_up(problems)
    for text in lines:
        print(text)
    count = len(lines)
    opened = "" if options.links_only else f", in {len(SCREENS) * len(SCHEMES)} views each"
    seconds = time.monotonic() - started
    said = "nothing wrong" if not count else f"{count} problem{'s' if count > 1 else ''}"
    print(f"{len(pages)} page{'s' if len(pages) != 1 else ''}{opened}: {said} ({seconds:.0f} s)")
    return 1 if count else 0


class Progress:
    """Shows how far it is: in one line of a terminal, elsewhere in a line every ten seconds."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def __call__(self, text: str) -> None:
        """Show a line; an empty one takes the last away."""
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{text[: shutil.get_terminal_size().columns - 1]}")
            sys.stderr.flush()
        elif text and time.monotonic() - self.last > 10:
            self.last = time.monotonic()
            print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
