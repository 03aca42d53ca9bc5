"""Report which contract this copy of the client speaks, whether it was edited, and what a newer copy changes.

    python -m <this package>.doctor
    python -m <this package>.doctor --against NEWER

Copies are read, never run: nothing of any package is imported, and the standard library is all that is needed.
Exit codes: 0 nothing was edited and nothing breaks, 1 something was or does, 2 inconclusive.
"""

from __future__ import annotations

import sys

if __name__ == "__main__" and not __package__ and not sys.flags.safe_path:
    sys.path.pop(0)  # started as a file: this folder's `types` would stand for Python's

import argparse
import ast
import hashlib
import io
import json
import os
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn, TypeGuard

MANIFEST = "manifest.json"
PACKAGE = "pollinations_client"
LIMIT = 32 << 20  # bytes; no file of a client comes near
MAX_DEPTH = 8  # of resources in resources, and of names for names: both may go in circles

GROUPS = {
    "operations": "operations",
    "methods": "methods",
    "parameters": "parameters",
    "answers": "what methods return",
    "models": "models and their fields",
    "values": "values",
    "errors": "errors",
    "package": "everything else",
}


class CannotTell(Exception):
    """Nothing can be reported; the text is one line with the reason and what to do."""


# -- copies ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Copy:
    """A copy of the client as it was found.

    Attributes:
        place: where it is, for messages.
        manifest: what it reports of itself.
        files: content of the files that the manifest names and that are there.
        others: names of further files.
    """

    place: str
    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]
    others: Sequence[str]

    @property
    def edited(self) -> list[str]:
        """Name the files that are not what was generated; line ends do not count."""
        expected: Mapping[str, str] = self.manifest["files"]
        return [name for name, content in self.files.items() if not same(content, expected[name])]

    @property
    def missing(self) -> list[str]:
        """Name the files that are gone."""
        return sorted(set(self.manifest["files"]) - set(self.files))

    @property
    def clean(self) -> bool:
        """Return whether it is as it was generated."""
        return not (self.edited or self.missing or self.others)


def same(content: bytes, digest: str) -> bool:
    """Return whether a file is the generated one, also after a checkout has rewritten its line ends."""
    return digest in (
        hashlib.sha256(content).hexdigest(),
        hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest(),
    )


def read(place: Path) -> Copy:
    """Read a copy.

    Args:
        place: the package's folder, or a wheel that holds it.

    Raises:
        CannotTell: there is no copy, or it cannot be read.
    """
    try:
        if place.is_dir():
            # Somebody's home or a whole disk is not searched through to find that it is no copy.
            return _copy(place, _folder(place) if (place / MANIFEST).exists() else {})
        if place.is_file():
            with zipfile.ZipFile(place) as archive:
                return _copy(place, _archive(place, archive))
    except zipfile.BadZipFile:
        raise CannotTell(f"{place}: is neither a folder nor a wheel that can be read") from None
    except (OSError, ValueError, RuntimeError, NotImplementedError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise CannotTell(f"{place}: cannot be read ({reason})") from None
    if place.exists():
        raise CannotTell(f"{place}: is neither a folder nor a wheel that can be read")
    for parent in place.parents:
        if parent.is_file():
            raise CannotTell(
                f"{place}: is inside the archive {parent.name}; unpack it, or name another copy with --copy"
            )
    raise CannotTell(f"{place}: is not there; name the package's folder, or a wheel")


def _folder(folder: Path) -> dict[str, Callable[[], bytes]]:
    def fail(error: OSError) -> NoReturn:
        raise error

    found: dict[str, Callable[[], bytes]] = {}
    for root, folders, names in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if name != "__pycache__"]
        # A folder that is a link is not entered: it is something that was added.
        names += [name for name in folders if Path(root, name).is_symlink()]
        for name in names:
            path = Path(root, name)
            found[path.relative_to(folder).as_posix()] = partial(_bytes, path)
    return found


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        return b"\0"  # a broken link, a device: reading it would give nothing, or never end
    if path.stat().st_size > LIMIT:
        raise CannotTell(
            f"{path}: is larger than {LIMIT >> 20} MiB, which no file of the client is"
        )
    return path.read_bytes()


def _archive(place: Path, archive: zipfile.ZipFile) -> dict[str, Callable[[], bytes]]:
    entries = {item.filename: item for item in archive.infolist() if not item.is_dir()}
    root = f"{PACKAGE}/"
    if root + MANIFEST not in entries:
        raise CannotTell(
            f"{place}: holds no {root}{MANIFEST}, so it is no wheel of the client, or one before it had a manifest"
        )

    def content(item: zipfile.ZipInfo) -> bytes:
        if item.file_size > LIMIT:
            raise CannotTell(f"{place}: {item.filename} is larger than {LIMIT >> 20} MiB")
        return archive.read(item)

    return {
        name.removeprefix(root): partial(content, item)
        for name, item in entries.items()
        if name.startswith(root)
    }


def _copy(place: Path, found: Mapping[str, Callable[[], bytes]]) -> Copy:
    if MANIFEST not in found:
        raise CannotTell(
            f"{place}: holds no {MANIFEST}, so it is no copy of the client, or one that lost it; "
            "name the package's folder, or vendor it again"
        )
    manifest = _manifest(place, found[MANIFEST]())
    expected: Mapping[str, str] = manifest["files"]
    return Copy(
        place=str(place),
        manifest=manifest,
        files={name: found[name]() for name in sorted(expected) if name in found},
        others=sorted(set(found) - set(expected) - {MANIFEST}),
    )


