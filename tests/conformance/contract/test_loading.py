"""Contracts are loaded once, and refused in one line if they are not usable."""

import re
from pathlib import Path

import pytest

from pollinations_conformance.contract import Contract, ContractError, Response, load
from tests.conformance.contract.helpers import (
    JSON,
    wrong,
)


def test_every_schema_of_the_contract_compiles(contract: Contract) -> None:
    schemas = contract.document["components"]["schemas"]
    for name in schemas:
        contract.validator(f"/components/schemas/{name}")
    assert len(schemas) > 20


def test_a_snapshot_enumeration_can_be_widened_without_changing_the_original(
    contract: Contract,
) -> None:
    wider = contract.with_values({"/text/models": ["brand-new", "openai"]})
    assert wrong(wider, "GET", "/text/hi?model=brand-new") == []
    assert wrong(contract, "GET", "/text/hi?model=brand-new")
    assert wrong(wider, "GET", "/image/hi?model=brand-new")
    assert contract.with_values({"/text/models": ["openai"]}) is contract


def test_an_unchanged_file_is_read_once_and_a_changed_one_again(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(MINIMAL)
    assert load(file) is load(file)
    file.write_text(MINIMAL.replace("listThings", "listOtherThings"))
    assert load(file).operations[0].id == "listOtherThings"


MINIMAL = """\
openapi: 3.1.0
info: {title: t, version: 1.0.0}
servers: [{url: https://one.example}]
paths:
  /things:
    get:
      operationId: listThings
      responses:
        200: {description: on, content: {application/json: {schema: {enum: [on, 16:9, 2026-01-13, 1e3]}}}}
"""


def test_yaml_scalars_are_read_by_version_1_2(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(MINIMAL)
    response = load(file).operations[0].responses["200"]
    assert response["content"][JSON]["schema"]["enum"] == ["on", "16:9", "2026-01-13", 1000.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not an OpenAPI document"),
        ("- a\n", "not an OpenAPI document"),
        ("a: [\n", "not YAML"),
        ('{"openapi": ', "not JSON"),
        ("openapi: 3.0.3\n", "must be 3.1"),
        ("openapi: 3.1.0\npaths: {}\n", "no operation"),
        (MINIMAL.replace("operationId: listThings", "summary: x"), "operationId"),
        (MINIMAL + "  /things:\n    get: {}\n", "is duplicated"),
        (MINIMAL.replace("{enum: [on, 16:9, 2026-01-13, 1e3]}", "{$ref: '#/x'}"), "leads nowhere"),
        (MINIMAL.replace("{enum: [on, 16:9, 2026-01-13, 1e3]}", "{$ref: 'x.yaml'}"), "leads out"),
        (MINIMAL.replace("servers", "x-requirements: [{id: A-1}]\nservers"), "a requirement needs"),
    ],
)
def test_a_bad_contract_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(ContractError, match=re.escape(said)) as caught:
        load(file)
    message = str(caught.value)
    assert str(file) in message
    assert "\n" not in message


def test_a_missing_file_and_a_directory_are_refused_in_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(ContractError, match=re.escape(str(path))):
            load(path)


def test_an_unusable_schema_is_reported_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(MINIMAL.replace("enum: [on, 16:9, 2026-01-13, 1e3]", "type: strange"))
    contract = load(file)
    match = contract.find("GET", "/things", "gateway")
    assert match is not None
    typed = Response(200, (("content-type", JSON),), b"1")
    with pytest.raises(ContractError, match="not a usable schema"):
        contract.check_response(match, None, typed)
