"""Compare the public API of two versions of the client: what code written for the first still finds.

griffe reports what breaks; what is new is what would break on the way back. Types it does not judge
by direction, so that is done here: an argument may come to take more, a result to give less.
"""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import griffe
from griffe import BreakageKind

from generator.text import split_types as split

PACKAGE = "pollinations_client"
Rank = Literal["breaking", "feature", "fix", "documentation"]
RANKS: tuple[Rank, ...] = ("breaking", "feature", "fix", "documentation")
Section = Literal["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]

logging.getLogger("griffe").setLevel(logging.CRITICAL)


class ClientError(Exception):
    """A client cannot be read; the message is one line."""


Kind = Literal["interface", "requirement", "extension"]
"""The API or the client as such, a requirement of the contract, or another of its extensions."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different.

    Attributes:
        rank: how much it asks of those who depend on it.
        section: where a changelog lists it.
        text: what it is, in Markdown, in one line.
        kind: what differs.
    """

    rank: Rank
    section: Section
    text: str
    kind: Kind = "interface"


@dataclass(frozen=True, slots=True)
class Roles:
    """The schemas that clients send, and those that they receive."""

    sent: frozenset[str]
    received: frozenset[str]


def compare_clients(before: Path, after: Path, roles: Roles) -> list[Change]:
    """Compare two clients without running them.

    Args:
        before: folder that the first one's package lies in.
        after: folder that the second one's package lies in.
        roles: what clients send and receive by either contract.

    Raises:
        ClientError: one of them cannot be read.
    """
    found = _Comparison(_load(before), _load(after), roles).changes()
    return found + _unseen(before / PACKAGE, after / PACKAGE, bool(found))


def _load(folder: Path) -> griffe.Module:
    try:
        found = griffe.load(
            PACKAGE, search_paths=[folder], allow_inspection=False, resolve_aliases=True
        )
    except (griffe.GriffeError, ImportError, SyntaxError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ClientError(f"{folder / PACKAGE} cannot be read: {reason}") from None
    if not isinstance(found, griffe.Module):
        raise ClientError(f"{folder / PACKAGE} is no package")
    models: Any = found.members.get("models")
    modules = (
        [m for m in models.members.values() if not m.is_alias and m.is_module] if models else []
    )
    for module in modules:
        for member in module.members.values():
            if not member.is_alias and member.is_class and _by_attrs(member):
                _construct(member)
    return found


def _by_attrs(model: Any) -> bool:
    return any(str(decorator.value).startswith("define(") for decorator in model.decorators)


def _construct(model: Any) -> None:
    """Add the constructor that attrs writes, which griffe does not know."""
    parameters: list[griffe.Parameter] = []
    for name, member in model.members.items():
        if not member.is_attribute or name.startswith("_") or "property" in member.labels:
            continue
        value = str(member.value or "")
        given = re.search(r"\bdefault=(\w+)", value)
        default = given[1] if given else None if value.startswith("field(converter") else value
        if value.startswith("field(factory"):
            continue  # unknown fields, which every model has
        parameters.append(
            griffe.Parameter(
                name,
                annotation=member.annotation,
                kind=griffe.ParameterKind.keyword_only,
                # As in the signatures of methods: not given is not sent.
                default="UNSET" if default == "ABSENT" else default or None,
            )
        )
    model.set_member(
        "__init__", griffe.Function("__init__", parameters=griffe.Parameters(*parameters))
    )


@dataclass(frozen=True, slots=True)
class _Met:
    """A change where griffe sees it."""

    rank: Rank
    section: Section
    place: str  # as users write it
    told: str  # what is said of it, with {} for the place
    asynchronous: bool


class _Comparison:
    def __init__(self, before: griffe.Module, after: griffe.Module, roles: Roles) -> None:
        self.before = before
        self.after = after
        self.roles = roles
        self.names = {**_spellings(before), **_spellings(after)}

    def changes(self) -> list[Change]:
        """Yield each change once, however many functions of the package show it."""
        grouped: dict[str, list[_Met]] = {}
        for met in self._met():
            grouped.setdefault(met.told.format(met.place), []).append(met)
        found: list[Change] = []
        for text, several in grouped.items():
            if all(met.asynchronous for met in several):
                text += " (asynchronous only)"
            elif f"{text}, which is required" in grouped:
                continue
            worst = min(several, key=lambda met: RANKS.index(met.rank))
            found.append(Change(worst.rank, worst.section, text))
        return sorted(found, key=lambda change: RANKS.index(change.rank))

    def _met(self) -> Iterator[_Met]:
        for breakage in griffe.find_breaking_changes(self.before, self.after):
            yield from self._forward(breakage)
        for breakage in griffe.find_breaking_changes(self.after, self.before):
            yield from self._backward(breakage)
        yield from self._types(self.before, self.after)

    def _forward(self, breakage: griffe.Breakage) -> Iterator[_Met]:
        """Read what breaks as it is."""
        path, here, kind = self._place(breakage), breakage.obj, breakage.kind
        if path is None:
            return
        parameter = breakage.old_value or breakage.new_value
        name = str(getattr(parameter, "name", ""))
        # Nobody but the client itself makes the models that it only receives.
        harmless = _constructor(here) and not self._is("sent", here)
        match kind:
            case BreakageKind.OBJECT_REMOVED:
                yield self._make("breaking", "Removed", path, "`{}`")
            case BreakageKind.PARAMETER_REMOVED:
                if not harmless:
                    yield self._make("breaking", "Removed", _argument(path, name), "`{}`")
            case BreakageKind.PARAMETER_ADDED_REQUIRED:
                rank: Rank = "feature" if harmless else "breaking"
                told = "`{}`" if harmless else "`{}`, which is required"
                yield self._make(rank, "Added", _argument(path, name), told)
            case BreakageKind.PARAMETER_CHANGED_REQUIRED:
                if not harmless:
                    told = "`{}` is required now"
                    yield self._make("breaking", "Changed", _argument(path, name), told)
            case BreakageKind.PARAMETER_CHANGED_DEFAULT:
                values = [str(getattr(p, "default", "")) for p in _pair(breakage)]
                if not {*values} <= {"None", "UNSET"}:  # both mean "not sent"
                    told = f"`{{}}`: default `{values[0]}` → `{values[1]}`"
                    yield self._make("breaking", "Changed", _argument(path, name), told)
            case BreakageKind.PARAMETER_MOVED | BreakageKind.PARAMETER_CHANGED_KIND:
                told = "`{}` is given in another way (by place or by name)"
                yield self._make("breaking", "Changed", _argument(path, name), told)
            case BreakageKind.OBJECT_CHANGED_KIND | BreakageKind.CLASS_REMOVED_BASE:
                old, new = (_shown(value) for value in _pair(breakage))
                told = f"`{{}}` is another kind of thing: {old} → {new}"
                yield self._make("breaking", "Changed", path, told)
            case _:
                pass  # types and values, see below

    def _backward(self, breakage: griffe.Breakage) -> Iterator[_Met]:
        """Read what would break on the way back as what is new."""
        path, here = self._place(breakage), breakage.obj
        if path is None:
            return
        name = str(getattr(breakage.old_value or breakage.new_value, "name", ""))
        match breakage.kind:
            case BreakageKind.OBJECT_REMOVED:
                yield self._make("feature", "Added", path, "`{}`")
            case BreakageKind.PARAMETER_REMOVED:
                if not getattr(breakage.old_value, "required", False):
                    yield self._make("feature", "Added", _argument(path, name), "`{}`")
            case BreakageKind.PARAMETER_CHANGED_REQUIRED:
                if not _constructor(here) or self._is("sent", here):
                    told = "`{}` is no longer required"
                    yield self._make("feature", "Changed", _argument(path, name), told)
            case _:
                pass

    def _make(self, rank: Rank, section: Section, place: str, told: str) -> _Met:
        asynchronous = bool(re.match(r"Async|async ", place))
        plain = re.sub(r"^async |^Async(?=Pollinations)", "", place)
        return _Met(rank, section, plain, told, asynchronous)

    # --- places ---

    def _place(self, breakage: griffe.Breakage) -> str | None:
        """Write where something is as users do; None for what only mirrors something else."""
        here = breakage.obj
        path = here.path
        if here.is_alias:
            try:
                target = here.canonical_path
                other = self.after if breakage.obj.package is self.before else self.before
                # Gone from the exports only, or gone altogether.
                path = path if _find(other, target) else target
            except griffe.GriffeError:
                pass
        if here.is_module:
            return None if re.search(r"\.(api|models|resources)\.", path) else path
        return self._spell(path.removeprefix(f"{PACKAGE}."))

    def _spell(self, path: str) -> str | None:
        if path.rpartition(".")[2].startswith("_") and not path.endswith("__init__"):
            return None
        for known, name in self.names.items():
            if path == known or path.startswith(f"{known}."):
                return name + path[len(known) :]
        path = re.sub(r"^models\.\w+\.(?=[A-Z])", "models.", path)
        return path.removesuffix(".__init__") + ("(" if path.endswith(".__init__") else "")

    def _is(self, role: Literal["sent", "received"], here: Any) -> bool:
        """Return whether a model, or what belongs to it, is among those sent or received."""
        found = re.match(rf"{PACKAGE}\.models\.\w+\.(\w+)", str(here.path))
        if found is None:
            return True
        return found[1].removesuffix("Input") in getattr(self.roles, role)

    # --- types ---

    def _types(self, before: Any, after: Any) -> Iterator[_Met]:
        for name, old in before.members.items():
            new = after.members.get(name)
            if new is None or old.is_alias or new.is_alias or old.kind is not new.kind:
                continue
            if name.startswith("_") and name != "__init__":
                continue
            place = self._spell(old.path.removeprefix(f"{PACKAGE}."))
            if old.is_module or old.is_class:
                yield from self._types(old, new)
            elif place is not None and old.is_function:
                known = {parameter.name: parameter for parameter in new.parameters}
                for parameter in old.parameters:
                    if parameter.name not in known or (
                        name == "__init__" and not self._is("sent", old)
                    ):
                        continue
                    types = (parameter.annotation, known[parameter.name].annotation)
                    yield from self._type(_argument(place, parameter.name), types, given=True)
                yield from self._type(
                    f"{place}()", (old.returns, new.returns), given=False, got=True
                )
            elif place is not None and old.is_attribute:
                read = "property" in old.labels or old.path.startswith(f"{PACKAGE}.models.")
                if read and str(old.annotation) != "TypeAlias" and self._is("received", old):
                    yield from self._type(place, (old.annotation, new.annotation), got=True)
                elif str(old.annotation) == "TypeAlias":
                    given, got = (self._is("sent", old), self._is("received", old))
                    yield from self._type(place, (old.value, new.value), given=given, got=got)

    def _type(
        self, place: str, types: tuple[Any, Any], given: bool = False, got: bool = False
    ) -> Iterator[_Met]:
        old, new = (" ".join(str(type_ or "Any").split()) for type_ in types)
        if old == new:
            return
        values = [dict.fromkeys(re.findall(r"'([^']*)'|\"([^\"]*)\"", text)) for text in (old, new)]
        named = [["".join(pair) for pair in found] for found in values]
        for name in named[1]:
            if name not in named[0]:
                yield self._make("feature", "Added", place, f'`{{}}`: the value `"{name}"`')
        for name in named[0]:
            if name not in named[1]:
                yield self._make("fix", "Removed", place, f'`{{}}`: the value `"{name}"`')
        one, other = _members(old), _members(new)
        more, less = other - one, one - other
        if "float" in other and given:
            less -= {"int"}
        if "float" in one and got:
            more -= {"int"}
        if not more and not less:
            return
        breaks = bool((given and less) or (got and more))
        shown = " → ".join(f"`{_brief(text)}`" for text in (old, new))
        rank: Rank = "breaking" if breaks else "feature"
        yield self._make(rank, "Changed", place, f"`{{}}`: {shown}")


def _spellings(package: griffe.Module) -> dict[str, str]:
    """Map the paths of resources and operations to how users reach them, the longest first."""
    resources: Any = package.members.get("resources")
    if resources is None or "client" not in package.members:
        return {}
    classes = {
        name: member
        for module in resources.members.values()
        if module.is_module and not module.is_alias
        for name, member in module.members.items()
        if not member.is_alias and member.is_class
    }
    found: dict[str, str] = {}

    def walk(owner: Any, place: str) -> None:
        for name, member in owner.members.items():
            below = classes.get(str(getattr(member, "annotation", "")))
            if below is None or not below.name.endswith("Resource"):
                continue
            reached = f"{place}.{name}"
            for suffix in ("", "WithRawResponse", "WithStreamingResponse"):
                path = f"{below.path}{suffix}".removeprefix(f"{PACKAGE}.")
                found[path] = reached
            module: Any = below.module
            for method in below.members.values():
                if method.is_alias or not method.is_function:
                    continue
                used = re.search(r"\.call\(\s*(?:\*\*)?(\w+)", method.source)
                constant = module.members.get(used[1]) if used else None
                if constant is not None and constant.is_alias:
                    operation = constant.target_path.removeprefix(f"{PACKAGE}.")
                    folder = operation.removesuffix(".OPERATION")
                    call = f"{reached}.{method.name}"
                    prefix = "async " if place.startswith("async ") else ""
                    names: tuple[str, ...] = ("asyncio", "asyncio_detailed")
                    if not prefix:
                        names = ("get_kwargs", "sync", "sync_detailed")
                    found.update((f"{folder}.{function}", call) for function in names)
            walk(below, reached)

    client: Any = package.members["client"]
    for name, place in (("Pollinations", "client"), ("AsyncPollinations", "async client")):
        if name in client.members:
            walk(client.members[name], place)
            found[f"client.{name}"] = name
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))