def _manifest(place: Path, raw: bytes) -> Mapping[str, Any]:
    damaged = f"{place}: its {MANIFEST} is damaged ({{}}); vendor the client again"
    try:
        found: Any = json.loads(raw)
    except (ValueError, RecursionError):
        raise CannotTell(damaged.format("not JSON")) from None
    for path in (
        "contract.version",
        "contract.api_version",
        "contract.sha256",
        "generator.name",
        "generator.version",
        "distribution.name",
        "distribution.version",
        "licence.name",
    ):
        value: Any = found
        for part in path.split("."):
            value = _object(value).get(part)
        if not isinstance(value, str):
            raise CannotTell(damaged.format(f"{path} is missing"))
    files = _object(_object(found).get("files"))
    if not files:
        raise CannotTell(damaged.format("files is missing"))
    for name, digest in files.items():
        path_ = PurePosixPath(name)
        if path_.is_absolute() or ".." in path_.parts or "\\" in name or str(path_) != name:
            raise CannotTell(damaged.format("it names files outside the package"))
        if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
            raise CannotTell(damaged.format("files holds something that is no SHA-256"))
    return _object(found)


def _object(value: Any) -> dict[str, Any]:
    """Return decoded JSON if it is an object, else an empty one."""
    return value if _is_object(value) else {}


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


