"""Write the pages that say in words what openapi.yaml and pyproject.toml say as data.

`python docs/generate.py` writes docs/deviations.md, docs/requirements.md, in README.md the table of
operations and the numbers, and in CONTRIBUTING.md the map of the conformance package; with `--check`
it writes nothing and fails when one of them is stale.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

if __name__ == "__main__":  # so that `docs` is found, as it is by tests
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from docs import layers
from pollinations_conformance.contract import (
    Contract,
    ContractError,
    Deviation,
    Operation,
    Requirement,
    load,
)
from pollinations_conformance.http.pointer import split

ROOT = Path(__file__).resolve().parent.parent
BEGIN = "<!-- {}: begin (written by `make docs`) -->"
END = "<!-- {}: end -->"
NOTICE = "<!-- Written by `make docs` from openapi.yaml; change it there. -->"
KINDS = {
    "schemas": "schema",
    "responses": "response",
    "parameters": "parameter",
    "headers": "header",
    "requestBodies": "request body",
    "securitySchemes": "authentication",
}


Item = TypeVar("Item", Deviation, Requirement)


class PageError(Exception):
    """A page cannot be filled in; the message is one line."""


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write or check the pages.

    Args:
        arguments: those of the command line; None for the process's own.
        root: folder of the contract and the pages.

    Returns:
        0 when the pages are as they should be, 1 when one is stale, 2 when that is unknown.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail on stale pages, write nothing")
    check = parser.parse_args(arguments).check
    try:
        wanted = pages(root)
    except (OSError, ContractError, PageError, layers.LayersError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    stale = [name for name, text in wanted.items() if read(root / name) != text]
    for name in stale:
        if check:
            print(f"{name} is stale; run: make docs", file=sys.stderr)
        else:
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(wanted[name], encoding="utf-8")
            print(f"wrote {name}")
    return 1 if stale and check else 0


def read(path: Path) -> str | None:
    """Read a text file, or return None when there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else None


def pages(root: Path) -> dict[str, str]:
    """Compose every generated page, by its name relative to the root."""
    contract = load(root / "openapi.yaml")
    readme = (root / "README.md").read_text(encoding="utf-8")
    matrix = (root / "docs/kill-matrix.md").read_text(encoding="utf-8")
    readme = fill(readme, "operations", operations_table(contract))
    guide = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return {
        "README.md": fill(readme, "numbers", numbers(contract, matrix)),
        "CONTRIBUTING.md": fill(guide, "map", package_map(root), "CONTRIBUTING.md"),
        "docs/deviations.md": deviations_page(contract),
        "docs/requirements.md": requirements_page(contract),
    }


def fill(page: str, name: str, text: str, file: str = "README.md") -> str:
    """Return a page with a text between two of its markers.

    Args:
        page: text of the page.
        name: of the markers.
        text: what goes between them.
        file: name of the page, for messages.

    Raises:
        PageError: the page has no such markers.
    """
    first, last = BEGIN.format(name), END.format(name)
    before, begin, rest = page.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise PageError(f"{file} lacks {first!r} or {last!r}, between which the {name} go")
    return f"{before}{begin}\n\n{text}\n{end}{after}"


# -- the pages ------------------------------------------------------------------------------------


def operations_table(contract: Contract) -> str:
    """Write the README's table of operations."""
    rows: list[list[object]] = []
    for operation in contract.operations:
        sdk = operation.raw.get("x-sdk")
        call = f"`client.{sdk['resource']}.{sdk['method']}`" if sdk else ""
        summary = str(operation.raw.get("summary", operation.id)).rstrip(".")
        if operation.deprecated:
            summary += " (deprecated)"
        rows.append([f"`{operation.method} {operation.path}`", summary, call, key(operation)])
    return table(["Operation", "What it does", "Client", "Key"], rows)


def package_map(root: Path) -> str:
    """Return the map of the conformance package: a drawing of its layers, and a row for each."""
    head = ["Package", "Purpose", "Start reading in", "May import"]
    return f"{layers.diagram(root)}\n\n{table(head, layers.table(root))}"


def numbers(contract: Contract, matrix: str) -> str:
    """Write the README's lines about size and proof, with the commands that repeat it.

    Args:
        contract: the contract.
        matrix: text of docs/kill-matrix.md, which `make mutants` wrote.
    """
    found = list(contract.requirements.values())
    killed = re.search(r"\*\*(\d+) of (\d+) defects are killed", matrix)
    silent = re.search(r"run with (\d+) seeds .*: (\d+) false alarms?", matrix)
    if killed is None or silent is None:
        raise PageError("docs/kill-matrix.md has no numbers; run: make mutants")
    stock = re.search(r"run against all of these defects, notices \*\*(\d+)\*\* of", matrix)
    beside = f" (stock `schemathesis run` notices {stock[1]})" if stock else ""
    return f"""\
- [{len(found)} requirements](docs/requirements.md), {counted(item.level for item in found)}; \
{counted(item.origin for item in found)}; each with dated evidence. \
[{len(contract.deviations)} deviations](docs/deviations.md) of the service from its documentation.
- Every requirement that a client can observe has a check. \
[{killed[1]} of {killed[2]} defects](docs/kill-matrix.md) of the reference server are detected, each by \
a check of the requirement that it violates{beside}, and {silent[1]} runs against the server without defects raise \
{silent[2]} false alarms: `make mutants`.
- The client is exactly what the contract gives: `make check-generated`.
- The code blocks of these pages run with `make test-all`, as a reader would run them; the few that do not state why.
"""


