"""Cases that schemathesis makes from the contract: examples, edges, random values, linked calls.

What a case means is decided here and not by schemathesis: the contract knows how text in a query is
read, and which requirement a departure breaks. Everything goes to the addresses of the run; those
in the contract are taken out of the document before it is used.
"""

import copy
import importlib
import queue
import threading
from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

import requests
import schemathesis
from schemathesis import transport as schemathesis_transport
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from pollinations_conformance import contract as contracts
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.suite.adapter import mount
from pollinations_conformance.suite.cases import CaseValidator
from pollinations_conformance.suite.events import GenerationFinished
from pollinations_conformance.suite.execute import GRACE
from pollinations_conformance.suite.outcome import Outcome
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import Host

PATIENCE = 60.0
"""Seconds for the cases of one host when the server requires a slow pace."""


def _unchanged(request: Any) -> Any:
    return request


CHECK = "responses_keep_the_contract"
_current: CaseValidator | None = None
_registered = False


WEIGHTS = {
    "createChatCompletion": 40.0,
    "createChatCompletionLegacy": 40.0,
    "createSpeech": 33.0,
    "generateAudio": 30.0,
    "generateImage": 10.0,
    "uploadMedia": 4.0,
    "generateText": 4.0,
    "getAccountUsage": 3.0,
}
"""Time that an operation's cases take beside that of a simple list (1), as measured; a guess that
is off only makes shards end at different times."""


def units(contract: contracts.Contract) -> list[frozenset[str]]:
    """Group the operations whose cases lead to each other; a group stays on one machine.

    Cases do not depend on the other groups: schemathesis seeds each operation by its name.
    """
    groups: dict[str, set[str]] = {item.id: {item.id} for item in contract.operations}
    pairs = [(a.id, b.id) for a in contract.operations for b in contract.operations
             if (a.host, a.path) == (b.host, b.path)]  # fmt: skip
    for item in contract.operations:
        for declared in item.responses.values():
            response, _ = contract.resolve(declared, "")
            links: Mapping[str, Any] = response.get("links") or {}
            pairs += [(item.id, link["operationId"]) for link in links.values()]
    for one, other in pairs:
        joined = groups[one] | groups[other]
        for name in joined:
            groups[name] = joined
    return sorted({frozenset(group) for group in groups.values()}, key=sorted)


def share(run: Run) -> set[str]:
    """Return the operations whose cases this run makes: all, or those of its shard."""
    every = {" ".join(sorted(unit)): unit for unit in units(run.contract)}
    shard = run.options.shard
    if shard is None:
        names = set(every)
    else:
        tags = run.options.tags
        # Only what the options select counts; what the server lacks must not change the division.
        names = shard.share(
            {
                name: sum(WEIGHTS.get(item, 1.0) for item in unit)
                for name, unit in every.items()
                if not tags or any(run.operations[item].tag in tags for item in unit)
            }
        )
    return {item for name in names for item in every[name]}


def run(run: Run, operations: Collection[str] | None = None) -> None:
    """Make cases for every operation in question, and validate the responses.

    Args:
        run: what they belong to.
        operations: those to make cases for, one of `units` or several; those of the run's shard
            when None.
    """
    global _current
    begin = run.clock.monotonic()
    mine = share(run) if operations is None else operations
    validator = CaseValidator(run)
    try:
        for host in cast("tuple[Host, ...]", ("gateway", "media")):
            document = narrowed(run, host, mine)
            if document is None or run.out_of_time():
                continue
            validator.host = host
            _replay(run, validator, document)
            _current = validator
            _execute(run, validator, document, host)
    finally:
        _current = None
        run.outcomes += validator.failures.values()
        run.cases.seconds += run.clock.monotonic() - begin