# -- types -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """One member of a type.

    Attributes:
        head: a name (`str`, `list`, `TextPart`), or the source of a literal value.
        arguments: types in brackets.
        literal: the type of the value for a literal, else "".
    """

    head: str
    arguments: tuple[Type, ...] = ()
    literal: str = ""

    def __str__(self) -> str:
        inner = ", ".join(shown(argument) for argument in self.arguments)
        return f"{self.head}[{inner}]" if self.arguments else self.head


Type = frozenset[Kind]
"""A union of its members; one member for anything else."""

Aliases = Mapping[str, Type]

NOTHING: Type = frozenset()
_WIDER = {"Sequence": {"list", "tuple"}, "Mapping": {"dict"}, "float": {"int"}}
# No bool for int, as Python has it: on the way to the service they are different things.


def shown(kind: Type) -> str:
    """Write a type, its plain members first and None last."""
    ordered = sorted(kind, key=lambda item: (item.head == "None", bool(item.literal), str(item)))
    text = " | ".join(str(item) for item in ordered)
    return text if len(text) <= 120 else f"{text[:119]}..."


def type_of(node: ast.expr | None) -> Type:
    """Read an annotation."""
    if node is None:
        return frozenset({Kind("Any")})
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return type_of(node.left) | type_of(node.right)
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            try:
                return type_of(ast.parse(node.value.strip(), mode="eval").body)
            except (SyntaxError, ValueError):
                return frozenset({Kind(repr(node.value))})
        return frozenset({Kind(repr(node.value))})
    if isinstance(node, ast.Subscript):
        head = _source(node.value)
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if head == "Literal":
            return frozenset(_literal(item) for item in inner)
        if head in ("Optional", "Union"):
            both = NOTHING.union(*(type_of(item) for item in inner))
            return both | {Kind("None")} if head == "Optional" else both
        return frozenset({Kind(head, tuple(type_of(item) for item in inner))})
    if isinstance(node, ast.List):
        return frozenset({Kind("arguments", tuple(type_of(item) for item in node.elts))})
    return frozenset({Kind(_source(node))})


def _literal(node: ast.expr) -> Kind:
    value: Any = node.value if isinstance(node, ast.Constant) else None
    return Kind(ast.unparse(node), literal=type(value).__name__)


def _source(node: ast.expr) -> str:
    """Write an expression without the modules that types are reached by."""
    text = node.id if isinstance(node, ast.Name) else ast.unparse(node)
    return text.removeprefix("builtins.").removeprefix("typing.")


def covers(wide: Type, wides: Aliases, narrow: Type, narrows: Aliases, depth: int = 0) -> bool:
    """Return whether every value of one type is one of another.

    Args:
        wide: the other type.
        wides: what the names in it stand for.
        narrow: the one type.
        narrows: what the names in it stand for.
        depth: how many names have been followed, since they may lead in a circle.
    """
    return all(_covered(kind, narrows, wide, wides, depth) for kind in narrow)


def _covered(one: Kind, ones: Aliases, wide: Type, wides: Aliases, depth: int) -> bool:
    if depth > MAX_DEPTH:
        return True
    for other in wide:
        if other == one or other.head in ("Any", "object") or one.head == "Any":
            return True
        if not other.literal and one.literal == other.head:
            return True
        if one.head == other.head or one.head in _WIDER.get(other.head, ()):
            pairs = list(zip(other.arguments, one.arguments, strict=False))
            alike = len(other.arguments) == len(one.arguments) and not one.literal
            if alike and all(covers(w, wides, n, ones, depth + 1) for w, n in pairs):
                return True
    for other in wide:  # a name of one copy only, or with the same name, already equal
        named = other.head in wides and other.head != one.head
        if named and _covered(one, ones, wides[other.head], wides, depth + 1):
            return True
    return one.head in ones and covers(wide, wides, ones[one.head], ones, depth + 1)


def literals(kind: Type) -> set[str]:
    """Collect the literal values anywhere in a type."""
    found = {item.head for item in kind if item.literal}
    return found.union(*(literals(part) for item in kind for part in item.arguments))


def is_open(kind: Type) -> bool:
    """Return whether any value passes beside the literal ones, everywhere in a type."""
    plain = {item.head for item in kind if not item.literal}
    return all(item.literal in plain for item in kind if item.literal) and all(
        is_open(part) for item in kind for part in item.arguments
    )


def names_in(kind: Type) -> set[str]:
    """Collect the names anywhere in a type."""
    found = {item.head for item in kind if not item.literal}
    return found.union(*(names_in(part) for item in kind for part in item.arguments))


# -- what a user of the client sees ----------------------------------------------------------------


@dataclass(frozen=True)
class Parameter:
    """A parameter, as its signature and its description show it."""

    name: str
    place: int  # position, or -1 for one given by name only
    type: Type
    default: str | None
    doc: str

    @property
    def bare(self) -> Type:
        """Return the type without the marks that stand for "not given"."""
        marks = {"Unset", "None"} if self.default == "None" else {"Unset"}
        return frozenset(item for item in self.type if item.head not in marks)


@dataclass(frozen=True)
class Member:
    """A function, a method, a property or an attribute."""

    kind: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])
    returns: Type = NOTHING
    overloads: Mapping[str, Type] = field(default_factory=dict[str, Type])
    doc: str = ""
    uses: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Class:
    """A class: its bases and its public members; `__init__` among them."""

    bases: tuple[str, ...]
    members: Mapping[str, Member]
    fields: Mapping[str, str]  # of a model: JSON names by attribute


@dataclass(frozen=True)
class Operation:
    """An operation: what the client knows of it, and the module of its functions."""

    facts: Mapping[str, Any]
    module: str
    functions: Mapping[str, Member]


def _member(functions: Sequence[ast.FunctionDef | ast.AsyncFunctionDef], method: bool) -> Member:
    """Read a function with its overloads, the implementation last."""
    node = functions[-1]
    decorators = {_source(item) for item in node.decorator_list}
    doc = ast.get_docstring(node) or ""
    about = _arguments_doc(doc)
    given = [*node.args.posonlyargs, *node.args.args]
    missing = [None] * (len(given) - len(node.args.defaults))
    positional = list(zip(given, [*missing, *node.args.defaults], strict=True))
    if method and "staticmethod" not in decorators:
        positional = positional[1:]
    named = list(zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True))
    parameters: dict[str, Parameter] = {}
    for place, (argument, default) in enumerate([*positional, *named]):
        parameters[argument.arg] = Parameter(
            argument.arg,
            place if place < len(positional) else -1,
            type_of(argument.annotation),
            ast.unparse(default) if default else None,
            about.get(argument.arg, ""),
        )
    for rest, star in ((node.args.vararg, "*"), (node.args.kwarg, "**")):
        if rest:
            name = star + rest.arg
            parameters[name] = Parameter(name, -1, type_of(rest.annotation), "()", "")
    kind = "async method" if isinstance(node, ast.AsyncFunctionDef) else "method"
    if decorators & {"property", "cached_property"}:
        kind = "attribute"
    whole = {name: item.type for name, item in parameters.items()}
    overloads: dict[str, Type] = {}
    for item in functions[:-1]:
        own = _member([item], method)
        special = {
            name: shown(parameter.type)
            for name, parameter in own.parameters.items()
            if parameter.type != whole.get(name)
        }
        overloads[", ".join(f"{name}: {text}" for name, text in special.items())] = own.returns
    inside = (part for statement in node.body for part in ast.walk(statement))
    uses = frozenset(part.id for part in inside if isinstance(part, ast.Name))
    return Member(kind, parameters, type_of(node.returns), overloads, doc, uses)


def _arguments_doc(doc: str) -> dict[str, str]:
    """Read the description of each argument from a docstring."""
    _, _, section = doc.partition("\nArgs:\n")
    found: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        if line and not line.startswith("    "):
            break
        start = re.match(r"    (\w+): (.*)", line)
        if start:
            name = start[1]
            found[name] = start[2]
        elif name:
            found[name] += " " + line.strip()
    return found


def _functions(body: Sequence[ast.stmt], method: bool) -> dict[str, Member]:
    groups: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            groups.setdefault(node.name, []).append(node)
    return {name: _member(group, method) for name, group in groups.items() if _public(name)}


def _public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _attrs_fields(
    node: ast.ClassDef, takes: Mapping[str, Type]
) -> tuple[dict[str, Member], dict[str, Parameter]]:
    """Read the fields of an attrs class: what is read, and what its constructor takes."""
    members: dict[str, Member] = {}
    parameters: dict[str, Parameter] = {}
    for item, after in zip(node.body, [*node.body[1:], None], strict=True):
        if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
            continue
        name, kind = item.target.id, type_of(item.annotation)
        if name.startswith("_") or name == "additional_properties":
            continue
        said = after.value if isinstance(after, ast.Expr) else None
        doc = " ".join(str(said.value).split()) if isinstance(said, ast.Constant) else ""
        default = ast.unparse(item.value) if item.value else None
        words: dict[str | None, str] = {}
        if isinstance(item.value, ast.Call):
            words = {word.arg: ast.unparse(word.value) for word in item.value.keywords}
            default = words.get("default")
        none = frozenset({Kind("None")}) & kind
        taken = takes.get(words.get("converter", ""), kind) | none
        members[name] = Member("attribute", returns=kind, doc=doc)
        parameters[name] = Parameter(name, -1, taken, default, doc)
    return members, parameters


def _class(node: ast.ClassDef, takes: Mapping[str, Type] | None = None) -> Class:
    members = _functions(node.body, method=True)
    for name in ("__repr__", "__reduce__", "__getnewargs__", "__exit__", "__aexit__"):
        members.pop(name, None)
    if any(ast.unparse(item).startswith("define(") for item in node.decorator_list):
        own, parameters = _attrs_fields(node, takes or {})
        members = {**members, **own, "__init__": Member("method", parameters)}
        members.pop("from_dict", None)
        renamed = [
            _texts(item.value)
            for item in node.body
            if isinstance(item, ast.AnnAssign) and _source(item.target) == "_renamed"
        ]
        names = renamed[0] if renamed else {}
        bases = tuple(_source(base) for base in node.bases)
        return Class(bases, members, {name: names.get(name, name) for name in own})
    fields: dict[str, str] = {}
    starts = [item for item in node.body if getattr(item, "name", "") == "__init__"]
    inside = [part for item in starts for part in ast.walk(item)]
    for prefix, item in [
        *(("", part) for part in node.body),
        *(("self.", part) for part in inside),
    ]:
        if isinstance(item, ast.AnnAssign):
            target, kind = ast.unparse(item.target), type_of(item.annotation)
            if target == "_fields" and item.value:
                fields = {name: in_json for in_json, name in _texts(item.value).items()}
        elif isinstance(item, ast.Assign):
            target, kind = ast.unparse(item.targets[0]), type_of(None)
        else:
            continue
        name = target.removeprefix(prefix)
        if target == prefix + name and name.isidentifier() and not name.startswith("_"):
            members.setdefault(name, Member("attribute", returns=kind))
    return Class(tuple(_source(base) for base in node.bases), members, fields)


def _data(node: ast.expr) -> Any:
    """Evaluate plain data; None for anything else."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return None


