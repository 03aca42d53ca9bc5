"""Judge recorded traffic by the contract, offline: `pollinations-conformance replay`."""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import click

from pollinations_conformance.contract import Contract, ContractError, Host, Match, Violation, load
from pollinations_conformance.http import har
from pollinations_conformance.http.errors import BodyError
from pollinations_conformance.http.json import is_list, is_object, parse_json
from pollinations_conformance.http.message import Request, Response
from pollinations_conformance.http.query import host_of, split_target
from pollinations_conformance.http.text import redact

Verdict = Literal["holds", "fails", "outside"]

UNKNOWN_ROUTE = "(unknown route)"
OUTSIDE = "(outside the contract)"
_QUIET_SECONDS = 3.0
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an exchange."""

    part: Literal["request", "response"]
    where: str
    sentence: str
    pointer: str
    requirement: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class Judged:
    """One exchange with its verdict."""

    file: str
    index: int
    name: str
    method: str
    target: str  # path and query, keys taken out
    status: int | None
    operation: str  # an operationId, or one of the two names in parentheses
    verdict: Verdict
    note: str  # why it is outside, or what kind of evidence it is
    problems: tuple[Problem, ...] = ()
    request_evidence: Literal["", "accepted", "refused"] = ""

    @property
    def label(self) -> str:
        """Where the exchange stands and what it was, in one line."""
        name = f" {self.name}" if self.name else ""
        status = "no answer" if self.status is None else str(self.status)
        return f"{self.file}[{self.index}]{name}: {self.method} {self.target} -> {status}"


@dataclass(frozen=True, slots=True)
class Address:
    """An address that stands in a recording for one of the two hosts, or for both."""

    host: str
    prefix: str
    side: Host | None  # None: this address answers for both

    @classmethod
    def of(cls, url: str, side: Host | None) -> Address:
        """Read an address such as `http://127.0.0.1:8000/base`."""
        path, _ = split_target(url if "://" in url else f"//{url}".replace("//", "http://", 1))
        return cls(host_of(url), path.rstrip("/"), side)


@dataclass(slots=True)
class Report:
    """All verdicts of a run."""

    contract: str
    judged: list[Judged] = field(default_factory=list[Judged])
    unreadable: list[str] = field(default_factory=list[str])

    @property
    def counts(self) -> Counter[str]:
        """How many exchanges got which verdict."""
        return Counter(one.verdict for one in self.judged)

    @property
    def exit_code(self) -> int:
        """0: all holds; 1: something does not; 2: it could not be told."""
        counts = self.counts
        if counts["fails"]:
            return 1
        return 2 if self.unreadable or not counts["holds"] else 0


# --- judging ------------------------------------------------------------------------------------


def judge(
    contract: Contract,
    exchange: har.Exchange,
    file: str = "",
    addresses: Sequence[Address] = (),
) -> Judged:
    """Judge one exchange.

    An answer must be one that the contract allows. A request that was served must be valid; one
    that was refused with the names of its bad fields must be invalid in one of them; any other
    refusal says nothing about the request.

    Args:
        contract: what to judge by.
        exchange: what was recorded.
        file: the name of the recording, for the report.
        addresses: further addresses of the two hosts.
    """
    request, response = exchange.request, exchange.response
    found, known = _find(contract, exchange, addresses)

    def result(
        operation: str,
        verdict: Verdict,
        note: str = "",
        problems: Iterable[Problem] = (),
        evidence: Literal["", "accepted", "refused"] = "",
    ) -> Judged:
        return Judged(
            file=file,
            index=exchange.index,
            name=redact(exchange.name),
            method=request.method,
            target=redact(_target(exchange.redacted_url)),
            status=response.status if response else None,
            operation=operation,
            verdict=verdict,
            note=note,
            problems=tuple(problems),
            request_evidence=evidence,
        )

    if not known:
        return result(OUTSIDE, "outside", f"another host: {exchange.host or 'none named'}")
    operation = found.operation.id if found else UNKNOWN_ROUTE
    if response is None:
        return result(operation, "outside", "no answer was recorded")
    if found is None:
        if request.method == "OPTIONS":
            return result(OUTSIDE, "outside", "OPTIONS is not part of the contract")
        wrong = None if known == "media" else contract.check_unknown(request, response)
        if wrong is None:
            return result(UNKNOWN_ROUTE, "outside", f"no such route, answered {response.status}")
        problems = [_problem("response", violation) for violation in wrong]
        return result(UNKNOWN_ROUTE, "fails" if problems else "holds", "", problems)
    if _is_backend_error(response):
        return result(operation, "outside", "an error body of the backend, not of the service")
    problems = [
        _problem("response", violation)
        for violation in contract.check_response(found, request, response)
    ]
    evidence, wrong_request = _judge_request(contract, found, request, response)
    problems.extend(wrong_request)
    return result(operation, "fails" if problems else "holds", "", problems, evidence)


def _find(
    contract: Contract, exchange: har.Exchange, addresses: Sequence[Address]
) -> tuple[Match | None, str]:
    """Return the operation, and which host it was: "" for a strange one."""
    request = exchange.request
    path = request.path
    for address in addresses:
        inside = path == address.prefix or path.startswith(f"{address.prefix}/")
        if address.host == exchange.host and inside:
            rest = path[len(address.prefix) :] or "/"
            return contract.find(request.method, rest, address.side), address.side or "both"
    side = contract.host_of(exchange.host)
    if side is None:
        return None, ""
    return contract.find(request.method, path, side), side


def _judge_request(
    contract: Contract, match: Match, request: Request, response: Response
) -> tuple[Literal["", "accepted", "refused"], list[Problem]]:
    refused = refused_fields(response)
    if 200 <= response.status < 300:
        return "accepted", [
            _problem("request", violation) for violation in contract.check_request(match, request)
        ]
    if refused is None:
        return "", []
    violations = contract.check_request(match, request)
    if any(violation.field in refused for violation in violations):
        return "refused", []
    names = ", ".join(sorted(name or "the body as a whole" for name in refused))
    if violations:
        others = ", ".join(sorted({v.field or "the body as a whole" for v in violations}))
        sentence = f"the service refused {names}; the contract objects to {others} only"
    else:
        sentence = f"the service refused {names}; the contract finds the request valid"
    return "refused", [
        Problem("request", "request", sentence, _place_of(match, refused), None, "accepted-invalid")
    ]


def refused_fields(response: Response) -> set[str] | None:
    """Say which fields a 400 answer names; "" stands for the body as a whole.

    Returns:
        None when it is no refusal with validation details.
    """
    if response.status != 400:
        return None
    details = _member(_member(_json(response), "error"), "details")
    if not is_object(details):
        return None
    fields = _member(details, "fieldErrors")
    names = {name for name, texts in fields.items() if texts} if is_object(fields) else set[str]()
    if _member(details, "formErrors"):
        names.add("")
    return names or None


def _place_of(match: Match, names: set[str]) -> str:
    for parameter in match.operation.parameters:
        if parameter.name in names:
            return parameter.pointer
    has_body = "requestBody" in match.operation.raw
    return match.operation.pointer + ("/requestBody" if has_body else "")


def _is_backend_error(response: Response) -> bool:
    """Tell the error body of the machinery behind the gateway from one of the gateway."""
    if response.status < 400:
        return False
    body = _json(response)
    return (
        is_object(body)
        and isinstance(body.get("error"), str)
        and "requestId" in body
        and "requestParameters" in body
    )


def _json(response: Response) -> Any:
    if not response.body:
        return None
    try:
        return parse_json(response.body, strict=False)
    except BodyError:
        return None


def _member(value: Any, name: str) -> Any:
    return value.get(name) if is_object(value) else None


def _problem(part: Literal["request", "response"], violation: Violation) -> Problem:
    return Problem(
        part,
        redact(violation.where),
        redact(violation.sentence),
        violation.pointer,
        violation.requirement,
        violation.kind,
    )


def _target(url: str) -> str:
    path, query = split_target(url)
    text = path + (f"?{query}" if query else "")
    return text if len(text) <= 100 else text[:100] + "…"


def model_names(
    contract: Contract,
    exchanges: Iterable[har.Exchange],
    addresses: Sequence[Address] = (),
) -> dict[str, list[str]]:
    """Collect the model names that a recording itself lists.

    Args:
        contract: tells which answers are model lists.
        exchanges: what was recorded.
        addresses: further addresses of the two hosts.

    Returns:
        For each list's path its names and aliases, as `Contract.with_values` takes them.
    """
    found: dict[str, list[str]] = {}
    for exchange in exchanges:
        response = exchange.response
        if response is None or response.status != 200 or not response.body:
            continue
        match, _ = _find(contract, exchange, addresses)
        if match is None or match.operation.tag != "models":
            continue
        body = _json(response)
        if is_list(body):
            names = found.setdefault(match.operation.path, [])
            for item in body:
                aliases = _member(item, "aliases")
                listed = [_member(item, "name"), *(aliases if is_list(aliases) else [])]
                names.extend(name for name in listed if isinstance(name, str))
        else:
            data = _member(body, "data")
            listed = [_member(item, "id") for item in data] if is_list(data) else []
            # The list in OpenAI's form has the text models only.
            found.setdefault("/text/models", []).extend(
                name for name in listed if isinstance(name, str)
            )
    return found


def replay(
    contract: Contract,
    files: Sequence[Path],
    addresses: Sequence[Address] = (),
    progress: Progress | None = None,
) -> Report:
    """Judge whole recordings.

    Args:
        contract: what to judge by; model lists seen in a recording widen it for that recording.
        files: HAR files.
        addresses: further addresses of the two hosts.
        progress: told after each exchange.

    Returns:
        All verdicts; a file that cannot be read is named in the report and does not stop the rest.
    """
    report = Report(contract.version)
    for file in files:
        try:
            exchanges = list(har.read(file))
        except har.HarError as error:
            report.unreadable.append(redact(str(error)))
            continue
        own = contract.with_values(model_names(contract, exchanges, addresses))
        for exchange in exchanges:
            report.judged.append(judge(own, exchange, file.name, addresses))
            if progress:
                progress.step(file.name, exchange.index + 1, len(exchanges))
    if progress:
        progress.done()
    return report


class Progress:
    """Says on standard error how far a slow run has come; silent for the first seconds."""

    def __init__(self) -> None:
        """Start the clock."""
        self._tty = sys.stderr.isatty()
        self._next = time.monotonic() + _QUIET_SECONDS
        self._shown = False

    def step(self, file: str, done: int, total: int) -> None:
        """Tell that one more exchange is judged."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (0.5 if self._tty else 10.0)
        self._shown = True
        click.echo(
            f"\r{file}: {done} of {total} exchanges"
            if self._tty
            else f"{file}: {done} of {total} exchanges",
            err=True,
            nl=not self._tty,
        )

    def done(self) -> None:
        """End the line."""
        if self._shown and self._tty:
            click.echo("", err=True)


