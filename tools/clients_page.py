"""The page about other people's clients: what `tools/clients.py` found, as Markdown and as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

FEATURES = (
    "chat",
    "stream",
    "tools",
    "structured output",
    "speech",
    "transcription",
    "images",
    "model list",
)


@dataclass(frozen=True, slots=True)
class Client:
    """A client that is run.

    Attributes:
        name: as people call it.
        language: Python or JavaScript.
        package: its name on the package index.
        version: that is pinned.
        environment: where it is installed.
        program: that uses it.
        setup: how a user points it at another URL.
        note: what no program can see.
    """

    name: str
    language: str
    package: str
    version: str
    environment: str
    program: str
    setup: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One entry of the server's report.

    Attributes:
        what: place and reason.
        requirement: id of the requirement, if it is known.
        sent: the value that was sent, as JSON.
    """

    what: str
    requirement: str | None = None
    sent: str | None = None

    @property
    def sentence(self) -> str:
        """In one line of Markdown."""
        place, _, reason = self.what.partition(": ")
        sent = f" (sent `{_cell(self.sent)}`)" if self.sent and len(self.sent) <= 40 else ""
        return f"`{_cell(place)}`: {_cell(reason)}{sent}"


@dataclass(frozen=True, slots=True)
class Step:
    """One feature that a client was used for.

    Attributes:
        feature: one of `FEATURES`.
        error: what went wrong in the client.
        violations: what its requests violated.
        unknown: what they had that the contract does not know.
    """

    feature: str
    error: str | None = None
    violations: tuple[Finding, ...] = ()
    unknown: tuple[Finding, ...] = ()

    @property
    def noted(self) -> bool:
        """Return whether there is something to say about it."""
        return bool(self.error or self.violations or self.unknown)


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that was found about a client.

    Attributes:
        client: which.
        steps: in the order they were taken; none when it was not run.
        crash: why its program ended early.
    """

    client: Client
    steps: Sequence[Step]
    crash: str | None = None

    @property
    def was_not_run(self) -> bool:
        """Return whether there was nothing to run it with."""
        return not self.steps and self.crash is None

    @property
    def works(self) -> bool:
        """Return whether it did all that it was used for."""
        return self.crash is None and not any(step.error for step in self.steps)

    @property
    def verdict(self) -> str:
        """In a few words."""
        if self.was_not_run:
            return "not run"
        if not self.works:
            return "fails"
        return "works, with a note" if self.client.note or self.notes() else "works"

    def notes(self) -> list[str]:
        """Return what there is to say, in Markdown, equal things of several features as one."""
        found: dict[str, list[str]] = {}
        for step in self.steps:
            for line in _lines(step):
                found.setdefault(line, []).append(step.feature)
        notes = [f"{', '.join(features)}: {line}" for line, features in found.items()]
        if self.crash is not None:
            notes.append(f"its program ended early: {_cell(self.crash)}")
        return notes


def _lines(step: Step) -> Iterator[str]:
    if step.error:
        yield f"**fails**, {_cell(step.error)}"
    for finding in step.violations:
        name = f"violates {finding.requirement}, " if finding.requirement else "violates "
        yield f"{name}{finding.sentence}"
    for finding in step.unknown:
        yield f"the contract does not know {finding.sentence}"


def _cell(text: str | None) -> str:
    """Return text that ends neither a cell nor a code span of Markdown."""
    for character, instead in (("|", "\\|"), ("`", "'"), ("<", "&lt;"), ("\n", " ")):
        text = (text or "").replace(character, instead)
    return text or ""


def as_text(outcome: Outcome) -> str:
    """Return an outcome as lines for the terminal."""
    client = outcome.client
    lines = [f"{client.package} {client.version} ({client.language}): {outcome.verdict}"]
    return "\n".join([*lines, *(f"    {note}" for note in outcome.notes())])


def as_page(outcomes: Sequence[Outcome]) -> str:
    """Return the page, without anything that differs from run to run.

    Args:
        outcomes: of all clients.
    """
    works = sum(outcome.works and not outcome.was_not_run for outcome in outcomes)
    ran = sum(not outcome.was_not_run for outcome in outcomes)
    lines = [
        "<!-- Written by `make clients`. -->",
        "# Other clients",
        "",
        "Clients that others have made, each run against the [reference server](reference-server.md),",
        "which validates every request by the contract. `make clients` installs them in the versions",
        f"below, runs a short program for each, and writes this page. {works} of {ran} work in all that",
        "was tried.",
        "",
        f"| Client | Package | Verdict | {' | '.join(FEATURES)} |",
        f"|---|---|---|{'---|' * len(FEATURES)}",
        *(_row(outcome) for outcome in outcomes),
        "",
        "*yes*: it works, and every request is valid. *note*: it works, and there is something to",
        "say below. –: the client or the contract does not have it (OpenAI's image operations are",
        "not part of the contract).",
        "",
    ]
    if ran < len(outcomes):
        lines += ["The clients in JavaScript were not run: there was no node.", ""]
    lines += [
        "What is tried: a text; the same text as a stream; a tool call and the text after its result;",
        "an object of a given schema, in every way the client can request one; speech, and its",
        "transcription; an image; the list of models. What a client makes of errors, cut streams and",
        "limits is not.",
        "",
        "## Notes",
        "",
    ]
    for outcome in outcomes:
        notes = [*([outcome.client.note] if outcome.client.note else []), *outcome.notes()]
        if notes:
            lines += [f"**{_title(outcome.client)}**", "", *(f"- {note}" for note in notes), ""]
    lines += ["## How each is set up", ""]
    lines.append("`URL` is that of the server, `KEY` an API key.")
    lines += ["", "| Client | |", "|---|---|"]
    for outcome in outcomes:
        setup = outcome.client.setup.replace("|", "\\|")
        fence = "``" if "`" in setup else "`"
        pad = " " if "`" in setup else ""
        lines.append(f"| {_title(outcome.client)} | {fence}{pad}{setup}{pad}{fence} |")
    return "\n".join(lines) + "\n"


def _title(client: Client) -> str:
    return f"{client.name} ({client.language}, `{client.package}`)"


def _row(outcome: Outcome) -> str:
    client = outcome.client
    steps = {step.feature: step for step in outcome.steps}
    cells = [_verdict(steps.get(feature), outcome) for feature in FEATURES]
    package = f"`{client.package}` {client.version}"
    return f"| {client.name}, {client.language} | {package} | {outcome.verdict} | {' | '.join(cells)} |"


def _verdict(step: Step | None, outcome: Outcome) -> str:
    if outcome.was_not_run:
        return "not run"
    if step is None:
        return "–"
    if step.error:
        return "**no**"
    return "note" if step.noted else "yes"