def _texts(node: ast.expr | None) -> dict[str, str]:
    """Evaluate a table of texts; an empty one for anything else."""
    found = _object(_data(node)) if node else {}
    return {str(name): str(value) for name, value in found.items()}


class Surface:
    """What a user of a copy can rely on, read from its sources.

    Attributes:
        exports: what the package itself offers: classes, and types of other names.
        resources: classes below the clients by their path (`client.image`), for both clients.
        operations: operations by id.
        models: models by name.
        aliases: enumerations and unions by name.
        statuses: names of error classes by HTTP status.
    """

    def __init__(self, copy: Copy) -> None:
        self._copy = copy
        self._parsed: dict[str, ast.Module] = {}
        self.exports: dict[str, Class | Type] = {}
        self.errors: dict[str, Class] = {}
        self.models: dict[str, Class] = {}
        self.aliases: dict[str, Type] = {}
        self.operations: dict[str, Operation] = {}
        self._constants: dict[str, str] = {}
        self._takes: dict[str, Type] = {}
        for name in copy.files:
            if (name.startswith("models/") and name.endswith(".py")) or name == "_model.py":
                self._converters(name)
        for name in copy.files:
            folder, _, file = name.rpartition("/")
            if folder == "models" and file.endswith(".py") and file != "__init__.py":
                self._models(name)
            elif folder.startswith("api/") and file.endswith(".py") and file != "__init__.py":
                self._operation(name)
        self._exports()
        classes = self._resource_classes()
        self.resources = {
            client: dict(self._resources(client, classes))
            for client in ("Pollinations", "AsyncPollinations")
        }
        self.statuses, self.servers = self._tables()

    def _module(self, name: str) -> Sequence[ast.stmt]:
        content = self._copy.files.get(name)
        if content is None:
            return []
        if name not in self._parsed:
            try:
                with warnings.catch_warnings(action="ignore"):
                    self._parsed[name] = ast.parse(content)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                line = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
                version = ".".join(str(part) for part in sys.version_info[:2])
                raise CannotTell(
                    f"{self._copy.place}: {name} cannot be read as Python {version}{line}; correct it first"
                ) from None
        return self._parsed[name].body

    def _converters(self, name: str) -> None:
        # What a field of an attrs class may be given is what its converter takes, in its first overload.
        for node in self._module(name):
            if isinstance(node, ast.FunctionDef) and node.args.args:
                self._takes.setdefault(node.name, type_of(node.args.args[0].annotation))

    def _models(self, name: str) -> None:
        for node in self._module(name):
            if isinstance(node, ast.ClassDef):
                self.models[node.name] = _class(node, self._takes)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                self.aliases[node.target.id] = type_of(node.value)

    def _operation(self, name: str) -> None:
        body = self._module(name)
        for node in body:
            if (
                isinstance(node, ast.AnnAssign)
                and _source(node.target) == "OPERATION"
                and isinstance(node.value, ast.Call)
            ):
                facts = {word.arg: _data(word.value) for word in node.value.keywords if word.arg}
                module = name.removesuffix(".py").replace("/", ".")
                self.operations[str(facts.get("id"))] = Operation(
                    facts, module, _functions(body, method=False)
                )

    def _exports(self) -> None:
        modules: dict[str, str] = {}
        for node in self._module("__init__.py"):
            if isinstance(node, ast.Assign) and _source(node.targets[0]) == "_MODULES":
                modules = _texts(node.value)
        for name, module in modules.items():
            known: dict[str, Class] = {}
            for node in self._module(f"{module}.py"):
                if isinstance(node, ast.ClassDef):
                    known[node.name] = own = _class(node)
                    for base in own.bases:
                        if base.startswith("_") and base in known:
                            members = {**known[base].members, **own.members}
                            known[node.name] = own = Class(own.bases, members, own.fields)
                if isinstance(node, ast.ClassDef) and node.name == name:
                    kind = self.errors if module == "errors" else self.exports
                    kind[name] = known[name]
                elif isinstance(node, ast.AnnAssign) and _source(node.target) == name:
                    self.exports[name] = type_of(node.value)
        for node in self._module("types.py"):
            if isinstance(node, ast.AnnAssign) and _source(node.annotation) == "TypeAlias":
                self.aliases[_source(node.target)] = type_of(node.value)

    def _resource_classes(self) -> dict[str, Class]:
        classes: dict[str, Class] = {}
        for name in self._copy.files:
            if not (name.startswith("resources/") and name.endswith(".py")):
                continue
            for node in self._module(name):
                if isinstance(node, ast.ClassDef):
                    classes[node.name] = _class(node)
                elif isinstance(node, ast.ImportFrom) and str(node.module).startswith("api."):
                    for item in node.names:
                        # Of earlier copies the constant, of later ones the module.
                        inner = "" if item.name == "OPERATION" else f".{item.name}"
                        self._constants[item.asname or item.name] = f"{node.module}{inner}"
        return classes

    def _resources(self, client: str, classes: Mapping[str, Class]) -> Iterator[tuple[str, Class]]:
        root = self.exports.get(client)
        waiting = [("client", root)] if isinstance(root, Class) else []
        while waiting:
            path, found = waiting.pop(0)
            for name, member in found.members.items():
                (kind,) = member.returns if len(member.returns) == 1 else (Kind(""),)
                below = member.kind == "attribute" and not name.startswith("with_")
                if below and kind.head in classes and path.count(".") < MAX_DEPTH:
                    waiting.append((f"{path}.{name}", classes[kind.head]))
            if path != "client":
                yield path, found

    def _tables(self) -> tuple[dict[int, str], dict[str, str]]:
        statuses: dict[int, str] = {}
        for node in self._module("errors.py"):
            for item in ast.walk(node):
                table = item.value if isinstance(item, ast.AnnAssign) else None
                if isinstance(table, ast.Dict) and ast.unparse(item).startswith("by_status"):
                    for key, value in zip(table.keys, table.values, strict=True):
                        if isinstance(key, ast.Constant) and isinstance(key.value, int):
                            statuses[key.value] = _source(value)
        servers: dict[str, str] = {}
        for node in self._module("client.py"):
            if isinstance(node, ast.AnnAssign) and _source(node.target) == "SERVERS":
                servers = _texts(node.value)
        return statuses, servers

    def operation_of(self, member: Member) -> str | None:
        """Return the id of the operation that a method calls."""
        modules = {self._constants[name] for name in member.uses if name in self._constants}
        for identity, operation in self.operations.items():
            if operation.module in modules:
                return identity
        return None

    def calls(self) -> dict[str, str]:
        """Return the operation of each method of the client, by the method's path."""
        found: dict[str, str] = {}
        for path, resource in self.resources["Pollinations"].items():
            for name, member in resource.members.items():
                identity = self.operation_of(member)
                if identity:
                    found[f"{path}.{name}"] = identity
        return found

    def reach(self) -> tuple[set[str], set[str]]:
        """Return the names of what users pass in, and of what they get."""
        functions = [
            member
            for resources in self.resources.values()
            for resource in resources.values()
            for member in resource.members.values()
        ]
        functions += [
            member
            for operation in self.operations.values()
            for member in operation.functions.values()
        ]
        into = [item.type for member in functions for item in member.parameters.values()]
        out = [member.returns for member in functions]
        out += [kind for member in functions for kind in member.overloads.values()]
        return self._closure(into, True), self._closure(out, False)

    def _closure(self, types: Sequence[Type], into: bool) -> set[str]:
        waiting = [name for kind in types for name in names_in(kind)]
        found: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found.add(name)
            waiting += names_in(self.aliases.get(name, NOTHING))
            model = self.models.get(name)
            for member in model.members.values() if model else ():
                # What is passed in can be read as well, by whoever made it.
                waiting += names_in(member.returns)
                for item in member.parameters.values() if into else ():
                    waiting += names_in(item.type)
        return found


