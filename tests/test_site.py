"""Test what the documentation site takes from the code; building it is `make site`."""

import pytest

from docs import directives
from pollinations_client import models
from pollinations_conformance.contract import load


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("Set `model`, not `sk_…`.", "Set ``model``, not ``sk_…``."),
        ("A key sk_ or 2 * 3 | 4.", r"A key sk\_ or 2 \* 3 \| 4."),
        ("**Cost.** One `a_` b_c.", "**Cost.** One ``a_`` b_c."),
    ],
)
def test_markdown_of_docstrings_is_translated(markdown: str, expected: str) -> None:
    assert list(directives.restructured([markdown])) == [expected]


def test_sections_of_docstrings_become_fields() -> None:
    lines = [
        "Fetch a file.",
        "",
        "Args:",
        "    hash: The id, `0`",
        "        to `f`.",
        "    timeout: Seconds.",
        "",
        "Returns:",
        "    The bytes.",
        "    All of them.",
        "",
        "Raises:",
        "    PollinationsError: it failed.",
    ]
    assert [line for line in directives.restructured(lines) if line] == [
        "Fetch a file.",
        ":param hash: The id, ``0``",
        "        to ``f``.",
        ":param timeout: Seconds.",
        ":returns: The bytes.",
        "    All of them.",
        ":raises PollinationsError: it failed.",
    ]


def test_every_model_stands_on_one_page() -> None:
    kinds = directives.kinds_of_models(load())
    assert {name.removesuffix("Input") for name in models.__all__} == set(kinds)
    assert kinds["UserMessage"] == "sent"
    assert kinds["ChatCompletionChunk"] == "received"
    assert kinds["ErrorEnvelope"] == "errors"
