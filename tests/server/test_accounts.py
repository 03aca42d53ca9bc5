"""Keys that a user of the reference server makes."""

import re
import stat
from decimal import Decimal
from pathlib import Path

import pytest

from pollinations_conformance.server.accounts import DEMO_KEY
from pollinations_conformance.server.run import create_app
from pollinations_conformance.suite.errors import TargetError
from pollinations_conformance.suite.keyring import ROLES, read_keys
from pollinations_conformance.suite.keys_file import FORMER_ROLES, write_keys


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


def test_the_keys_file_of_serve_is_what_check_reads(tmp_path: Path) -> None:
    app = create_app(seed=4)
    path = tmp_path / "keys.toml"
    path.write_text("an old one")
    path.chmod(0o644)
    write_keys(path, {role: app.keys[role] for role in ROLES})
    assert read_keys(path) == {role: app.keys[role] for role in ROLES}
    assert set(ROLES) <= set(app.keys)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.toml"]


def test_a_keys_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").mkdir()
    with pytest.raises(OSError, match=r"keys\.toml"):
        write_keys(tmp_path / "keys.toml", {"secret": "sk_a"})
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.toml"]


def test_former_names_of_roles_still_load_with_a_warning_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "keys.toml"
    path.write_text("[keys]\n" + "".join(f'{name} = "sk_{name}"\n' for name in FORMER_ROLES))
    assert read_keys(path) == {role: f"sk_{name}" for name, role in FORMER_ROLES.items()}
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(FORMER_ROLES)
    assert "names a role 'penniless', which is now called 'empty-balance'" in "\n".join(lines)
    assert "sk_" not in "\n".join(lines)


def test_a_role_under_both_its_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text('[keys]\nmain = "sk_a"\nsecret = "sk_b"\n')
    with pytest.raises(TargetError, match="two keys for the role 'secret'"):
        read_keys(tmp_path / "keys.toml")


def test_the_demo_key_is_the_same_for_every_seed() -> None:
    for seed in (0, 7):
        app = create_app(seed=seed)
        assert app.keys["demo"] == DEMO_KEY
        assert app.service.accounts.find(DEMO_KEY) is not None
    assert re.fullmatch("sk_[A-Za-z0-9]{8,}", DEMO_KEY)


@pytest.mark.parametrize("before", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_days_beyond_the_calendar_are_before_or_after_every_record(before: str) -> None:
    app = create_app()
    accounts = app.service.accounts
    key = accounts.keys[DEMO_KEY]
    assert key.user is not None
    usage = {"completionTextTokens": 3}
    price = {"completionTextTokens": Decimal(1)}
    accounts.charge(key, "", "generate.text", "m", usage, price, 1)
    assert len(accounts.usage(key.user, 10, before)) == (1 if before.startswith("9") else 0)
