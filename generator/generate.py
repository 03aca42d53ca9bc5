"""Generate the client from openapi.yaml, or check that what is committed is exactly that.

python generator/generate.py            write generated/
python generator/generate.py --check    compare; exit 1 and one line for each difference
"""

from __future__ import annotations

import argparse
import ast
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
from typing import TYPE_CHECKING, Any, cast

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))  # so that it also runs as a script

from generator.components import ALSO_TAKEN, PlanError, is_nullable, json_name, python_name  # noqa: E402
from generator.plan import Plan  # noqa: E402
from generator.text import docstring, function_doc, join_types, literal, method_doc  # noqa: E402
from pollinations_conformance.contract.yaml import DocumentError, parse  # noqa: E402
from pollinations_conformance.http.json import is_object  # noqa: E402

if TYPE_CHECKING:
    from openapi_python_client.parser import GeneratorData

GENERATOR = "openapi-python-client"
GENERATOR_VERSION = "0.29.1"
PACKAGE = "pollinations_client"
DISTRIBUTION = "pollinations-contract"
LICENCE = ROOT / "LICENSE"
LICENCE_NAME = "MIT"
MANIFEST = "manifest.json"
OWN = ("components.py", "generate.py", "plan.py", "text.py")
RUFF = ("--isolated", "--quiet", "--no-cache")
JOINED = ("--config", "lint.isort.split-on-trailing-comma=false")
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


def normalised(text: str) -> str:
    """Take memory addresses out of a warning, which the generator prints."""
    return " ".join(re.sub(r" at 0x[0-9a-f]+", "", text).split())


def run_generator(
    document: dict[str, Any], config: Path, target: Path, sha256: str
) -> tuple[Plan, list[str]]:
    """Run the generator with our overlays and templates of our own.

    Args:
        document: the contract.
        config: configuration of the generator.
        target: directory to write the package into.
        sha256: digest of the contract's file.

    Returns:
        The plan, and the generator's warnings, normalised.
    """
    check_version()
    from openapi_python_client import Project
    from openapi_python_client.config import Config, ConfigFile, MetaType

    settings = Config.from_sources(
        ConfigFile.load_from_path(config),
        MetaType.NONE,
        target,
        "utf-8",
        overwrite=True,
        output_path=target,
    )
    data, plan = view(document, settings)
    # Enumerations and objects without a name of their own are written where they occur.
    data.models = [item for item in data.models if str(item.class_info.name) in plan.modules]
    data.enums = [item for item in data.enums if str(item.class_info.name) in plan.modules]
    project = Project(openapi=data, config=settings, custom_template_path=HERE / "templates")
    helpers = (docstring, function_doc, is_nullable, join_types, json_name, literal, method_doc)
    values: dict[str, Any] = {
        "plan": plan,
        "ALSO_TAKEN": ALSO_TAKEN,
        "errors": error_names(),
        "package_name": PACKAGE,
        "contract_sha256": sha256,
        "python_name": python_name,
        **{helper.__name__: helper for helper in helpers},
    }
    project.env.globals.update(values)
    project.env.filters["literal"] = literal
    with contextlib.redirect_stdout(io.StringIO()):  # it announces itself
        problems = project.build()
    for name in plan.unions:
        text = project.env.get_template("union.py.jinja").render(name=name)
        (target / "models" / f"{plan.modules[name]}.py").write_text(text, encoding="utf-8")
    resources = target / "resources"
    resources.mkdir(exist_ok=True)
    (resources / "__init__.py").write_text('"""Resources of the clients."""\n', encoding="utf-8")
    for root in plan.resources:
        text = project.env.get_template("resource.py.jinja").render(root=root)
        (resources / f"{root.name}.py").write_text(text, encoding="utf-8")
    return plan, [normalised(f"{problem.header}: {problem.detail or ''}") for problem in problems]


def check_version() -> None:
    """Refuse any version of the generator but the one whose templates are overlaid."""
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


def view(document: dict[str, Any], settings: Any) -> tuple[GeneratorData, Plan]:
    """Let the generator parse the contract, and plan what its view lacks."""
    from openapi_python_client import schema as oai
    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.errors import GeneratorError
    from openapi_python_client.parser.properties import Schemas, build_schemas

    plain = json.loads(json.dumps(document, default=str))
    data = GeneratorData.from_dict(plain, config=settings)
    if isinstance(data, GeneratorError):
        raise GenerationError(f"{GENERATOR}: {data.header} {data.detail or ''}")
    # Its result holds models and enumerations only; unions have to be parsed again.
    components = oai.OpenAPI.model_validate(plain).components
    schemas = build_schemas(
        components=(components and components.schemas) or {}, schemas=Schemas(), config=settings
    )
    named = {
        name: schemas.classes_by_reference.get(cast("Any", f"/components/schemas/{name}"))
        for name in plain["components"]["schemas"]
    }
    lost = [name for name, item in named.items() if item is None]
    if lost:
        reasons = "; ".join(normalised(str(error.detail)) for error in data.errors)
        raise GenerationError(f"the generator lacks {lost}: {reasons}")
    return data, Plan(plain, data, {name: item for name, item in named.items() if item})


def error_names() -> list[str]:
    """Return the names of the error classes of the runtime."""
    tree = ast.parse((HERE / "runtime" / "errors.py").read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.bases]
    return sorted(node.name for node in classes if not node.name.startswith("_"))


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
    package = target / PACKAGE
    package.mkdir(parents=True)
    try:
        plan, warnings = run_generator(document, config, package, digest(contract))
    except PlanError as error:
        raise GenerationError(str(error)) from None
    except (KeyError, TypeError, AttributeError) as error:
        raise GenerationError(
            f"{contract.name} is not a complete contract: {type(error).__name__} {error}"
        ) from None
    unexpected = [warning for warning in warnings if warning not in ALLOWED_WARNINGS]
    if unexpected:
        raise GenerationError(
            "the generator warns:\n" + "\n".join(f"  {warning}" for warning in unexpected)
        )
    for source in [*sorted((HERE / "runtime").iterdir()), LICENCE]:
        if source.is_file():
            shutil.copyfile(source, package / source.name)
    formatted(package)
    told = json.dumps(manifest(package, plan, contract, config), indent=2)
    (package / MANIFEST).write_text(told + "\n", encoding="utf-8")


def formatted(package: Path) -> None:
    """Drop the unused imports of the templates, sort the others, and break lines."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    for arguments in (
        ("check", "--fix-only", "--select", "I,F401,UP037", *STYLE, *JOINED),
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


def manifest(package: Path, plan: Plan, contract: Path, config: Path) -> dict[str, Any]:
    """Describe what a package was made of and what it consists of."""
    return {
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


def overlays() -> list[Path]:
    """Return the files of this directory that shape the output."""
    found = [LICENCE, *(HERE / name for name in OWN)]
    for folder in ("runtime", "templates"):
        found += [
            path
            for path in (HERE / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        ]
    return sorted(found)


def files_below(folder: Path) -> list[Path]:
    """Return the files of the package, without what tools leave behind."""
    ignored = {"__pycache__", ".ruff_cache", ".mypy_cache"}
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and not ignored & set(path.parts)
    )


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
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
    # What the manifest has of the files, the lines above show.
    name = f"{PACKAGE}/{MANIFEST}"
    if f"differs: {name}" in lines:
        lines.remove(f"differs: {name}")
        lines += manifest_differences(committed / name, fresh / name)
    return lines


def manifest_differences(committed: Path, fresh: Path) -> list[str]:
    """Return which inputs changed since the committed output was made."""
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
