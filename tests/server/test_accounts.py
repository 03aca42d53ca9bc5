"""Keys that a user of the reference server makes."""

import pytest

from pollinations_conformance.server.run import create_app


def test_a_key_can_be_given_and_is_accepted() -> None:
    accounts = create_app().service.accounts
    accounts.create_from("name=mine,secret=sk_mine1234,account=balance,balance=3")
    found = accounts.find("sk_mine1234")
    assert found is not None
    assert found.name == "mine"
    assert accounts.examples["mine"] == "sk_mine1234"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("name=mine,secret=pk_mine1234", "must be sk_"),
        ("name=mine,type=pk,secret=sk_mine1234", "must be pk_"),
        ("name=mine,secret=sk_short", "8 or more"),
        ("name=mine,secret=sk_mine!1234", "8 or more"),
        ("name=mine,secret=", "8 or more"),
        ("name=mine,secret=sk_taken1234", "another key has its secret"),
        ("name=mine,secret=sk_mine1234,balance=x", "balance"),
        ("nom=mine,secret=sk_mine1234", "unknown part"),
    ],
)
def test_a_key_that_cannot_be_is_refused_without_showing_it(spec: str, said: str) -> None:
    accounts = create_app().service.accounts
    accounts.create_from("name=other,secret=sk_taken1234")
    with pytest.raises(ValueError, match=said) as error:
        accounts.create_from(spec)
    assert "1234" not in str(error.value)