def _argument(path: str, name: str) -> str:
    """Write an argument of a function, or the field of a model that its constructor takes."""
    if path.startswith("models.") and path.endswith("("):
        return f"{path[:-1]}.{name}"
    return f"{path.removesuffix('(')}({name}=…)"


def _constructor(here: Any) -> bool:
    return bool(here.path.startswith(f"{PACKAGE}.models.") and here.name == "__init__")


def _pair(breakage: griffe.Breakage) -> tuple[Any, Any]:
    return breakage.old_value, breakage.new_value


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return str(getattr(value, "value", value))


def _find(package: griffe.Module, path: str) -> bool:
    try:
        return package[path.removeprefix(f"{PACKAGE}.")] is not None
    except (KeyError, griffe.GriffeError):
        return False


def _members(type_: str) -> set[str]:
    """Take a type apart; the values of an open enumeration are text like any other."""
    plain = re.sub(r"Literal\[[^\[\]]*\] \| str\b", "str", type_)
    found: set[str] = set()
    for member in split(plain):
        values = re.fullmatch(r"Literal\[(.*)\]", member)
        found |= set(values[1].split(", ")) if values else {member}
    return found


def _brief(text: str, limit: int = 80) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


# --- what no signature shows --------------------------------------------------------------------


_FOLLOWING = ("__init__.py", "api", "models", "resources")


