"""What the site takes from the code while it is built: the command line, the client, its models.

- `commands` writes a section with the help text of every command.
- `client-resource NAME` describes the calls below `client.NAME`, each with a request and a response
  (exchanges.py).
- `client-models sent|received|errors` describes the models that the contract uses that way.
- The API reference is rendered from the contract into api.html, beside Sphinx's pages.

Docstrings here are Markdown with sections (Args, Returns, Raises, Attributes); autodoc wants
reStructuredText, so they are translated on the way.
"""

import builtins
import importlib
import inspect
import json
import re
import textwrap
import typing
from collections.abc import Iterator
from typing import Any, ClassVar

import click
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from docs.exchanges import exchanges
from pollinations_client import models
from pollinations_conformance.cli.main import group
from pollinations_conformance.contract import Contract, load
from pollinations_conformance.reference.page import render

RESOURCES = "pollinations_client.resources"
FIELDS = {"Args": "param", "Attributes": "ivar", "Raises": "raises"}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything with Sphinx, which calls this."""
    app.add_directive("commands", Commands)
    app.add_directive("client-resource", ClientResource)
    app.add_directive("client-models", ClientModels)
    app.connect("autodoc-process-docstring", translate_docstring)
    app.connect("autodoc-process-signature", hide_signature)
    app.connect("doctree-read", unlink_builtins)
    app.connect("missing-reference", resolve)
    app.connect("build-finished", write_api_reference)
    return {"parallel_read_safe": True}


# -- directives -----------------------------------------------------------------------------------


class Commands(SphinxDirective):
    """The help text of every command."""

    def run(self) -> list[nodes.Node]:
        """Write one section for each."""
        top = click.Context(group, info_name="pollinations-conformance", terminal_width=80)
        text = f"```text\n{group.get_help(top)}\n```\n"
        for name in group.list_commands(top):
            command = group.get_command(top, name)
            assert command is not None
            context = click.Context(command, parent=top, info_name=name, terminal_width=80)
            text += f"\n## {name}\n\n```text\n{command.get_help(context)}\n```\n"
        return self.parse_text_to_nodes(text, allow_section_headings=True)


class ClientResource(SphinxDirective):
    """The calls of one resource of the client: in full, or only by name for the asynchronous ones."""

    required_arguments = 1
    option_spec: ClassVar = {"async": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Describe the classes of the resource's module."""
        name = f"{RESOURCES}.{self.arguments[0]}"
        module = importlib.import_module(name)
        # Overloads differ in one literal each; the signature that covers them all is enough.
        analyzer = ModuleAnalyzer.for_module(name)
        analyzer.analyze()
        analyzer.overloads.clear()
        text = ""
        for each, value in inspect.getmembers(module, inspect.isclass):
            if not each.endswith("Resource") or value.__module__ != name:
                continue
            if not each.startswith("Async") and "async" not in self.options:
                text += autodoc(f"{name}.{each}", ":members:")
            if each.startswith("Async") and "async" in self.options:
                calls = inspect.getmembers(value, inspect.isfunction)
                listed = ", ".join(f"`{call}`" for call, _ in calls if call[0] != "_")
                text += autodoc(f"{name}.{each}") + (f"{listed}\n\n" if listed else "")
        return self.parse_text_to_nodes(text)


class ClientModels(SphinxDirective):
    """The models of one kind, in the order of the alphabet."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Describe each model and each alias."""
        kinds = kinds_of_models(load())
        text = ""
        for name in sorted(models.__all__):
            if kinds[name.removesuffix("Input")] != self.arguments[0]:
                continue
            value = getattr(models, name)
            if inspect.isclass(value):
                text += autodoc(
                    f"{models.__name__}.{name}", ":members:", ":inherited-members: ApiModel"
                )
            else:
                text += alias(name, value)
        return self.parse_text_to_nodes(text)


def autodoc(name: str, *options: str) -> str:
    """Write a directive of autodoc for a class, in Markdown."""
    listed = "".join(f"   {option}\n" for option in (":class-doc-from: class", *options))
    return f"```{{eval-rst}}\n.. autoclass:: {name}\n{listed}```\n\n"


def alias(name: str, value: Any) -> str:
    """Describe a union or an enumeration, in Markdown."""
    home = re.sub(r"(?<!^)(?=[A-Z])", "_", name.removesuffix("Input")).lower()
    documented = ModuleAnalyzer.for_module(f"{models.__name__}.{home}").find_attr_docs()
    text = "\n".join(restructured(documented["", name]))
    literals = [p for p in typing.get_args(value) if typing.get_origin(p) is typing.Literal]
    values = [each for part in literals for each in typing.get_args(part)]
    if values:
        text += "\nKnown values: " + ", ".join(f"``{each}``" for each in values) + ".\n"
    members = re.sub(r"\b(\w+\.)+", "", str(value)).replace("NoneType", "None")
    canonical = "" if values else f"   :canonical: {members}\n"
    body = textwrap.indent(text, "   ")
    head = f".. py:currentmodule:: {models.__name__}\n\n.. py:type:: {name}\n{canonical}"
    return f"```{{eval-rst}}\n{head}\n{body}\n```\n\n"


