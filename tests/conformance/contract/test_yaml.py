"""Documents are read by YAML 1.2, whatever is in them, within bounds."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from generator.generate import load as load_for_generator
from pollinations_conformance.contract import load
from pollinations_conformance.contract.yaml import DocumentError, parse, parse_yaml
from pollinations_conformance.drift.read import parse as parse_for_drift

ROOT = Path(__file__).resolve().parents[3]


def test_plain_scalars_follow_the_core_schema() -> None:
    texts = {
        "text": ["on", "yes", "16:9", "1_000", "2026-01-13", "=", "<<x", "0b1", "1e", "."],
        "integers": ["10", "010", "-3", "+4", "0o17", "0xfF"],
        "numbers": ["1e3", ".5", "1.", "-.inf", "12E+1"],
        "others": ["~", "null", "", "true", "FALSE"],
    }
    found = parse_yaml("\n".join(f"{n}:\n" + "\n".join(f"- {t}" for t in texts[n]) for n in texts))
    assert found["text"] == texts["text"]
    assert found["integers"] == [10, 10, -3, 4, 15, 255]
    assert found["numbers"] == [1000.0, 0.5, 1.0, -math.inf, 120.0]
    assert found["others"] == [None, None, None, True, False]
    assert all(type(value) is int for value in found["integers"])


@pytest.mark.parametrize("text", ["9" * 5_000, "0x" + "f" * 5_000, "-" + "1" * 5_000])
def test_integers_that_cannot_be_shown_are_refused(text: str) -> None:
    with pytest.raises(DocumentError, match="too long"):
        parse_yaml(f"a: {text}")


def test_quotes_and_tags_decide_before_the_text_does() -> None:
    assert parse_yaml('a: "1"\nb: \'~\'\nc: !!str 1\nd: !!int "3"\ne: |\n  null\n') == {
        "a": "1",
        "b": "~",
        "c": "1",
        "d": 3,
        "e": "null\n",
    }


def test_names_are_text_and_merged_members_yield_to_own_ones() -> None:
    assert parse(b"200: a\ntrue: b\n") == {"200": "a", "true": "b"}
    text = b"x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], a: 0}\n"
    assert parse(text)["z"] == {"a": 0, "b": 2, "c": 4}


def test_yaml_and_json_of_one_document_are_the_same() -> None:
    assert parse(b'{"a": [1, 1e3, "16:9"], "b": null}') == parse(b"a: [1, 1e3, 16:9]\nb:\n")
    assert parse(b"\xef\xbb\xbf[1]") == [1]
    assert parse(b"") is None


BOMB = b"a: &a [x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + i, 98 + i, b", ".join([b"*%c" % (97 + i)] * 8)) for i in range(9)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"a: 1\na: 2", "line 2: not YAML ('a' is duplicated); correct it"),
        (b'{"a": 1, "a": 2}', "'a' is duplicated"),
        (b"? [1]\n: 2", "a name must be text"),
        (b"a: &a [*a]", "no anchor 'a' before this"),
        (b"--- 1\n--- 2", "a second document"),
        (b"a: !!binary eA==", "has no meaning here"),
        (b"a: [\n", "not YAML"),
        (b'{"a": ', "line 1: not JSON"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b"\xff", "not UTF-8 at byte 0"),
        (BOMB, "its aliases expand to too much"),
        (b"[" * 100_000, "nested too deeply"),
        (b"- " * 3_000, "nested too deeply"),
        (b'{"a":' * 3_000 + b"1" + b"}" * 3_000, "nested too deeply"),
        (b"a: " + b"9" * 5_000, "a number that is too long"),
        (b"[" + b"9" * 5_000 + b"]", "a number that is too long"),
    ],
    ids=range(16),
)
def test_what_is_no_document_is_refused_in_one_line(text: bytes, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_suite_drift_and_generator_read_the_same_contract(tmp_path: Path) -> None:
    path = ROOT / "openapi.yaml"
    document = load(path).document
    assert load_for_generator(path) == document
    assert parse_for_drift(path.read_bytes(), "openapi.yaml") == document
    odd = "openapi: 3.1.0\npaths: {}\nx: [16:9, 1_000, 010, 1e3, =, on, 2026-01-13]\n"
    file = tmp_path / "odd.yaml"
    file.write_text(odd)
    assert load_for_generator(file) == parse_for_drift(odd.encode(), "odd")
    assert parse_for_drift(odd.encode(), "odd")["x"] == json.loads(
        '["16:9", "1_000", 10, 1e3, "=", "on", "2026-01-13"]'
    )
