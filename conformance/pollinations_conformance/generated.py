"""Cases that schemathesis makes from the contract: examples, edges, random values, linked calls.

What a case means is judged here and not by schemathesis: the contract knows how text in a query is
read, and which requirement a departure breaks. Everything goes to the addresses of the run; those
in the contract are taken out of the document before it is used.
"""

import copy
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from pollinations_conformance import contract as contracts
from pollinations_conformance.budget import PAID, NoBudget
from pollinations_conformance.runner import ACCEPTANCE, Run, describe
from pollinations_conformance.target import MAIN, Exchange, Host, is_list, is_object

PATIENCE = 60.0
"""Seconds for the cases of one host when the server asks for a slow pace."""
CHECK = "answers_keep_the_contract"
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_current: "Judge | None" = None
_registered = False


def run(run: Run) -> None:
    """Make cases for every operation in question, and judge the answers."""
    global _current
    begin = time.monotonic()
    judge = Judge(run)
    for host in cast("tuple[Host, ...]", ("gateway", "media")):
        document = narrowed(run, host)
        if document is None or run.out_of_time():
            continue
        _current = judge
        try:
            _execute(run, judge, document, host)
        finally:
            _current = None
    if judge.cases:
        run.notes.append(
            f"Generated: {judge.cases} requests in {time.monotonic() - begin:.1f} s; "
            f"{judge.valid} were valid by the contract, {judge.invalid} were not."
        )
    if judge.unpaid:
        run.notes.append(
            f"{judge.unpaid} generated requests went out without a key: the budget does not "
            "allow for them."
        )