def kinds_of_models(contract: Contract) -> dict[str, str]:
    """Return for each schema whether clients send it, or receive it, or only with errors."""
    sent, received, errors = (set[tuple[str, str]]() for _ in range(3))
    for operation in contract.operations:
        raw = operation.raw
        reach(contract, [raw.get("parameters"), raw.get("requestBody")], sent)
        for status, answer in raw["responses"].items():
            reach(contract, answer, received if status.startswith("2") else errors)
    kinds = {"errors": errors, "received": received, "sent": sent}  # the last one counts
    return {
        name: kind for kind, found in kinds.items() for part, name in found if part == "schemas"
    }


def reach(contract: Contract, value: Any, found: set[tuple[str, str]]) -> None:
    """Collect the components that a part of the contract refers to, and those that they refer to."""
    for kind, name in re.findall(r'"#/components/(\w+)/(\w+)"', json.dumps(value)):
        if (kind, name) not in found:
            found.add((kind, name))
            reach(contract, contract.document["components"][kind][name], found)


# -- docstrings -----------------------------------------------------------------------------------


def translate_docstring(
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """Put a docstring into the form that autodoc wants, and add an exchange to that of a method."""
    lines[:] = restructured(lines)
    if what == "method" and name.startswith(f"{RESOURCES}."):
        lines += exchange(name)


def exchange(name: str) -> Iterator[str]:
    """Yield the request and the response of a method of a resource; nothing for another one.

    Args:
        name: with module and class, as autodoc has it.
    """
    *_, owner, method = name.split(".")
    for call, shown in exchanges().items():
        resource, _, wanted = call.rpartition(".")
        title = "".join(part.capitalize() for part in resource.split("."))
        if (owner, method) != (f"{title}Resource", wanted):
            continue
        for caption, language, text in (
            ("Example", "python", shown.code),
            ("Request", "text", shown.request),
            ("Response", "text", shown.response),
        ):
            yield from ("", f".. code-block:: {language}", f"   :caption: {caption}", "")
            yield from (f"   {line}" for line in text.splitlines())
        yield ""


def hide_signature(
    app: Sphinx, what: str, name: str, thing: object, options: object, *signature: str | None
) -> tuple[str, None] | None:
    """Leave out how a class is made that only the client itself makes."""
    made = name.startswith(f"{models.__name__}.") or name.endswith(".Pollinations")
    made |= name.endswith(".AsyncPollinations")
    return ("", None) if what in ("class", "exception") and signature[0] and not made else None


def restructured(lines: list[str]) -> Iterator[str]:
    """Translate the Markdown of a docstring, and its sections into fields."""
    section = ""
    for line in lines:
        if line and not line.startswith(" "):
            section = ""
        if found := re.fullmatch(r"(Args|Attributes|Raises|Returns|Yields):", line):
            section = found[1]
            yield ""
        elif not section:
            yield inline(line)
        elif entry := re.fullmatch(r" {4}(\w+): (.*)", line):
            yield f":{FIELDS[section]} {entry[1]}: {inline(entry[2])}"
        elif section in ("Returns", "Yields") and line.strip():
            yield f":returns: {inline(line.strip())}"
            section = "more"
        else:
            yield inline(line)


def inline(line: str) -> str:
    """Translate code spans, leave bold text, and keep all else from being markup."""
    parts = re.split(r"(`+)(.+?)\1", line)  # text, ticks, code, text, ticks, code, …, text
    texts = [re.sub(r"(\\|\||(?<!\*)\*(?!\*)|_(?!\w))", r"\\\1", text) for text in parts[::3]]
    codes = [f"``{code}``" for code in parts[2::3]]
    return "".join(piece for pair in zip(texts, [*codes, ""], strict=True) for piece in pair)


# -- references -----------------------------------------------------------------------------------


def unlink_builtins(app: Sphinx, document: nodes.document) -> None:
    """Keep `bytes` in an annotation from leading to a field or method of that name."""
    for node in list(document.findall(pending_xref)):
        if node.get("refdomain") == "py" and hasattr(builtins, node["reftarget"]):
            node.replace_self(node.children)


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.reference | None:
    """Find what an annotation names: modules import the names of others only for type checkers.

    A name that stands for an error and for the model of its body means the error where it is raised.
    """
    if node.get("refdomain") != "py":
        return None
    name = node["reftarget"].rpartition(".")[2]
    objects = env.domains.python_domain.objects
    found = [
        full
        for full, entry in objects.items()
        if full.rpartition(".")[2] == name and entry.objtype in ("class", "exception", "type")
    ]
    if not found:
        return None
    raised = node["reftype"] == "exc"
    best = min(found, key=lambda full: (".errors." in full) is not raised)
    entry = objects[best]
    return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, content, best)


# -- the API reference ----------------------------------------------------------------------------


def write_api_reference(app: Sphinx, failure: Exception | None) -> None:
    """Put the page that is rendered from the contract beside the others."""
    if failure is None and app.builder.format == "html":
        text = render(load(), links=[("Documentation", "index.html")])
        (app.outdir / "api.html").write_text(text, encoding="utf-8")