# --- reporting ----------------------------------------------------------------------------------


def _grouped(judged: Iterable[Judged]) -> list[tuple[str, Problem, list[Judged]]]:
    """Put equal problems together; the index of an event or item makes no difference."""
    groups: dict[tuple[str, ...], tuple[str, Problem, list[Judged]]] = {}
    for one in judged:
        seen: set[tuple[str, ...]] = set()
        for problem in one.problems:
            text = re.sub(r"\[[0-9]+\]", "[]", problem.sentence)
            key = (one.operation, problem.part, problem.pointer, text)
            group = groups.setdefault(key, (one.operation, problem, []))
            if key not in seen:
                group[2].append(one)
            seen.add(key)
    return sorted(groups.values(), key=lambda group: (group[0], -len(group[2])))


def _evidence(report: Report) -> Iterator[tuple[str, int, int]]:
    """Count what the recordings are evidence of: what, how many hold, of how many."""
    inside = [one for one in report.judged if one.verdict != "outside"]

    def holds(one: Judged, part: str) -> bool:
        return not any(problem.part == part for problem in one.problems)

    yield "answers accepted", sum(holds(one, "response") for one in inside), len(inside)
    for evidence, title in (
        ("accepted", "served requests valid"),
        ("refused", "requests refused with details invalid"),
    ):
        of = [one for one in inside if one.request_evidence == evidence]
        yield title, sum(holds(one, "request") for one in of), len(of)