# -- what changed ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """One change that a user of the client can notice."""

    group: str
    where: str
    what: str
    breaking: bool


_ASSUMES = re.compile(r"The service assumes (.*?) when it is not given\.")
_NUMBER = r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_RANGE = re.compile(
    rf"(?:^|[.?!] )(?:From ({_NUMBER})(?: to ({_NUMBER}))?|Up to ({_NUMBER}))\.(?= |$)"
)
_DEPRECATED = re.compile(r"(?:^|\s)Deprecated(?: by the service)?\.")
_NOT_SENT = {"None", "UNSET", "ABSENT"}
_NEED = ("none", "optional", "required")


def _range(doc: str) -> tuple[float, float]:
    found = _RANGE.search(doc)
    low, high, most = found.groups() if found else (None, None, None)
    top = high or most
    return float(low) if low else float("-inf"), float(top) if top else float("inf")


def _span(low: float, high: float) -> str:
    if low == float("-inf"):
        return "without limits" if high == float("inf") else f"up to {high:.10g}"
    return f"from {low:.10g}" if high == float("inf") else f"from {low:.10g} to {high:.10g}"


class Comparison:
    """The changes from one copy to another, for users of the client."""

    def __init__(self, old: Surface, new: Surface) -> None:
        self.old = old
        self.new = new
        self.changes: list[Change] = []
        self._operations()
        self._methods()
        self._functions()
        self._models()
        self._bodies()
        self._errors()
        self._package()

    def add(self, group: str, where: str, what: str, breaking: bool) -> None:
        """Note a change, once."""
        change = Change(group, where, what.strip(), breaking)
        if change not in self.changes:
            self.changes.append(change)

    # Operations and methods

    def _operations(self) -> None:
        old, new = self.old.operations, self.new.operations
        here, there = self.old.calls(), self.new.calls()
        for identity in [*old, *(name for name in new if name not in old)]:
            facts = (new.get(identity) or old[identity]).facts
            where = f"{identity} ({facts.get('method')} {facts.get('path')})"
            if identity not in new:
                # A method that is still there calls another operation now.
                lost = [path for path in here if here[path] == identity and path not in there]
                with_it = ", ".join([*lost, old[identity].module])
                self.add("operations", where, f"is gone, and with it {with_it}", True)
            elif identity not in old:
                come = [path for path in there if there[path] == identity and path not in here]
                with_it = ", ".join([*come, new[identity].module])
                self.add("operations", where, f"is new, and with it {with_it}", False)
            else:
                self._facts(where, old[identity], new[identity])

    def _facts(self, where: str, old: Operation, new: Operation) -> None:
        if old.module != new.module:
            self.add("operations", where, f"moved from {old.module} to {new.module}", True)
        before, after = (
            _NEED.index(text) if (text := operation.facts.get("auth")) in _NEED else 0
            for operation in (old, new)
        )
        if before != after:
            words = ("does not send the key", "can send the key", "needs a key")
            self.add("operations", where, f"{words[after]} now", after == 2)
        for name, text in (("method", "method"), ("path", "path"), ("host", "host")):
            was, now = old.facts.get(name), new.facts.get(name)
            if was != now:
                self.add("operations", where, f"is sent with {text} {now} instead of {was}", False)
        was, now = (set(map(str, operation.facts.get("accepts") or ())) for operation in (old, new))
        for kind in sorted(now - was):
            self.add("operations", where, f"may respond with {kind} too", False)
        for kind in sorted(was - now):
            self.add("operations", where, f"no longer responds with {kind}", False)
        if old.facts.get("idempotent") != new.facts.get("idempotent"):
            often = "is repeated" if new.facts.get("idempotent") else "is no longer repeated"
            self.add("operations", where, f"{often} when its outcome is not known", False)

    def _methods(self) -> None:
        for client in ("Pollinations", "AsyncPollinations"):
            old, new = self.old.resources[client], self.new.resources[client]
            for path in [*old, *(path for path in new if path not in old)]:
                if path not in new:
                    if self._survives(old[path], self.new):
                        self.add("methods", path, "is gone", True)
                elif path not in old:
                    if self._survives(new[path], self.old):
                        self.add("methods", path, "is new", False)
                else:
                    self._members(path, old[path], new[path], "methods")

    def _survives(self, resource: Class, other: Surface) -> bool:
        """Return whether another copy has an operation of a resource, so that its change is not that of operations."""
        here = self.old if other is self.new else self.new
        owned = {here.operation_of(member) for member in resource.members.values()}
        return bool((owned - {None}) & other.operations.keys())

    def _members(self, where: str, old: Class, new: Class, group: str) -> None:
        for name, member in old.members.items():
            path = where if name == "__init__" else f"{where}.{name}"
            if name in new.members:
                self._member(path, member, new.members[name], group)
            elif not self._explained(member, self.old, self.new):
                self.add(group, path, "is gone", True)
        for name, member in new.members.items():
            if name not in old.members and not self._explained(member, self.new, self.old):
                self.add(group, f"{where}.{name}", "is new", False)

    def _explained(self, member: Member, here: Surface, there: Surface) -> bool:
        """Return whether a method of one copy only belongs to an operation, or resource, that was reported."""
        identity = here.operation_of(member)
        if identity and identity not in there.operations:
            return True
        (kind,) = member.returns if len(member.returns) == 1 else (Kind(""),)
        return member.kind == "attribute" and kind.head.endswith("Resource")

    def _member(self, where: str, old: Member, new: Member, group: str) -> None:
        if old.kind != new.kind:
            self.add(group, where, f"is now {_a(new.kind)} instead of {_a(old.kind)}", True)
            return
        self._parameters(where, old.parameters, new.parameters, "parameters")
        place = "answers" if group == "methods" else group
        verb = "is" if new.kind == "attribute" else "returns"
        self._out(place, where, old.returns, new.returns, verb)
        for special, kind in old.overloads.items():
            if special not in new.overloads:
                continue
            if old.returns == new.returns or kind - old.returns:
                self._out(place, f"{where} with {special}", kind, new.overloads[special], verb)
        if _DEPRECATED.search(new.doc.partition("\nArgs:")[0]) and not _DEPRECATED.search(
            old.doc.partition("\nArgs:")[0]
        ):
            self.add(group, where, "is deprecated", False)

    # Parameters

    def _parameters(
        self,
        where: str,
        old: Mapping[str, Parameter],
        new: Mapping[str, Parameter],
        group: str,
    ) -> None:
        for name, was in old.items():
            label = f"parameter {name}"
            now = new.get(name)
            if now is None:
                self.add(group, where, f"{label} is gone", True)
                continue
            if was.place >= 0 and now.place < 0:
                self.add(group, where, f"{label} can be given by name only", True)
            elif was.place >= 0 and was.place != now.place:
                self.add(group, where, f"{label} is now at position {now.place + 1}", True)
            self._needed(group, where, was, now, label)
            self._into(group, where, was.bare, now.bare, label)
            self._doc(group, where, was.doc, now.doc, label)
        for name, now in new.items():
            if name not in old:
                needed = now.default is None
                what = f"parameter {name} is new" + (" and required" if needed else "")
                self.add(group, where, what, needed)

    def _needed(
        self, group: str, where: str, was: Parameter, now: Parameter, label: str = ""
    ) -> None:
        if was.default is not None and now.default is None:
            self.add(group, where, f"{label} is required now", True)
        elif was.default is None and now.default is not None:
            self.add(group, where, f"{label} is no longer required", False)
        elif was.default != now.default and not {was.default, now.default} <= _NOT_SENT:
            what = f"{label} is {now.default} instead of {was.default} when it is not given"
            self.add(group, where, what, True)

    def _doc(self, group: str, where: str, old: str, new: str, label: str = "") -> None:
        old, new = " ".join(old.split()), " ".join(new.split())
        was, now = _ASSUMES.search(old), _ASSUMES.search(new)
        if was and now and was[1] != now[1]:
            what = f"{label} is {now[1]} for the service instead of {was[1]} when it is not given"
            self.add(group, where, what, True)
        before, after = _range(old), _range(new)
        if before != after:
            narrower = after[0] > before[0] or after[1] < before[1]
            what = f"{label} is {_span(*after)} instead of {_span(*before)}"
            self.add(group, where, what, narrower)
        if _DEPRECATED.search(new) and not _DEPRECATED.search(old):
            self.add(group, where, f"{label} is deprecated", False)

    # Types

    def _into(self, group: str, where: str, old: Type, new: Type, label: str = "") -> None:
        """Compare what is taken: it breaks when something is no longer."""
        lost, gained = self._moved(old, new)
        if lost and gained:
            self.add(group, where, f"{label} takes {shown(gained)} instead of {shown(lost)}", True)
        elif lost:
            self.add(group, where, f"{label} no longer takes {shown(lost)}", True)
        elif gained:
            self.add(group, where, f"{label} also takes {shown(gained)}", False)
        else:
            self._values(where, old, new, f"{label} ", True, False)

    def _out(self, group: str, where: str, old: Type, new: Type, verb: str = "is") -> None:
        """Compare what is given: it breaks when something else can be."""
        lost, gained = self._moved(old, new)
        if lost and gained:
            self.add(group, where, f"{verb} {shown(gained)} instead of {shown(lost)}", True)
        elif gained:
            self.add(group, where, f"{verb} {shown(gained)} as well", True)
        elif lost:
            never = "is no longer" if verb == "is" else f"no longer {verb}"
            self.add(group, where, f"{never} {shown(lost)}", False)
        else:
            self._values(where, old, new, "", False, True)

    def _moved(self, old: Type, new: Type) -> tuple[Type, Type]:
        """Return the members that one type has and the other does not cover, both ways."""
        lost = {
            item
            for item in old
            if not covers(new, self.new.aliases, frozenset({item}), self.old.aliases)
        }
        gained = {
            item
            for item in new
            if not covers(old, self.old.aliases, frozenset({item}), self.new.aliases)
        }
        return frozenset(lost), frozenset(gained)

    def _values(self, where: str, old: Type, new: Type, label: str, into: bool, out: bool) -> None:
        """Compare listed values; `str` beside them means that others pass as well."""
        was, now = literals(old), literals(new)
        if was == now:
            return
        if not now:
            what = f"{label}no longer lists its values: {', '.join(sorted(was))}"
            self.add("values", where, what, out and not is_open(old))
            return
        if not was:
            what = f"{label}lists its values now: {', '.join(sorted(now))}"
            self.add("values", where, what, into)
            return
        for value in sorted(was - now):
            self.add("values", where, f"{label}no longer lists {value}", into)
        for value in sorted(now - was):
            self.add("values", where, f"{label}also lists {value}", out and not is_open(old))

    # Functions, models, errors, the rest

    def _functions(self) -> None:
        """Compare the functions of `api`, where they differ otherwise than the methods do."""
        methods = {identity: path for path, identity in reversed(self.new.calls().items())}
        for identity, operation in self.old.operations.items():
            other = self.new.operations.get(identity)
            if other is None:
                continue
            known = {
                (change.group, change.what)
                for change in self.changes
                if change.where == methods.get(identity)
            }
            own = len(self.changes)
            for name in operation.functions:
                if name not in other.functions:
                    self.add("methods", f"{operation.module}.{name}", "is gone", True)
            for name in ("sync", "asyncio"):
                pair = operation.functions.get(name), other.functions.get(name)
                if pair[0] and pair[1]:
                    self._member(operation.module, pair[0], pair[1], "methods")
            self.changes[own:] = [
                change
                for change in self.changes[own:]
                if (change.group, change.what) not in known and change.what != "is deprecated"
            ]

    def _models(self) -> None:
        sent, got = (old | new for old, new in zip(self.old.reach(), self.new.reach(), strict=True))
        old: dict[str, Class | Type] = {**self.old.models, **self.old.aliases}
        new: dict[str, Class | Type] = {**self.new.models, **self.new.aliases}
        hidden = {"FileContent", "FileInput"}  # of the runtime, compared where they are used
        for name in [*old, *(name for name in new if name not in old)]:
            if name in hidden:
                continue
            where = f"models.{name}"
            # A name that no method leads to, such as the body of an error, can be used either way.
            into = name in sent or name not in got
            out = name in got or name not in sent
            was, now = old.get(name), new.get(name)
            if now is None:
                self.add("models", where, "is gone", True)
            elif was is None:
                self.add("models", where, "is new", False)
            elif isinstance(was, Class) and isinstance(now, Class):
                self._model(where, was, now, into, out)
            elif isinstance(was, Class) or isinstance(now, Class):
                text = "a model" if isinstance(now, Class) else f"a name for {shown(now)}"
                self.add("models", where, f"is {text} now", True)
            else:
                self._alias(where, was, now, into, out)

    def _alias(self, where: str, old: Type, new: Type, into: bool, out: bool) -> None:
        lost, gained = self._moved(old, new)
        for kind, what, breaks in (
            (lost, "no longer stands for", into),
            (gained, "also stands for", out),
        ):
            if kind:
                self.add("models", where, f"{what} {shown(kind)}", breaks)
        if not lost and not gained:
            self._values(where, old, new, "", into, out)

    def _model(self, where: str, old: Class, new: Class, into: bool, out: bool) -> None:
        nothing = Member("method")
        given = old.members.get("__init__", nothing).parameters
        wanted = new.members.get("__init__", nothing).parameters
        for name in old.fields:
            field_ = f"{where}.{name}"
            if name not in new.fields:
                self.add("models", field_, "is gone", True)
                continue
            if old.fields[name] != new.fields[name]:
                self.add("models", field_, f"is {new.fields[name]!r} in JSON now", False)
            was, now = given.get(name), wanted.get(name)
            before, after = old.members.get(name, nothing), new.members.get(name, nothing)
            start = len(self.changes)
            if out:
                self._out("models", field_, before.returns, after.returns)
            middle = len(self.changes)
            if into and was and now:
                # An attrs field says None for "may be left out" and for "may be null".
                loose = frozenset({Kind("None")} if "ABSENT" in (was.default, now.default) else ())
                self._into("models", field_, was.bare - loose, now.bare - loose)
            # What is read and what is given have one cause: one line, that which breaks.
            read_, written = self.changes[start:middle], self.changes[middle:]
            if read_ and written:
                worse = not read_[0].breaking and written[0].breaking
                self.changes[start:] = written if worse else read_
            if into and was and now:
                self._needed("models", field_, was, now)
                self._doc("models", field_, before.doc, after.doc)
            elif was and now and not read_ and (was.default is None) != (now.default is None):
                needed = "required now" if now.default is None else "no longer required"
                self.add("models", field_, f"is {needed} of who makes one", False)
        for name in new.fields:
            if name not in old.fields:
                parameter = wanted.get(name)
                must = parameter is not None and parameter.default is None
                required = " and required" if into else " and required of who makes one"
                what = "is new" + (required if must else "")
                self.add("models", f"{where}.{name}", what, must and into)
        plain = [
            Class(
                found.bases,
                {
                    name: member
                    for name, member in found.members.items()
                    if name not in found.fields and name != "__init__"
                },
                {},
            )
            for found in (old, new)
        ]
        self._members(where, plain[0], plain[1], "models")

    def _bodies(self) -> None:
        """Drop a change of a body's field where its method has it as that of a parameter."""
        said = {(change.where, change.what) for change in self.changes}
        for path, identity in self.new.calls().items():
            sync = self.new.operations[identity].functions.get("sync", Member("method"))
            body = sync.parameters.get("body")
            for name in names_in(body.type) & self.new.models.keys() if body else ():
                start = f"models.{name}."
                self.changes = [
                    change
                    for change in self.changes
                    if not change.where.startswith(start)
                    or (path, f"parameter {change.where.removeprefix(start)} {change.what}")
                    not in said
                ]

    def _errors(self) -> None:
        old, new = self.old.errors, self.new.errors
        for name in [*old, *(name for name in new if name not in old)]:
            if name not in new:
                self.add("errors", name, "is gone", True)
            elif name not in old:
                bases = ", ".join(new[name].bases)
                self.add("errors", name, f"is new, a kind of {bases}", False)
            else:
                lost = _ancestors(name, old) - _ancestors(name, new)
                for base in sorted(lost):
                    self.add("errors", name, f"is no longer caught as {base}", True)
                for base in sorted(_ancestors(name, new) - _ancestors(name, old)):
                    self.add("errors", name, f"is also caught as {base}", False)
                self._members(name, old[name], new[name], "errors")
        for status in sorted(self.old.statuses.keys() | self.new.statuses.keys()):
            was = self.old.statuses.get(status, "APIStatusError")
            now = self.new.statuses.get(status, "APIStatusError")
            if was != now:
                # Whoever catches the old class must still catch what is raised.
                breaks = was != now and was not in _ancestors(now, new)
                self.add("errors", f"status {status}", f"raises {now} instead of {was}", breaks)

    def _package(self) -> None:
        old, new = self.old.exports, self.new.exports
        for name in [*old, *(name for name in new if name not in old)]:
            was, now = old.get(name), new.get(name)
            if now is None:
                self.add("package", name, "is gone", True)
            elif was is None:
                self.add("package", name, "is new", False)
            elif isinstance(was, Class) and isinstance(now, Class):
                self._members(name, was, now, "package")
            elif not isinstance(was, Class) and not isinstance(now, Class):
                self._alias(name, was, now, True, False)
            else:
                self.add("package", name, "is something else now", True)
        for host, address in self.old.servers.items():
            moved = self.new.servers.get(host)
            if moved is not None and moved != address:
                what = f"is at {moved} by default instead of {address}"
                self.add("package", f"the {host} host", what, False)


