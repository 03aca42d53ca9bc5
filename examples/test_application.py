"""Test an application against the mock server: pytest test_application.py."""

import pytest

from pollinations_client import PaymentRequiredError, Pollinations
from pollinations_conformance.server import RunningServer


def title(client: Pollinations, text: str) -> str:
    """Return a title for a text: the application."""
    completion = client.chat.completions.create(
        messages=[{"role": "user", "content": f"A title for: {text}"}], seed=1
    )
    return (completion.choices[0].message.content or "").strip()


def test_a_text_gets_the_same_title_twice(pollinations_server: RunningServer) -> None:
    with Pollinations(
        api_key=pollinations_server.keys["secret"], base_url=pollinations_server.base_url
    ) as client:
        assert title(client, "Bees at work") == title(client, "Bees at work") != ""


def test_an_empty_balance_raises_an_error_of_its_own(pollinations_server: RunningServer) -> None:
    key = pollinations_server.keys["empty-balance"]
    with (
        Pollinations(api_key=key, base_url=pollinations_server.base_url) as client,
        pytest.raises(PaymentRequiredError),
    ):
        title(client, "Wasps at work")