def as_text(report: Report, contract: Contract, verbose: bool = False) -> str:
    """Write a report for people.

    Args:
        report: the verdicts.
        contract: for the order of operations and the text of requirements.
        verbose: also list every exchange.
    """
    lines: list[str] = []
    if verbose:
        for one in report.judged:
            note = f" ({one.note})" if one.note else ""
            lines.append(f"{one.verdict:<8}{one.operation:<28}{one.label}{note}")
        lines.append("")
    table = Counter((one.operation, one.verdict) for one in report.judged)
    names = [operation.id for operation in contract.operations] + [UNKNOWN_ROUTE, OUTSIDE]
    lines.append(f"{'operation':<28}{'holds':>8}{'fails':>8}{'outside':>9}")
    for name in names:
        row = [table[name, "holds"], table[name, "fails"], table[name, "outside"]]
        if any(row):
            lines.append(f"{name:<28}{row[0]:>8}{row[1]:>8}{row[2]:>9}")
    counts = report.counts
    lines.append(f"{'all':<28}{counts['holds']:>8}{counts['fails']:>8}{counts['outside']:>9}")
    outside = Counter(one.note for one in report.judged if one.verdict == "outside")
    if outside:
        lines += ["", "Outside the contract, neither right nor wrong:"]
        lines += [f"  {count:>5}  {note}" for note, count in outside.most_common(12)]
    groups = _grouped(report.judged)
    if groups:
        lines += ["", "Does not hold:"]
    for operation, problem, where in groups:
        requirement = contract.requirements.get(problem.requirement or "")
        lines.append(f"  {operation}, {problem.part}, {len(where)}x: {problem.sentence}")
        lines.append(f"      contract: {problem.pointer}")
        if requirement:
            lines.append(f"      requirement {requirement.id}: {requirement.text}")
        lines += [f"      {one.label}" for one in where[:_EXAMPLES]]
        if len(where) > _EXAMPLES:
            lines.append(f"      and {len(where) - _EXAMPLES} more")
    lines.append("")
    told = "; ".join(f"{title}: {good} of {all_}" for title, good, all_ in _evidence(report))
    lines.append(f"{len(report.judged)} exchanges. {told}.")
    if report.judged and not counts["holds"] and not counts["fails"]:
        lines.append(
            "Not one exchange reached the contract. If it was recorded against another address, "
            "name it with --base-url."
        )
    return redact("\n".join(lines))


