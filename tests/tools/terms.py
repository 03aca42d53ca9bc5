"""The words that this project does not use, and every text of the repository that people read.

The field has a standard term for each of these words, which search engines and readers look for; the
pattern's right side names it. What is read: the contract's prose, the pages, help texts and messages
(every string of the code that has a space, docstrings included), templates, and the client.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]

PRIVATE = {
    r"answer(s|ed|ing)?": "response, respond (a model answers a question; see ALLOWED)",
    r"ask(s|ed|ing)?": "request, send",
    r"(?<!IP )(?<!e-mail )(?<!email )address(es|ed)?": "URL (an address is an IP, or host and port)",
    r"pictures?|films?|filmed|filming|paint(s|ed|ing)?|speaks? a text": "image, video, generate",
    r"sounds?": "audio",
    r"purses?|books|booked|booking|money": "balance, billing, pollen, usage",
    r"penniless|barred|unpermitted|exhausted(?!-budget)": "the role names of suite.keyring",
    r"told|tells?(?!( \w+){0,3} apart)|telling|says|said|met with": "report, document, name",
    r"(stands?|standing|stood)(?! for)": "be (in, at, documented in, duplicated)",
    r"judge[sd]?|judging|judge?ments?|blam(e|es|ed|ing)|excus(e|es|ed|ing)|(hold|held|holds) against": (
        "validate, attribute to, skip, check against"
    ),
    r"moods?|bad moments?": "nondeterministic output",
    r"misfortunes?|zoo|faults? on request": "fault injection",
    r"mend(s|ed|ing)?|puts? right": "fix",
    r"news": "an unexpected pass is reported",
    r"had no turn": "not run",
    r"grad(e|es|ed|ing)": "request validation, valid",
    r"stand-ins?": "mock server",
    r"pages? of the network": "CDN or proxy error pages",
    r"continue a conversation|write down what is said": "the summaries of the contract",
    r"requirements? broken|honest server": "violated; the server without defects",
}
"""A pattern for each private term, whole words in any case, with what to use instead."""

VERBS = re.compile(r"(Give|Say|Tell)\b")
"""How a docstring does not begin: it is Return, Yield or Raise."""


class Text(NamedTuple):
    """A text that people read.

    Attributes:
        place: file and line, as an editor opens it.
        text: on one line or several.
        docstring: whether it describes a function, class or module.
    """

    place: str
    text: str
    docstring: bool = False


READ_DOCSTRINGS = (
    "examples/",
    "generated/",
    "generator/runtime/",
    "conformance/pollinations_conformance/checks/",
    "conformance/pollinations_conformance/cli/",
    "conformance/pollinations_conformance/suite/session.py",
    "conformance/pollinations_conformance/server/__init__.py",
    "conformance/pollinations_conformance/server/pytest_plugin.py",
)
"""Where docstrings are shown to readers: by `help()`, `--help`, reports and the site."""


def every_text() -> Iterator[Text]:
    """Yield every text that people read."""
    yield from prose_of_contract()
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "action.yml", "Makefile"):
        for path in sorted(ROOT.glob(pattern)):
            yield from lines(path)
    for folder in (
        "conformance",
        "generated",
        "generator",
        "tools",
        "docs",
        "examples",
        "benchmarks",
    ):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = relative(path, 0)
            read = name.startswith(READ_DOCSTRINGS)
            yield from (text for text in strings(path) if read or not text.docstring)
    templates = ROOT / "conformance"
    for path in sorted(templates.rglob("*")):
        if path.suffix in {".html", ".js", ".txt", ".toml", ".yaml", ".json", ".jinja"}:
            yield from lines(path)


def relative(path: Path, line: int) -> str:
    """Return where a text is."""
    return f"{path.relative_to(ROOT).as_posix()}:{line}"


def lines(path: Path) -> Iterator[Text]:
    """Yield the lines of a page or a template."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        yield Text(relative(path, number), line)


PROSE = {
    "description",
    "summary",
    "text",
    "why",
    "title",
    "documented",
    "observed",
    "contract",
    "where",
    "ref",
}


def prose_of_contract() -> Iterator[Text]:
    """Yield the sentences of the contract, and its comments."""
    path = ROOT / "openapi.yaml"
    text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            yield Text(relative(path, number), line)
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    stack = [] if root is None else [root]
    while stack:
        node = stack.pop()
        if isinstance(node, yaml.SequenceNode):
            stack += node.value
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if isinstance(value, yaml.ScalarNode) and key.value in PROSE:
                    yield Text(relative(path, value.start_mark.line + 1), value.value)
                stack.append(value)


def strings(path: Path) -> Iterator[Text]:
    """Yield the docstrings of a module, and its other strings that have a space."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    docstrings: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstrings |= {id(each.value) for each in node.body if isinstance(each, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield Text(relative(path, node.lineno), node.value, id(node) in docstrings)
