"""Generate the client from openapi.yaml, or check that what is committed is exactly that.

python generator/generate.py            write generated/
python generator/generate.py --check    compare; exit 1 and one line for each difference
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeGuard

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))  # so that it also runs as a script

from generator.plan import Plan, PlanError, arguments_doc, docstring, make_plan  # noqa: E402
from generator.prepare import prepare  # noqa: E402
from pollinations_conformance.contract.yaml import DocumentError, parse  # noqa: E402

GENERATOR = "openapi-python-client"
GENERATOR_VERSION = "0.29.1"
PACKAGE = "pollinations_client"
DISTRIBUTION = "pollinations-contract"
LICENCE = ROOT / "LICENSE"
LICENCE_NAME = "MIT"
MANIFEST = "manifest.json"
OWN = ("generate.py", "plan.py", "prepare.py")
RUFF = ("--isolated", "--quiet", "--no-cache")
STYLE = ("--line-length", "100", "--target-version", "py311")

ALLOWED_WARNINGS: dict[str, str] = {}
"""Warnings of the generator that are no loss: the exact text, and why. Any other fails the build."""


class GenerationError(Exception):
    """The client cannot be generated."""


def load(path: Path) -> dict[str, Any]:
    """Read a YAML or JSON document."""
    try:
        document = parse(path.read_bytes())
    except OSError as error:
        raise GenerationError(f"cannot read {path}: {error.strerror}") from None
    except DocumentError as error:
        raise GenerationError(f"{path}: {error}") from None
    if is_object(document) and "paths" in document:
        return document
    raise GenerationError(f"{path} is not an OpenAPI document: it has no paths")


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Tell whether decoded YAML is a mapping."""
    return isinstance(value, dict)


def normalised(text: str) -> str:
    """Take memory addresses out of a warning, which the generator prints."""
    return " ".join(re.sub(r" at 0x[0-9a-f]+", "", text).split())


def run_generator(
    document: dict[str, Any], plan: Plan, config: Path, target: Path, sha256: str
) -> list[str]:
    """Run the generator with our overlays and templates of our own.

    Args:
        document: the prepared contract.
        plan: what the overlays lay out.
        config: configuration of the generator.
        target: directory to write the package into.
        sha256: digest of the contract's file.

    Returns:
        The generator's warnings, normalised.
    """
    try:
        found = version(GENERATOR)
    except PackageNotFoundError:
        raise GenerationError(
            f"{GENERATOR} is not installed; install {GENERATOR}=={GENERATOR_VERSION}"
        ) from None
    if found != GENERATOR_VERSION:
        raise GenerationError(
            f"{GENERATOR} {found} is installed, the overlays are written for {GENERATOR_VERSION}"
        )
    # Private names of the generator, which the exact pin makes safe: its command line can pass no values to templates.
    from openapi_python_client import (
        _get_project_for_url_or_path,  # pyright: ignore[reportPrivateUsage]
    )
    from openapi_python_client.config import Config, ConfigFile, MetaType
    from openapi_python_client.parser.errors import GeneratorError

    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "openapi.json")
        source.write_text(json.dumps(document, default=str), encoding="utf-8")
        project = _get_project_for_url_or_path(
            config=Config.from_sources(
                ConfigFile.load_from_path(config),
                MetaType.NONE,
                source,
                "utf-8",
                overwrite=True,
                output_path=target,
            ),
            custom_template_path=HERE / "templates",
        )
        if isinstance(project, GeneratorError):
            raise GenerationError(f"{GENERATOR}: {project.header} {project.detail or ''}")
        values: dict[str, Any] = {
            "plan": plan,
            "docstring": docstring,
            "arguments_doc": arguments_doc,
            "errors": error_names(),
            "package_name": PACKAGE,
            "contract_sha256": sha256,
        }
        project.env.globals.update(values)
        check_complete(project, plan)
        with contextlib.redirect_stdout(io.StringIO()):  # it announces itself
            problems = project.build()
        for component in plan.components.values():
            if component.kind == "union":
                text = project.env.get_template("union.py.jinja").render(component=component)
                (target / "models" / f"{component.module}.py").write_text(text, encoding="utf-8")
        resources = target / "resources"
        resources.mkdir(exist_ok=True)
        (resources / "__init__.py").write_text(
            '"""Resources of the clients."""\n', encoding="utf-8"
        )
        for root in plan.resources:
            text = project.env.get_template("resource.py.jinja").render(root=root)
            (resources / f"{root.name}.py").write_text(text, encoding="utf-8")
    return [normalised(f"{problem.header}: {problem.detail or ''}") for problem in problems]