def _ancestors(name: str, classes: Mapping[str, Class]) -> set[str]:
    found = {name}
    for base in classes[name].bases if name in classes else ():
        found |= _ancestors(base, classes)
    return found


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def compare(old: Copy, new: Copy) -> list[Change]:
    """List what changes for users of the client from one copy to another, breaking changes first.

    Raises:
        CannotTell: a file of theirs is not Python that can be read.
    """
    if old.files == new.files:
        return []
    try:
        changes = Comparison(Surface(old), Surface(new)).changes
    except RecursionError:
        raise CannotTell(f"{new.place}: is nested too deeply to be compared") from None
    order = list(GROUPS)
    return sorted(changes, key=lambda item: (not item.breaking, order.index(item.group)))


# -- command ---------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"Error: {message}; --help shows how it is used\n")


def about(copy: Copy) -> dict[str, Any]:
    """Return what a copy is and how it was found, as data."""
    manifest = copy.manifest
    return {
        "place": copy.place,
        "distribution": manifest["distribution"],
        "contract": manifest["contract"],
        "generator": manifest["generator"],
        "licence": manifest["licence"]["name"],
        "files": len(manifest["files"]),
        "edited": copy.edited,
        "missing": copy.missing,
        "added": list(copy.others),
    }


def lines(copy: Copy) -> Iterator[str]:
    """Describe a copy."""
    told = about(copy)
    contract, generator = told["contract"], told["generator"]
    yield f"client     {told['distribution']['name']} {told['distribution']['version']}, licence {told['licence']}"
    yield f"contract   {contract['version']}, sha256 {contract['sha256']}"
    yield f"API        {contract['api_version']}"
    yield f"generator  {generator['name']} {generator['version']}"
    yield f"files      {told['files']}, {'as generated' if copy.clean else 'not as generated:'}"
    for word in ("edited", "missing", "added"):
        for name in told[word]:
            yield f"  {word:8} {name if name.isprintable() else repr(name)}"