def as_json(report: Report) -> str:
    """Write a report for programs.

    Args:
        report: the verdicts.
    """
    operations: dict[str, dict[str, int]] = {}
    for one in report.judged:
        row = operations.setdefault(one.operation, {"holds": 0, "fails": 0, "outside": 0})
        row[one.verdict] += 1
    document = {
        "contract": report.contract,
        "exit": report.exit_code,
        "totals": {name: report.counts[name] for name in ("holds", "fails", "outside")},
        "evidence": {title: {"hold": good, "of": all_} for title, good, all_ in _evidence(report)},
        "operations": operations,
        "unreadable": report.unreadable,
        "exchanges": [
            {
                "file": one.file,
                "index": one.index,
                "name": one.name,
                "method": one.method,
                "target": one.target,
                "status": one.status,
                "operation": one.operation,
                "verdict": one.verdict,
                "note": one.note,
                "problems": [
                    {
                        "part": problem.part,
                        "where": problem.where,
                        "sentence": problem.sentence,
                        "pointer": problem.pointer,
                        "requirement": problem.requirement,
                        "kind": problem.kind,
                    }
                    for problem in one.problems
                ],
            }
            for one in report.judged
        ],
    }
    return redact(json.dumps(document, ensure_ascii=False, indent=1)) + "\n"


# --- the command --------------------------------------------------------------------------------


def _addresses(base_urls: Sequence[str], host_maps: Sequence[str]) -> list[Address]:
    found: list[Address] = []
    sides: Mapping[str, Host] = {"gateway": "gateway", "media": "media"}
    for text in host_maps:
        url, _, side = text.rpartition("=")
        if not host_of(url) or side not in sides:
            raise click.UsageError(
                f"--host-map {redact(text)}: expected ADDRESS=gateway or ADDRESS=media, "
                "for example 127.0.0.1:8001=media"
            )
        found.append(Address.of(url, sides[side]))
    for url in base_urls:
        if not host_of(url):
            raise click.UsageError(
                f"--base-url {redact(url)}: is no address, expected one like http://127.0.0.1:8000"
            )
        found.append(Address.of(url, None))
    # The longest prefix is tried first.
    return sorted(found, key=lambda address: -len(address.prefix))


@click.command("replay")
@click.argument("files", nargs=-1, required=True, metavar="FILE.har...")
@click.option(
    "--json", "json_out", metavar="OUT", help="Write the report as JSON to a file; - for stdout."
)
@click.option("-v", "--verbose", is_flag=True, help="List every exchange.")
@click.option("--contract", "contract_file", metavar="FILE", help="Judge by this contract.")
@click.option(
    "--base-url",
    "base_urls",
    multiple=True,
    metavar="URL",
    help="An address in the recording that answers for the service, gateway and media alike.",
)
@click.option(
    "--host-map",
    "host_maps",
    multiple=True,
    metavar="ADDRESS=gateway|media",
    help="An address in the recording that answers for one of the two hosts.",
)
@click.pass_context
def replay_command(
    context: click.Context,
    files: tuple[str, ...],
    json_out: str | None,
    verbose: bool,
    contract_file: str | None,
    base_urls: tuple[str, ...],
    host_maps: tuple[str, ...],
) -> None:
    """Judge recorded traffic (HAR files) by the contract, offline.

    Exit code 0: all of it holds. 1: some answer or request does not. 2: a file cannot be read, or
    no exchange in it concerns the contract.
    """
    try:
        contract = load(contract_file)
    except ContractError as error:
        raise click.UsageError(str(error)) from None
    addresses = _addresses(base_urls, host_maps)
    report = replay(contract, [Path(file) for file in files], addresses, Progress())
    for line in report.unreadable:
        click.echo(f"Error: {line}", err=True)
    if json_out == "-":
        click.echo(as_json(report), nl=False)
    else:
        if json_out:
            try:
                Path(json_out).write_text(as_json(report), "utf-8")
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise click.UsageError(
                    f"--json {json_out}: cannot be written ({reason}); name another file"
                ) from None
        if report.judged or not report.unreadable:
            click.echo(as_text(report, contract, verbose))
        if not report.unreadable and not report.counts["holds"] and not report.counts["fails"]:
            click.echo(
                "No exchange concerns the contract; if they were made against another address than "
                "the service's, name it with --base-url.",
                err=True,
            )
    context.exit(report.exit_code)
