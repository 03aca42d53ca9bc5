"""The text form of a report."""

from __future__ import annotations

from pollinations_conformance.reports.text import missing_operations


def operation(name: str, missing: str, known: str = "") -> dict[str, str]:
    return {"id": name, "method": "GET", "path": f"/{name}", "missing": missing, "known": known}


def test_missing_operations_with_one_cause_share_a_line() -> None:
    found = missing_operations(
        [
            operation("a", "GET /a is answered 404"),
            operation("b", "there is no media host"),
            operation("c", "GET /c is answered 404"),
            operation("d", "GET /d is answered 404", "long known"),
        ]
    )
    assert list(found) == [
        ("fail", "2 operations are missing (each is answered 404): GET /a, GET /c"),
        ("fail", "operation b is missing: there is no media host"),
        ("known", "operation d is missing: GET /d is answered 404 (long known)"),
    ]