def _replay(run: Run, validator: CaseValidator, document: Mapping[str, Any]) -> None:
    """Send again what failed in earlier runs, before anything new."""
    if run.corpus is None:
        return
    names = [
        value["operationId"]
        for item in document["paths"].values()
        for value in item.values()
        if is_object(value) and "operationId" in value
    ]
    for name in names:
        for example in run.corpus.fetch(name):
            if run.out_of_time():
                return
            if example.host == validator.host:
                validator.replay(name, example)
    for text in run.corpus.said:
        note = f"Example database: {text}"
        if note not in run.notes:
            run.notes.append(note)


def narrowed(run: Run, host: Host, mine: Collection[str]) -> dict[str, Any] | None:
    """Return the contract's document for one host, with nothing in it that leads elsewhere.

    Returns:
        None when there is nothing to do.
    """
    wanted = {
        record.path: record
        for record in run.operations.values()
        if record.host == host
        and not record.missing
        and not record.untried
        and record.id in mine
        and (not run.options.tags or record.tag in run.options.tags)
        and (not run.options.requirements or run.options.selects(record.requirement, record.tag))
    }
    if not wanted:
        return None
    document = copy.deepcopy(run.contract.document)
    document["servers"] = [{"url": run.target.address(host)}]
    names = {record.id for record in wanted.values()} | {
        record.id
        for record in run.operations.values()
        if record.path in wanted and not record.missing
    }
    paths: dict[str, Any] = {}
    for path, item in document["paths"].items():
        kept: dict[str, Any] = {}
        for key, value in item.items():
            if key == "servers":
                continue
            if is_object(value) and "operationId" in value and value["operationId"] not in names:
                continue
            if is_object(value):
                value.pop("servers", None)
            kept[key] = value
        if any(is_object(value) and "operationId" in value for value in kept.values()):
            paths[path] = kept
    document["paths"] = paths
    _narrow_names(run, document)
    return document


def _narrow_names(run: Run, document: dict[str, Any]) -> None:
    """Put the server's own model names where the contract has a snapshot of them."""
    lists: dict[str, list[str]] = {}
    for kind in ("text", "image", "audio"):
        names = run.catalogue.names(kind)
        if run.ledger.limit is not None and names:
            names = [run.catalogue.cheapest(kind)]
        elif kind == "image":
            names = [
                name
                for model in run.catalogue.image
                if "video" not in model.outputs
                for name in (model.name, *model.aliases)
            ]
        if names:
            lists[f"/{kind}/models"] = names

    def walk(node: Any) -> None:
        if is_object(node):
            origin = node.get("x-values-from")
            origins = [origin] if isinstance(origin, str) else origin
            if is_list(origins) and is_list(node.get("enum")):
                names = [name for item in origins for name in lists.get(str(item), [])]
                if names:
                    node["enum"] = list(dict.fromkeys(names))
                    node.pop("default", None)
                    node.pop("examples", None)
            for value in node.values():
                walk(value)
        elif is_list(node):
            for value in node:
                walk(value)

    walk(document)