def check_complete(project: Any, plan: Plan) -> None:
    """Refuse to go on when the generator dropped an operation, a success answer or a component."""
    endpoints = {
        str(endpoint.name): endpoint
        for collection in project.openapi.endpoint_collections_by_tag.values()
        for endpoint in collection.endpoints
    }
    for call in plan.calls:
        endpoint = endpoints.get(call.module)
        if endpoint is None:
            raise GenerationError(f"the generator dropped the operation {call.id}")
        if not any(
            str(response.status_code.pattern).startswith("2")
            for response in endpoint.responses.patterns
        ):
            raise GenerationError(f"the generator dropped the success answer of {call.id}")
    files = {
        str(item.class_info.name) for item in [*project.openapi.models, *project.openapi.enums]
    }
    expected = {name for name, component in plan.components.items() if component.kind != "union"}
    if files != expected:
        raise GenerationError(
            f"components differ: the generator lacks {sorted(expected - files)}, and adds {sorted(files - expected)}"
        )


def error_names() -> list[str]:
    """Give the names of the error classes of the runtime."""
    source = (HERE / "runtime" / "errors.py").read_text(encoding="utf-8")
    return sorted(re.findall(r"^class ([A-Z]\w+)\(", source, re.MULTILINE))


def generate(target: Path, contract: Path, config: Path) -> None:
    """Write the package, its manifest and its licence.

    Args:
        target: directory for the package.
        contract: the OpenAPI document.
        config: configuration of the generator.

    Raises:
        GenerationError: something would be missing or wrong; nothing of use was written.
    """
    document = load(contract)
    try:
        plan = make_plan(document)
    except PlanError as error:
        raise GenerationError(str(error)) from None
    except (KeyError, TypeError, AttributeError) as error:
        raise GenerationError(
            f"{contract.name} is not a complete contract: {type(error).__name__} {error}"
        ) from None
    package = target / PACKAGE
    package.mkdir(parents=True)
    warnings = run_generator(prepare(document), plan, config, package, digest(contract))
    unexpected = [warning for warning in warnings if warning not in ALLOWED_WARNINGS]
    if unexpected:
        raise GenerationError(
            "the generator warns:\n" + "\n".join(f"  {warning}" for warning in unexpected)
        )
    for source in [*sorted((HERE / "runtime").iterdir()), LICENCE]:
        if source.is_file():
            shutil.copyfile(source, package / source.name)
    ruff = str(Path(sys.executable).with_name("ruff"))
    # Unused imports of the templates go, the rest is sorted; then line breaks.
    for arguments in (
        ("check", "--fix-only", "--select", "I,F401,UP037", *STYLE),
        ("format", *STYLE),
    ):
        done = subprocess.run(
            [ruff, arguments[0], *RUFF, *arguments[1:], str(package)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise GenerationError(
                f"ruff {arguments[0]} failed: {done.stderr.strip() or done.stdout.strip()}"
            )
    manifest = {
        "about": "Written by generator/generate.py; nothing in this folder is edited by hand.",
        "distribution": {"name": DISTRIBUTION, "version": plan.version},
        "licence": {"name": LICENCE_NAME, "file": LICENCE.name},
        "contract": {
            "version": plan.version,
            "api_version": plan.api_version,
            "sha256": digest(contract),
        },
        "generator": {"name": GENERATOR, "version": GENERATOR_VERSION},
        "formatter": {"name": "ruff", "version": version("ruff")},
        "inputs": {
            path.relative_to(base).as_posix(): digest(path)
            for base, path in [
                (contract.parent, contract),
                (config.parent, config),
                *((ROOT, path) for path in overlays()),
            ]
        },
        # Without the package's own name, so that they hold wherever it is copied to.
        "files": {
            path.relative_to(package).as_posix(): digest(path) for path in files_below(package)
        },
    }
    (package / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def overlays() -> list[Path]:
    """Give the files of this directory that shape the output."""
    found = [LICENCE, *(HERE / name for name in OWN)]
    for folder in ("runtime", "templates"):
        found += [
            path
            for path in (HERE / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        ]
    return sorted(found)


def files_below(folder: Path) -> list[Path]:
    """Give the files of the package, without what tools leave behind."""
    ignored = {"__pycache__", ".ruff_cache", ".mypy_cache"}
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and not ignored & set(path.parts)
    )


def digest(path: Path) -> str:
    """Give the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def differences(committed: Path, fresh: Path) -> list[str]:
    """Compare two outputs, a line for each difference."""
    ours = {
        path.relative_to(committed).as_posix(): path for path in files_below(committed / PACKAGE)
    }
    theirs = {path.relative_to(fresh).as_posix(): path for path in files_below(fresh / PACKAGE)}
    lines = [f"missing: {name}" for name in sorted(theirs.keys() - ours.keys())]
    lines += [f"not generated: {name}" for name in sorted(ours.keys() - theirs.keys())]
    lines += [
        f"differs: {name}"
        for name in sorted(ours.keys() & theirs.keys())
        if ours[name].read_bytes() != theirs[name].read_bytes()
    ]
    # What the manifest says of the files, the lines above have said.
    name = f"{PACKAGE}/{MANIFEST}"
    if f"differs: {name}" in lines:
        lines.remove(f"differs: {name}")
        lines += manifest_differences(committed / name, fresh / name)
    return lines


def manifest_differences(committed: Path, fresh: Path) -> list[str]:
    """Say which inputs changed since the committed output was made."""
    try:
        old, new = (json.loads(path.read_text(encoding="utf-8")) for path in (committed, fresh))
        names = sorted(old["inputs"].keys() | new["inputs"].keys())
        lines = [
            f"changed since generation: {name}"
            for name in names
            if old["inputs"].get(name) != new["inputs"].get(name)
        ]
        lines += [
            f"made with another {part}: {old[part]} instead of {new[part]}"
            for part in ("generator", "formatter")
            if old[part] != new[part]
        ]
    except (ValueError, KeyError, AttributeError):
        return [f"unreadable: {PACKAGE}/{MANIFEST}"]
    return lines or [f"differs: {PACKAGE}/{MANIFEST}"]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; see the top of the file."""
    parser = argparse.ArgumentParser(description="Generate the client from the contract.")
    parser.add_argument(
        "--check", action="store_true", help="compare instead of writing; exit 1 on any difference"
    )
    parser.add_argument(
        "--contract", type=Path, default=ROOT / "openapi.yaml", help="the OpenAPI document"
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=ROOT / "generator-config.yaml",
        help="generator configuration",
    )
    parser.add_argument(
        "--output", type=Path, default=ROOT / "generated", help="directory of the package"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch, "generated")
        try:
            generate(fresh, options.contract.resolve(), options.config.resolve())
        except GenerationError as error:
            print(f"Error: {error}", file=sys.stderr)
            return 2
        output: Path = options.output
        if options.check:
            lines = differences(output, fresh)
            for line in lines:
                print(line)
            if lines:
                print(
                    f"{output.name}/ is not what the contract gives; run `make generate`, and edit nothing there."
                )
                return 1
            return 0
        package = output / PACKAGE
        output.mkdir(parents=True, exist_ok=True)
        # Copied beside it and then renamed, so that there is always one whole package.
        with tempfile.TemporaryDirectory(prefix=".new-", dir=output) as beside:
            shutil.copytree(fresh / PACKAGE, Path(beside, PACKAGE))
            if package.exists():
                package.rename(Path(beside, "old"))
            Path(beside, PACKAGE).rename(package)
        print(f"{output.name}/{PACKAGE}: {len(files_below(package))} files")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