def _unseen(before: Path, after: Path, known: bool) -> list[Change]:
    """Find files whose code or documentation differs, beyond what signatures tell.

    Args:
        before: the first package.
        after: the second.
        known: whether signatures differ, which the files made from the contract then follow.
    """
    code: list[str] = []
    words: list[str] = []
    for old in sorted(before.rglob("*.py")):
        name = old.relative_to(before)
        new = after / name
        if not new.is_file() or (known and name.parts[0] in _FOLLOWING):
            continue
        one, other = (path.read_text("utf-8") for path in (old, new))
        if one == other:
            continue
        if _without(one) != _without(other):
            code.append(name.as_posix())
        elif _docs(one) != _docs(other):
            words.append(name.as_posix())
    found: list[Change] = []
    if code:
        found.append(Change("fix", "Changed", f"the code of {_several(code)}"))
    if words:
        found.append(Change("documentation", "Changed", f"docstrings of {_several(words)}"))
    return found


def _several(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(f"`{name}`" for name in names[:3]) + more


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _says_version(node: ast.AST) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    return any(re.fullmatch(r"__(?!all__)\w+__|_USER_AGENT", name) for name in names)


def _without(text: str) -> str:
    """Write code without comments, docstrings and what names its version."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body: Any = getattr(node, "body", None)
        if isinstance(body, list):
            node.__dict__["body"] = [
                entry
                for entry in body  # pyright: ignore[reportUnknownVariableType]
                if not (_is_text(entry) or _says_version(entry))  # pyright: ignore[reportUnknownArgumentType]
            ]
    return ast.dump(tree)


def _docs(text: str) -> list[str]:
    return [ast.dump(node) for node in ast.walk(ast.parse(text)) if _is_text(node)]