def key(operation: Operation) -> str:
    """Return whether an operation needs a key: yes, no or optional."""
    if not operation.security:
        return "no"
    return "optional" if {} in operation.security else "yes"


def deviations_page(contract: Contract) -> str:
    """Write the page of places where documentation and service differ."""
    text = f"""{NOTICE}

# Deviations

Where the published documentation and the behaviour of the service differ, and what a client can
rely on all the same. Each entry is in `openapi.yaml` where it applies.

Entries: {len(contract.deviations)}
"""
    for chapter, items in chapters(contract, contract.deviations):
        text += f"\n## {chapter}\n"
        for item in items:
            text += f"""
### {item.id}

Applies to: {place(contract, item.pointer)}

- Documented: {prose(item.documented)}
- Observed: {prose(item.observed)}
- Rely on: {prose(item.contract)}
- Seen: {prose(item.where)}, {prose(item.when)}
"""
    return text


def requirements_page(contract: Contract) -> str:
    """Write the page of all requirements with their evidence."""
    found = list(contract.requirements.values())
    text = f"""{NOTICE}

# Requirements

What a server must or should do. The conformance suite cites these ids; each is defined in
`openapi.yaml` where it applies.

- Level: {counted(item.level for item in found)}
- Origin: {counted(item.origin for item in found)}
- Not visible to a client: {sum(not item.observable for item in found)}
"""
    for chapter, items in chapters(contract, found):
        rows: list[list[object]] = [
            [
                f'<a id="{item.id}"></a>{item.id}',
                item.level,
                prose(item.text)
                + ("" if item.observable else f" *Not visible to a client: {prose(item.why)}*"),
                place(contract, item.pointer),
                item.origin,
                "; ".join(
                    ", ".join(
                        prose(entry[name]) for name in ("source", "ref", "date") if name in entry
                    )
                    for entry in item.evidence
                ),
            ]
            for item in items
        ]
        head = ["Id", "Level", "Requirement", "Applies to", "Origin", "Evidence"]
        text += f"\n## {chapter}\n\n{table(head, rows)}"
    return text


# -- places ---------------------------------------------------------------------------------------


def owner(contract: Contract, pointer: str) -> Operation | None:
    """Find the operation to which a place in the contract belongs."""
    for operation in contract.operations:
        if pointer == operation.pointer or pointer.startswith(operation.pointer + "/"):
            return operation
    return None


def place(contract: Contract, pointer: str) -> str:
    """Describe a place in the contract in Markdown, from its JSON pointer."""
    operation = owner(contract, pointer)
    steps = split(pointer)
    if operation is not None:
        name = f"`{operation.method} {operation.path}`"
        inner = steps[operation.pointer.count("/") :]
    elif len(steps) > 2 and steps[0] == "components":
        name = f"{KINDS.get(steps[1], steps[1])} `{steps[2]}`"
        inner = steps[3:]
    else:
        return "the whole API"
    return f"{name}, `{' '.join(inner)}`" if inner else name


def chapters(contract: Contract, items: Iterable[Item]) -> Iterator[tuple[str, list[Item]]]:
    """Group by tag, the whole API first, shared components last."""
    grouped: dict[str, list[Item]] = {"General": []}
    grouped |= {operation.tag.capitalize(): [] for operation in contract.operations}
    grouped["Shared parts"] = []
    for item in items:
        operation = owner(contract, item.pointer)
        if operation is not None:
            grouped[operation.tag.capitalize()].append(item)
        else:
            shared = item.pointer.startswith("/components/")
            grouped["Shared parts" if shared else "General"].append(item)
    return ((chapter, members) for chapter, members in grouped.items() if members)


# -- Markdown -------------------------------------------------------------------------------------


def line(value: object) -> str:
    """Fit text into one line."""
    return " ".join(str(value).split())


def prose(value: object) -> str:
    """Fit a sentence into one line, in which `<today>` is text and no HTML."""
    parts = line(value).split("`")
    return "`".join(
        part if number % 2 else part.replace("<", "&lt;") for number, part in enumerate(parts)
    )


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Write a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(
        "| " + " | ".join(line(value).replace("|", "\\|") for value in cells) + " |\n"
        for cells in lines
    )


def counted(names: Iterable[str]) -> str:
    """Write how often each name occurs: `100 MUST, 20 SHOULD`."""
    return ", ".join(f"{number} {name}" for name, number in sorted(Counter(names).items()))


if __name__ == "__main__":
    sys.exit(main())
