"""Test that what people read has the field's terms, none of the private ones of terms.py."""

import re

import pytest

from tests.tools import terms

ALLOWED = {
    # What a model says, or is prompted with, is an answer.
    "generation/fake_text.py": ("A short answer about", "You asked about"),
    "generation/completion.py": ("The tool answered:",),
    "defects/chat_response.py": ("The tool answered",),
    "general/cache_keys.py": ("Answer as somebody would",),
    # The recorded service's own messages.
    "server/backend.py": ("API key budget exhausted",),
    "data/errors.yaml": ("API key budget exhausted",),
}
"""By the end of a path, the phrases that stay, each group with its reason."""

PATTERNS = {
    re.compile(rf"(?<![\w/.-])(?:{words})(?![\w-])(?!\.\w)", re.IGNORECASE): instead
    for words, instead in terms.PRIVATE.items()
}
ANY = re.compile("|".join(terms.PRIVATE), re.IGNORECASE)
"""What a text must hold for one of the patterns to find something."""
CODE = re.compile(r"`[^`\n]*`")


def faults(text: terms.Text) -> list[str]:
    """Return the private terms of a text, each with its line and what to use instead."""
    file, _, first = text.place.rpartition(":")
    prose = CODE.sub("`", text.text)
    for end, phrases in ALLOWED.items():
        if file.endswith(end):
            for phrase in phrases:
                prose = prose.replace(phrase, "")
    found = [
        f"{file}:{int(first) + prose.count(chr(10), 0, match.start())}: {match[0]!r}, use: {instead}"
        for pattern, instead in (PATTERNS.items() if ANY.search(prose) else ())
        for match in pattern.finditer(prose)
    ]
    if text.docstring and terms.VERBS.match(text.text):
        found.append(
            f"{text.place}: begins with {text.text.split()[0]!r}, use: Return, Yield, Raise"
        )
    return found


@pytest.fixture(scope="module")
def texts() -> list[terms.Text]:
    return list(terms.every_text())


def test_what_people_read_has_no_private_terms(texts: list[terms.Text]) -> None:
    found = [fault for text in texts for fault in faults(text)]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "the server answers with 404",
        "no answer in HTTP",
        "ask for the address of the media host",
        "a picture, a film or a sound",
        "met with 20 seeds",
        "as the contract says",
        "what stands in the page",
        "the purse is empty",
        "what had no turn is not tested",
        "it could not be told",
        "a stand-in for the service",
        "pages of the network",
    ],
)
def test_a_private_term_is_found_in_a_sentence(text: str) -> None:
    assert faults(terms.Text("docs/page.md:7", f"First line.\n{text}"))[0].startswith(
        "docs/page.md:8:"
    )


@pytest.mark.parametrize(
    "text",
    [
        "one IP address, or an email address",
        "the function `ask()` and its `answer`",
        "an upgrade of the question-answering model",
        "null stands for no value",
        "what tells the members apart",
        "answers.md and /answers/1",
    ],
)
def test_standard_terms_code_and_names_are_left_alone(text: str) -> None:
    assert faults(terms.Text("docs/page.md:1", text)) == []


def test_every_allowed_phrase_is_still_there(texts: list[terms.Text]) -> None:
    unused = [
        phrase
        for end, phrases in ALLOWED.items()
        for phrase in phrases
        if not any(
            text.place.rpartition(":")[0].endswith(end) and phrase in text.text for text in texts
        )
    ]
    assert unused == []


def test_texts_come_from_every_kind_of_place(texts: list[terms.Text]) -> None:
    places = {text.place.rpartition(":")[0] for text in texts}
    for name in (
        "README.md",
        "openapi.yaml",
        "Makefile",
        "docs/client/index.md",
        "tools/update.py",
    ):
        assert name in places