def configuration(run: Run, host: Host) -> SchemathesisConfig:
    """Make schemathesis' configuration for one host."""
    headers = {"User-Agent": "pollinations-conformance"}
    settings: dict[str, Any] = {
        "seed": run.options.seed,
        "base-url": run.target.address(host),
        "headers": headers,
        "workers": 1,  # more of them are not faster, and would make runs differ
        "continue-on-failure": True,
        "request-timeout": run.target.timeout,
        "max-redirects": 0,
        "max-stream-events": 100_000,
        "generation": {
            "max-examples": run.options.examples,
            "with-security-parameters": False,
            "database": "none",
            "no-shrink": True,
        },
        "phases": {
            "stateful": {
                "max-steps": 4,
                "generation": {"max-examples": max(2, run.options.examples // 2)},
                "inference": {"algorithms": []},
            },
        },
        "checks": {"enabled": False, CHECK: {"enabled": True}},
        "analysis": {"constants": {"enabled": False}},
        "warnings": False,
    }
    remaining = run.remaining()
    if run.target.pace.per_second or run.target.key_pace.active:
        # Slowly, all cases would take a quarter of an hour.
        remaining = min(PATIENCE, PATIENCE if remaining is None else remaining)
    if remaining is not None:
        settings["max-time"] = max(1, int(remaining))
    make: Any = SchemathesisConfig
    config: SchemathesisConfig = make.from_dict(settings)
    return config


def _register() -> None:
    """Register our check and hooks with schemathesis, once in a process."""
    global _registered
    if _registered:
        return
    _registered = True

    def responses_keep_the_contract(_: Any, response: Any, case: Any) -> None:
        if _current is not None:
            _current.validate(response, case)

    def before_call(_: Any, case: Any, kwargs: dict[str, Any]) -> None:
        if _current is not None:
            kwargs["auth"] = _unchanged  # not what .netrc has
            _current.before(case)

    # There is no setting for what requests are sent through.
    transports: Any = schemathesis_transport
    transport = transports.get(None)
    send = transport.send

    def send_by_adapter(case: Any, *, session: Any = None, **kwargs: Any) -> Any:
        if _current is not None:
            session = session or requests.Session()
            mount(session, _current.adapter)
        return send(case, session=session, **kwargs)

    transport.send = send_by_adapter
    register: Any = schemathesis  # its decorators are not typed
    register.check(responses_keep_the_contract)
    register.hook("before_call")(before_call)


def _ignore_local_code() -> None:
    """Keep Hypothesis from drawing constants out of whatever code is loaded and not installed.

    Which that is depends on how the suite was installed and started, and the same seed is to make
    the same run. There is no setting for it; where the function is no longer found, nothing is lost
    but that.
    """
    providers: Any = importlib.import_module("hypothesis.internal.conjecture.providers")
    if hasattr(providers, "is_local_module_file"):
        providers.is_local_module_file = _never


def _never(_: str) -> bool:
    return False


def _execute(run: Run, validator: CaseValidator, document: dict[str, Any], host: Host) -> None:
    _register()
    if run.own_process:
        _ignore_local_code()
    schema = schemathesis.openapi.from_dict(document, config=configuration(run, host))
    stream = from_schema(schema).execute()
    troubles: dict[str, str] = {}
    try:
        for event in _until_time(run, stream):
            if run.out_of_time():
                continue  # what it says now comes of being stopped
            if isinstance(event, events.FatalError):
                run.notes.append(f"schemathesis stopped: {_line(event.exception)}")
            elif isinstance(event, events.NonFatalError):
                note = f"schemathesis could not make cases for {event.label}: {_line(event.value)}"
                if note not in run.notes:
                    run.notes.append(note)
                troubles.setdefault(str(event.label), note)
            elif isinstance(event, events.ScenarioFinished):
                run.emit(
                    GenerationFinished(event.phase.value, event.label or "", run.cases.generated)
                )
    finally:
        stream.stop()
    # Some cases less are worth a note; none at all must not look like a pass.
    for record in run.operations.values():
        said = troubles.get(f"{record.method} {record.path}")
        if said and record.id not in validator.tried:
            run.outcomes.append(
                Outcome(
                    check="generated cases",
                    requirements=(record.requirement,),
                    verdict="error",
                    reason=run.target.redact(said),
                    source="generated",
                )
            )


def _until_time(run: Run, stream: Any) -> Iterator[Any]:
    """Hand on schemathesis' events, and stop in time, even while it waits for a response."""
    events: queue.Queue[Any] = queue.Queue()

    def pump() -> None:
        try:
            for event in stream:
                events.put(event)
            events.put(None)
        except BaseException as error:
            events.put(error)

    threading.Thread(target=pump, name="schemathesis", daemon=True).start()
    while True:
        left = run.remaining()
        if left is not None and left <= 0:
            stream.stop()
        if left is not None and left < -GRACE:
            run.abandoned = True
            return
        try:
            event = events.get(timeout=0.1)
        except queue.Empty:
            continue
        if event is None:
            return
        if isinstance(event, BaseException):
            raise event
        yield event


def _line(error: object) -> str:
    return " ".join(str(error).split())[:200]