def change_lines(changes: Sequence[Change]) -> Iterator[str]:
    """Describe changes, breaking ones first, by group."""
    for breaking in (True, False):
        mine = [change for change in changes if change.breaking is breaking]
        if mine:
            yield f"{'breaking' if breaking else 'compatible'} ({len(mine)})"
        for group, title in GROUPS.items():
            found = [change for change in mine if change.group == group]
            if found:
                yield f"  {title}"
            for change in found:
                yield f"    {change.where}: {change.what}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; see the top of the file.

    Args:
        arguments: those of the process when None.

    Returns:
        The exit code.
    """
    name = f"python -m {__package__}.doctor" if __package__ else "python doctor.py"
    parser = _Parser(
        prog=name,
        description="Report which contract this copy of the client speaks, and whether it was edited.",
        epilog="Exit codes: 0 nothing was edited and nothing breaks, 1 something was or does, 2 inconclusive.",
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="NEWER",
        help="another copy, a folder or a wheel: report what changes with it for users of the client",
    )
    parser.add_argument(
        "--copy",
        type=Path,
        help="examine this copy, a folder or a wheel, instead of the doctor's own",
    )
    parser.add_argument("--json", action="store_true", help="write JSON")
    options = parser.parse_args(arguments)
    for stream in (
        sys.stdout,
        sys.stderr,
    ):  # a terminal that cannot show a character gets its number
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _report(options.copy or Path(__file__).parent, options.against, options.json)
        sys.stdout.flush()
    except CannotTell as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader left, as in `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    return code


def _report(place: Path, against: Path | None, as_json: bool) -> int:
    copy = read(place)
    newer = read(against) if against else None
    changes = compare(copy, newer) if newer else []
    if as_json:
        told: dict[str, Any] = {"copy": about(copy)}
        if newer:
            told["against"] = about(newer)
            told["changes"] = [vars(change) for change in changes]
        print(json.dumps(told, indent=2))
    else:
        print("\n".join(lines(copy)))
        if newer:
            print("\n".join(_against(copy, newer, changes)))
    return int(not copy.clean or any(change.breaking for change in changes))


def _against(copy: Copy, newer: Copy, changes: Sequence[Change]) -> Iterator[str]:
    contract = newer.manifest["contract"]
    yield ""
    yield f"against    {newer.place}: contract {contract['version']}, sha256 {contract['sha256']}"
    if not newer.clean:
        yield "           which is not as generated either; --copy shows its edits"
    if changes:
        yield from change_lines(changes)
    elif copy.files == newer.files:
        yield "the same files"
    else:
        yield "nothing changes for users of the client; only how it works inside, or its descriptions"


if __name__ == "__main__":
    sys.exit(main())
