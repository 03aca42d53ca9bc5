"""Generation is complete, exact to the byte, and anything else is noticed."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openapi_python_client.config import Config
from openapi_python_client.parser import GeneratorData

from generator import generate
from pollinations_conformance.contract import load

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "openapi.yaml"
CONFIG = ROOT / "generator-config.yaml"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("fresh") / "generated"
    generate.generate(target, CONTRACT, CONFIG)
    return target


@pytest.fixture
def copied(fresh: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(fresh, tmp_path / "generated"))


def test_committed_output_is_what_the_contract_gives(fresh: Path) -> None:
    assert generate.differences(ROOT / "generated", fresh) == []


def test_generation_does_not_depend_on_hash_seeds_or_place(fresh: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "generator" / "generate.py"), "--output", str(tmp_path)]
    subprocess.run(
        command,
        check=True,
        cwd=tmp_path,
        env={"PYTHONHASHSEED": "77", "PATH": ""},
        capture_output=True,
    )
    assert generate.differences(tmp_path, fresh) == []


def test_manifest_names_every_input_and_output(fresh: Path) -> None:
    package = fresh / "pollinations_client"
    manifest = json.loads((package / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["generator"] == {"name": "openapi-python-client", "version": "0.29.1"}
    inputs = manifest["inputs"]
    assert inputs["openapi.yaml"] == generate.digest(CONTRACT)
    assert inputs["generator-config.yaml"] == generate.digest(CONFIG)
    folder = ROOT / "generator"
    shaping = [
        *folder.glob("templates/**/*.jinja"),
        *folder.glob("runtime/*.py"),
        *folder.glob("*.py"),
    ]
    assert {path.relative_to(ROOT).as_posix() for path in shaping} <= inputs.keys()
    files = {p.relative_to(package).as_posix() for p in package.rglob("*") if p.is_file()}
    assert manifest["files"].keys() == files - {"manifest.json"}


def test_manifest_and_package_say_the_same_contract(fresh: Path) -> None:
    package = fresh / "pollinations_client"
    manifest = json.loads((package / "manifest.json").read_text(encoding="utf-8"))
    said = dict(
        line.split(" = ", 1)
        for line in (package / "__init__.py").read_text(encoding="utf-8").splitlines()
        if line.startswith("__") and " = " in line
    )
    contract = manifest["contract"]
    assert contract["sha256"] == generate.digest(CONTRACT)
    assert said["__version__"] == f'"{contract["version"]}"'
    assert said["__api_version__"] == f'"{contract["api_version"]}"'
    assert said["__contract_sha256__"] == f'"{contract["sha256"]}"'
    assert manifest["distribution"]["version"] == contract["version"]
    assert (package / "LICENSE").read_text().startswith(f"{manifest['licence']['name']} License")


def edit(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "pollinations_client" / name
        path.write_text(path.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")

    return change


def remove(folder: Path) -> None:
    (folder / "pollinations_client" / "client.py").unlink()


def add(folder: Path) -> None:
    (folder / "pollinations_client" / "mine.py").write_text("", encoding="utf-8")


def forget_manifest(folder: Path) -> None:
    (folder / "pollinations_client" / "manifest.json").unlink()


def spoil_manifest(folder: Path) -> None:
    (folder / "pollinations_client" / "manifest.json").write_text("{", encoding="utf-8")


def age_manifest(folder: Path) -> None:
    path = folder / "pollinations_client" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["inputs"]["openapi.yaml"] = "0" * 64
    path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (edit("client.py"), "differs: pollinations_client/client.py"),
        (edit("models/balance.py"), "differs: pollinations_client/models/balance.py"),
        (edit("_core.py"), "differs: pollinations_client/_core.py"),
        (remove, "missing: pollinations_client/client.py"),
        (add, "not generated: pollinations_client/mine.py"),
        (forget_manifest, "missing: pollinations_client/manifest.json"),
        (spoil_manifest, "unreadable: pollinations_client/manifest.json"),
        (age_manifest, "changed since generation: openapi.yaml"),
    ],
)
def test_check_names_each_departure(
    fresh: Path, copied: Path, change: Callable[[Path], None], line: str
) -> None:
    change(copied)
    assert generate.differences(copied, fresh) == [line]


def write(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    document = copy.deepcopy(load().document)
    change(document)
    path = tmp_path / "openapi.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_editing_one_field_of_the_contract_fails_the_check(
    copied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["Balance"]["properties"]["balance"]["type"] = "string"

    path = write(tmp_path, change)
    arguments = ["--check", "--output", str(copied), "--contract", str(path)]
    assert generate.main([*arguments, "--config", str(CONFIG)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "differs: pollinations_client/models/balance.py" in lines
    assert "changed since generation: openapi.yaml" in lines
    assert generate.main(["--check", "--output", str(copied)]) == 0


def unsupported_content(document: dict[str, Any]) -> None:
    content = document["paths"]["/account/balance"]["get"]["responses"]["200"]["content"]
    content["application/x-odd"] = {"schema": {"type": "string"}}
    del content["application/json"]


def dangling(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Balance"]["properties"]["x"] = {
        "$ref": "#/components/schemas/No"
    }


def no_components(document: dict[str, Any]) -> None:
    del document["components"]


@pytest.mark.parametrize("change", [unsupported_content, dangling, no_components])
def test_contract_that_would_lose_something_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[dict[str, Any]], None]
) -> None:
    target = tmp_path / "out"
    arguments = ["--contract", str(write(tmp_path, change)), "--output", str(target)]
    assert generate.main([*arguments, "--config", str(CONFIG)]) == 2
    assert capsys.readouterr().err.startswith("Error: ")
    assert not target.exists()


@pytest.mark.parametrize("text", ["", "[]", "a: [", "just text", "openapi: 3.1.0"])
def test_what_is_no_contract_gets_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(text, encoding="utf-8")
    assert generate.main(["--contract", str(path), "--output", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("Error: ")
    assert error.count("\n") == 1


def test_missing_contract_gets_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main(["--contract", str(tmp_path / "no.yaml")]) == 2
    assert "no.yaml" in capsys.readouterr().err


def test_warnings_of_the_generator_fail_unless_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warning = "WARNING parsing: odd"
    original = generate.run_generator
    plans: list[Any] = []

    def warn(*arguments: Any) -> tuple[Any, list[str]]:
        if not plans:  # what is refused, is refused before anything else is made of it
            plans.append(None)
            return None, [warning]
        return original(*arguments)[0], [warning]

    monkeypatch.setattr(generate, "run_generator", warn)
    with pytest.raises(generate.GenerationError, match="odd"):
        generate.generate(tmp_path / "a", CONTRACT, CONFIG)
    monkeypatch.setattr(generate, "ALLOWED_WARNINGS", {warning: "a reason"})
    generate.generate(tmp_path / "b", CONTRACT, CONFIG)


def test_warnings_are_compared_without_memory_addresses() -> None:
    one = generate.normalised("status code <UntrustedString object at 0x7f0a>,\n omitted")
    two = generate.normalised("status code <UntrustedString object at 0x7f0b>,  omitted")
    assert one == two == "status code <UntrustedString object>, omitted"


def without_operation(data: Any) -> None:
    collection = data.endpoint_collections_by_tag["account"]
    collection.endpoints = [e for e in collection.endpoints if e.name != "get_account_balance"]


def without_success(data: Any) -> None:
    for endpoint in data.endpoint_collections_by_tag["account"].endpoints:
        endpoint.responses.patterns = [
            r for r in endpoint.responses.patterns if r.status_code.pattern != "200"
        ]


@pytest.mark.parametrize(
    ("lose", "reason"),
    [
        (without_operation, "dropped the operation getAccountBalance"),
        (without_success, "dropped the success response of getAccountProfile"),
    ],
)
def test_dropped_parts_are_noticed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lose: Callable[[Any], None],
    reason: str,
) -> None:
    original = GeneratorData.from_dict

    def lossy(document: dict[str, Any], *, config: Config) -> Any:
        data = original(document, config=config)
        lose(data)
        return data

    monkeypatch.setattr(GeneratorData, "from_dict", lossy)
    with pytest.raises(generate.GenerationError, match=reason):
        generate.generate(tmp_path / "a", CONTRACT, CONFIG)


def test_a_component_that_the_generator_cannot_read_is_noticed(tmp_path: Path) -> None:
    def spoil(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["Balance"] = {"type": "array"}

    with pytest.raises(generate.GenerationError, match="lacks \\['Balance'\\]"):
        generate.generate(tmp_path / "a", write(tmp_path, spoil), CONFIG)


def test_overlays_say_why_they_exist() -> None:
    for path in (ROOT / "generator" / "templates").rglob("*.jinja"):
        head = path.read_text(encoding="utf-8").lstrip()
        assert head.startswith("{#"), path.name
        assert "0.29.1" in head or "additional template" in head, path.name


def test_generated_package_is_relative_and_imports_the_http_library_once(fresh: Path) -> None:
    package = fresh / "pollinations_client"
    importing = set[str]()
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "import pollinations_client" not in text
        assert "\nfrom pollinations_client" not in text.replace(
            "\n    from pollinations_client", ""
        )
        if "import httpx" in text or "from httpx" in text:
            importing.add(path.name)
    assert importing == {"_http.py"}
    assert (package / "py.typed").is_file()
