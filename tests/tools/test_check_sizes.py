"""Modules, classes and functions that are too long are found, and exceptions that are not needed."""

from __future__ import annotations

import pytest

from tools.check_sizes import check


def function(lines: int, indent: str = "") -> str:
    return f"{indent}def f() -> None:\n" + f"{indent}    x = 1\n" * (lines - 1)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (function(60), None),
        (function(61), "m.py:f: function of 61 lines, the limit is 60"),
        ("@cache\n" + function(60), "m.py:f: function of 61 lines, the limit is 60"),
        ("if True:\n" + function(61, "    "), "m.py:f: function of 61 lines, the limit is 60"),
        ("class C:\n" + "    x = 1\n" * 299, None),
        ("class C:\n" + "    x = 1\n" * 300, "m.py:C: class of 301 lines, the limit is 300"),
        (
            "class C:\n" + function(61, "    "),
            "m.py:C.f: function of 61 lines, the limit is 60",
        ),
        ("x = 1\n" * 600, None),
        ("x = 1\n" * 601, "m.py:module: module of 601 lines, the limit is 600"),
    ],
)
def test_what_is_longer_than_its_limit_is_reported(source: str, problem: str | None) -> None:
    assert check(source, "m.py", set()) == ([problem] if problem else [], set())


def test_exception_with_a_reason_is_accepted_only_where_it_is_needed() -> None:
    stated = "# size exception: f: one table\n"
    assert check(stated + function(61), "m.py", set()) == ([], set())
    assert check(stated + function(60), "m.py", set()) == (
        ["m.py:f: states an exception that it does not need"],
        set(),
    )


def test_exception_without_a_reason_is_none() -> None:
    problems, _ = check("# size exception: f:\n" + function(61), "m.py", set())
    assert problems == ["m.py:f: function of 61 lines, the limit is 60"]


def test_pending_entry_exempts_one_part_of_one_module() -> None:
    assert check(function(61), "m.py", {"m.py:f"}) == ([], {"m.py:f"})
    assert check(function(61), "n.py", {"m.py:f"})[0]
    assert check(function(60), "m.py", {"m.py:f"}) == ([], set())