def narrowed(run: Run, host: Host) -> dict[str, Any] | None:
    """Give the contract's document for one host, with nothing in it that leads elsewhere.

    Returns:
        None when there is nothing to do.
    """
    wanted = {
        record.path: record
        for record in run.operations.values()
        if record.host == host
        and not record.missing
        and not record.untried
        and (not run.options.tags or record.tag in run.options.tags)
        and (not run.options.requirements or run.options.selects(ACCEPTANCE[record.id], record.tag))
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
    headers = {"User-Agent": "pollinations-conformance"}  # the key is put in by Judge.before
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
    if run.target.pace.per_second or run.target.key_pace.per_second:
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

    def answers_keep_the_contract(_: Any, response: Any, case: Any) -> None:
        if _current is not None:
            _current.judge(response, case)

    def before_call(_: Any, case: Any, kwargs: dict[str, Any]) -> None:
        if _current is not None:
            _current.before(case)

    register: Any = schemathesis  # its decorators are not typed
    register.check(answers_keep_the_contract)
    register.hook("before_call")(before_call)


def _execute(run: Run, judge: "Judge", document: dict[str, Any], host: Host) -> None:
    _register()
    judge.host = host
    schema = schemathesis.openapi.from_dict(document, config=configuration(run, host))
    stream = from_schema(schema).execute()
    try:
        for event in _until_time(run, stream):
            if isinstance(event, events.Interrupted):
                if run.out_of_time():
                    break  # by us, when --max-time was over
                raise KeyboardInterrupt
            if isinstance(event, events.FatalError):
                run.notes.append(f"schemathesis stopped: {_line(event.exception)}")
            elif isinstance(event, events.NonFatalError):
                note = f"schemathesis could not make cases for {event.label}: {_line(event.value)}"
                if note not in run.notes:
                    run.notes.append(note)
            elif isinstance(event, events.ScenarioFinished):
                run.progress(
                    f"generated cases, {event.phase.value}: {judge.cases} requests · {event.label}"
                )
    finally:
        stream.stop()


def _until_time(run: Run, stream: Any) -> Iterator[Any]:
    for event in stream:
        yield event
        if run.out_of_time():
            stream.stop()


def _line(error: object) -> str:
    return " ".join(str(error).split())[:200]


class Judge:
    """Judges each generated case by the contract."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.host: Host = "gateway"
        self.cases = 0
        self.valid = 0
        self.invalid = 0
        self.unpaid = 0
        self._lock = threading.Lock()
        self._anonymous: dict[str, bool] = {}
        self._reserved: dict[str, float] = {}

    def before(self, case: Any) -> None:
        """Keep to the pace, and send what cannot be paid for without a key."""
        self.run.target.pace.wait()
        self.run.target.key_pace.wait()
        key = self.run.target.keys.get(MAIN)
        if key and self._affordable(case):
            case.headers["Authorization"] = f"Bearer {key}"
        else:
            self._anonymous[case.id] = True

    def _affordable(self, case: Any) -> bool:
        operation = _operation_id(case)
        if operation not in PAID or self.run.ledger.limit is None:
            return True
        price = max(
            (self.run.catalogue.price(operation, name) for name in (_model_of(case), None)),
            default=0.0,
        )
        try:
            self.run.ledger.reserve(price)
        except NoBudget:
            self.unpaid += 1
            return False
        self._reserved[case.id] = price
        return True

    def judge(self, response: Any, case: Any) -> None:
        """Hold an answer, and what it says of the request, against the contract."""
        run = self.run
        exchange = _exchange(response, "" if self._anonymous.pop(case.id, False) else MAIN)
        with self._lock:
            self.cases += 1
            run.target.requests += 1
        if exchange.status == 429:
            run.target.pace.slow(4.0, 1.0)
        operation = _operation_id(case)
        reserved = self._reserved.pop(case.id, None)
        if reserved is not None:
            run.ledger.settle(reserved, operation, reserved if exchange.ok else 0.0)
        path = urlsplit(exchange.url).path
        base = urlsplit(run.target.address(self.host)).path
        match = run.contract.find(exchange.method, path.removeprefix(base), self.host)
        if match is None:
            return
        exchange = run.observe(exchange, match)
        request = contracts.Request.of(
            exchange.method, exchange.url, exchange.request_headers, exchange.request_body or None
        )
        wrong = run.contract.check_request(match, request)
        with self._lock:
            if wrong:
                self.invalid += 1
            else:
                self.valid += 1
        name = ACCEPTANCE.get(match.operation.id)
        if (
            exchange.status >= 500
            and exchange.status not in {502, 503, 504}
            and not relayed(exchange)
        ):
            run.fault(
                name, f"a generated request is answered {describe(exchange)}", exchange, "generated"
            )
        elif wrong and exchange.ok and (exchange.header("x-cache") or "").upper() != "HIT":
            # A stored answer may come before the request is validated at all.
            run.fault(
                wrong[0].requirement or name,
                f"an invalid request is accepted with {exchange.status}: {wrong[0].sentence}",
                exchange,
                "generated",
            )
        elif (
            not wrong
            and exchange.status in {400, 422}
            and _details(exchange)
            and certain(match, request)
        ):
            run.fault(name, f"a valid request is refused: {describe(exchange)} {_details(exchange)}",
                      exchange, "generated")  # fmt: skip
        elif (
            not wrong
            and exchange.status in {401, 403}
            and exchange.key
            and run.target.embedded
            and "authorization" in {key.lower() for key, _ in exchange.request_headers}
            and "key=" not in exchange.url
        ):
            run.fault(name, f"a valid request with a key is answered {describe(exchange)}",
                      exchange, "generated")  # fmt: skip


def certain(match: contracts.Match, request: contracts.Request) -> bool:
    """Whether a query says nothing that one server may read and another may refuse."""
    for parameter in match.operation.parameters:
        if parameter.location != "query":
            continue
        texts = [value for name, value in request.query if name == parameter.name]
        if len(texts) > 1:
            return False
        if "string" in parameter.types:
            continue
        for text in texts:
            if "boolean" in parameter.types and text not in {"true", "false"}:
                return False
            if parameter.types & {"integer", "number"} and not NUMBER.fullmatch(text):
                return False
    return True


def relayed(exchange: Exchange) -> bool:
    """Whether a failure is a provider's, whose words stand as JSON text in the message."""
    try:
        value = json.loads(exchange.content)
        inner = json.loads(value["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return False
    return is_object(inner)


def _details(exchange: Exchange) -> Any:
    try:
        return json.loads(exchange.content)["error"].get("details")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _operation_id(case: Any) -> str:
    raw = case.operation.definition.raw
    return str(raw.get("operationId", "")) if is_object(raw) else ""


def _model_of(case: Any) -> str | None:
    for holder in (case.query, case.body):
        if is_object(holder):
            model = cast("Mapping[str, Any]", holder).get("model")
            if isinstance(model, str):
                return model
    return None


def _exchange(response: Any, key: str) -> Exchange:
    request = response.request
    body = request.body
    content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body or b"")
    return Exchange(
        method=str(request.method),
        url=str(request.url),
        request_headers=tuple((str(n), _text(v)) for n, v in request.headers.items()),
        request_body=content,
        status=int(response.status_code),
        headers=tuple(
            (str(name), str(value)) for name, values in response.headers.items() for value in values
        ),
        content=bytes(response.content),
        seconds=float(response.elapsed),
        key=key if any(n.lower() == "authorization" for n in request.headers) else "",
    )


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
