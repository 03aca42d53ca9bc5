"""Test what the documentation site takes from the code; building it is `make site`."""

import re

import pytest

from docs import directives
from docs.exchanges import exchanges
from pollinations_client import models
from pollinations_conformance.contract import load
from pollinations_conformance.reference.calls import method_of


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


def test_every_method_shows_a_request_and_a_response_of_its_own() -> None:
    shown = exchanges()
    assert {method for operation in load().operations if (method := method_of(operation))} < set(
        shown
    )
    for method, exchange in shown.items():
        assert f"client.{method}(" in exchange.code, method
        assert re.match(r"(GET|POST|HEAD) /", exchange.request), method
        assert exchange.response.startswith("200"), method
        assert "sk_demo" not in "".join(exchange)
    chat = shown["chat.completions.create"]
    assert "Authorization: Bearer sk_…" in chat.request
    assert '"content": "Why is the sky blue?"' in chat.request
    assert '"object": "chat.completion"' in chat.response
    assert "bytes)" in shown["image.generate"].response
    assert "cost_usd" in shown["account.usage"].response


def test_an_exchange_is_added_to_the_docstring_of_its_method_alone() -> None:
    module = "pollinations_client.resources"
    (code, *_) = [
        line
        for line in directives.exchange(f"{module}.audio.AudioSpeechResource.create")
        if "client." in line
    ]
    assert code.strip().startswith("client.audio.speech.create(")
    assert list(directives.exchange(f"{module}.audio.AudioResource.create")) == []
