"""The checks of what a server reports of a key, without a server."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from pollinations_conformance.checks.account.key import assert_expires_in_seconds
from pollinations_conformance.suite import Session
from pollinations_conformance.suite.errors import Violated
from pollinations_conformance.suite.exchange import Exchange
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import Target

MONTH = 30 * 86_400


def described(reported: int, date_is_old_by: float = 0.0, took: float = 0.1) -> Exchange:
    """Return the description of a key that expires in thirty days.

    Args:
        reported: what it says as expiresIn.
        date_is_old_by: seconds that the header Date lies back.
        took: seconds until the response was there.
    """
    now = datetime.now(UTC)
    end = (now + timedelta(seconds=MONTH)).isoformat(timespec="milliseconds")
    body = {"expiresAt": end.replace("+00:00", "Z"), "expiresIn": reported}
    date = format_datetime(now - timedelta(seconds=date_is_old_by))
    url, content = "http://127.0.0.1:1/account/key", json.dumps(body).encode()
    headers = (("Date", date), ("Content-Type", "application/json"))
    return Exchange("GET", url, (), b"", 200, headers, content, took, "getAccountKey")


@pytest.fixture
def session() -> Session:
    return Session(Run(Target("http://127.0.0.1:1")), "tests.key")


def test_a_busy_server_may_send_an_old_date(session: Session) -> None:
    assert_expires_in_seconds(session, described(MONTH, date_is_old_by=6.0))
    assert_expires_in_seconds(session, described(MONTH + 20, took=20.0))


@pytest.mark.parametrize("reported", [MONTH * 1000, MONTH - 60, MONTH + 60, 0])
def test_what_no_clock_confirms_is_a_violation(session: Session, reported: int) -> None:
    with pytest.raises(Violated, match="expiresIn is"):
        assert_expires_in_seconds(session, described(reported, date_is_old_by=6.0))
