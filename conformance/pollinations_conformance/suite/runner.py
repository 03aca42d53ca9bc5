"""Run checks: which there are, in what order they go, and what came of each requirement.

A check is a function that is given a `Session` and says through it what a requirement asks for.
It ends in one of four ways: it returns (the requirement held), it raises `Violated` (it did not), it
raises `NotTested` (something it needs was not there), or it raises anything else, which is an
error of ours and never a verdict on the server.
"""

import hashlib
import json
import random
import re
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast
from urllib.parse import quote, urlsplit

from pollinations_conformance import contract as contracts
from pollinations_conformance.http import sse
from pollinations_conformance.http.credentials import credential
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.http.query import query_of
from pollinations_conformance.suite.budget import (
    DEFAULT_MODELS,
    PAID,
    Catalogue,
    Ledger,
    NoBudget,
    cost_of,
    read_model,
)
from pollinations_conformance.suite.outcome import NotTested, Outcome, Violated
from pollinations_conformance.suite.registry import REGISTRY, WATCHES, Check, Watch
from pollinations_conformance.suite.target import (
    MAIN,
    NOT_A_KEY,
    ROLES,
    Exchange,
    Host,
    OutOfTime,
    Payload,
    Target,
    TargetError,
    Unreachable,
    json_payload,
)

if TYPE_CHECKING:
    from pollinations_conformance.suite.database import Corpus

Place = Literal["bearer", "query"]
"""Where a key stands: in the Authorization header or in the query."""
T = TypeVar("T")

ACCEPTANCE = {
    "getAccountProfile": "ACC-PROFILE-01",
    "getAccountBalance": "ACC-BAL-01",
    "getAccountUsage": "ACC-USAGE-01",
    "getAccountUsageDaily": "ACC-DAILY-01",
    "getAccountKey": "ACC-KEY-01",
    "listModels": "MODELS-V1-01",
    "listImageModels": "MODELS-INFO-01",
    "listTextModels": "MODELS-INFO-01",
    "listAudioModels": "MODELS-INFO-01",
    "createChatCompletion": "CHAT-RES-01",
    "createChatCompletionLegacy": "CHAT-LEGACY-01",
    "generateText": "TEXT-GET-01",
    "generateImage": "IMG-GET-01",
    "generateAudio": "AUD-GET-01",
    "createSpeech": "AUD-TTS-01",
    "createTranscription": "AUD-STT-01",
    "uploadMedia": "MEDIA-UP-01",
    "getMedia": "MEDIA-GET-01",
    "headMedia": "MEDIA-HEAD-01",
}
"""The requirement that says what an operation's good answer is: a departure counts there that no
requirement of its own speaks of."""

TEMPORARY = {402, 408, 425, 429, 502, 503, 504, *range(520, 531)}
"""Answers that say that the service, not the contract, stands in the way."""


GRACE = 0.5
"""Seconds that checks have to end when the time is up."""

PATIENCE = 12
"""So many times in a row a busy server is waited for in vain; then its answers are taken as they are."""

UNPAID = "unpaid"
"""What stands for a key's role when the budget did not allow for sending one."""


@dataclass
class OperationRecord:
    """How often an operation was called, and how it answered."""

    id: str
    method: str
    path: str
    host: str
    tag: str
    calls: int = 0
    succeeded: int = 0
    missing: str = ""
    """Why it counts as not being there, or an empty text."""
    untried: str = ""
    """Why it was not called with a key and a valid request, or an empty text."""


@dataclass(frozen=True)
class Shard:
    """One part of a run that is split over several machines.

    Args:
        number: which, counted from 1.
        of: how many there are.
    """

    number: int
    of: int

    def share(self, weights: Mapping[str, float]) -> set[str]:
        """Give the names that belong to this shard: the heavy ones first, each to the lightest.

        Every shard comes to the same division by itself, whatever the seed.
        """
        loads = [0.0] * self.of
        mine: set[str] = set()
        for name, weight in sorted(weights.items(), key=lambda item: (-item[1], item[0])):
            lightest = loads.index(min(loads))
            loads[lightest] += weight
            if lightest == self.number - 1:
                mine.add(name)
        return mine


@dataclass
class Cases:
    """How much a run tried."""

    written: int = 0
    """Written checks that were begun."""
    generated: int = 0
    """Requests made from the contract."""
    valid: int = 0
    invalid: int = 0
    """How many of them the contract calls invalid; what it has no operation for is neither."""
    unpaid: int = 0
    """How many of them went without a key because the budget did not allow for them."""
    replayed: int = 0
    """Requests from the example database, which failed in an earlier run."""
    seconds: float = 0.0
    """Time spent on generated cases."""


@dataclass
class Options:
    """What the caller of a run chose."""

    seed: int = 1
    tags: frozenset[str] = frozenset()
    requirements: tuple[str, ...] = ()
    jobs: int = 4
    max_time: float | None = None
    generated: bool = True
    examples: int = 10
    shard: Shard | None = None

    def selects(self, requirement: str, tag: str) -> bool:
        """Whether a requirement is asked for."""
        import fnmatch

        if self.requirements and not any(
            fnmatch.fnmatchcase(requirement, pattern) for pattern in self.requirements
        ):
            return False
        return not self.tags or tag in self.tags


def _silent(_: str) -> None:
    """Show nothing."""


class Run:
    """One run of the suite against one target."""

    def __init__(
        self,
        target: Target,
        options: Options | None = None,
        ledger: Ledger | None = None,
        contract: "contracts.Contract | None" = None,
        checks: Iterable[Check] | None = None,
        watches: Iterable[Watch] | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self.target = target
        self.options = options or Options()
        self.ledger = ledger or Ledger()
        self.contract = contract or contracts.load()
        self.checks = list(REGISTRY.values() if checks is None else checks)
        self.watches = list(WATCHES.values() if watches is None else watches)
        self.progress = progress or _silent
        self.catalogue = Catalogue()
        self.key_info: dict[str, Any] | None = None
        self.restricted = False
        """Whether the run's own key may use only some models."""
        self.accepted: set[str] = set()
        """Roles whose key was accepted at least once."""
        self.refused: set[str] = set()
        """Roles whose key was refused with 401 and never accepted."""
        self.outcomes: list[Outcome] = []
        self.cases = Cases()
        self.generated_seconds: dict[str, float] = {}
        """Time spent on generated cases, by tag."""
        self.notes: list[str] = []
        self.own_process = False
        """Whether nobody else uses Hypothesis in this process."""
        self.started = time.time()
        self.seconds = 0.0
        self.interrupted = False
        self.lost = ""
        """How the server went away during the run; empty when it stayed."""
        self.abandoned = False
        """Whether checks were still at work when the time was up."""
        self.balance_before: float | None = None
        self.balance_after: float | None = None
        self.operations = {
            operation.id: OperationRecord(
                operation.id, operation.method, operation.path, operation.host, operation.tag
            )
            for operation in self.contract.operations
        }
        self.departures: list[str] = []
        """Kinds of departures in the order in which answers showed them, repeated ones too."""
        self.corpus: Corpus | None = None
        """Requests that failed in earlier runs, when there is a database of them."""
        self.faults: dict[tuple[str, str], Outcome] = {}
        """Departures that validation against the contract found, by requirement and message."""
        self.watched: dict[str, tuple[int, Outcome | None]] = {}
        """By watch: how many answers it looked at, and the first that was wrong."""
        self._memory: dict[str, Future[Any]] = {}
        self._lock = threading.RLock()
        self.vain_waits = 0
        """How often in a row waiting did not help."""
        self.vain_retries: dict[str, int] = {}
        """The same for a 401, by role."""
        # On a live server answers of an earlier run may still be in its cache.
        salt = str(self.options.seed) if target.embedded else f"{time.time_ns():x}"
        self.prepared = False
        self.nonce = hashlib.sha256(salt.encode()).hexdigest()[:8]

    # -- selection ----------------------------------------------------------------------------

    def requirement_tag(self, requirement: str) -> str:
        """Give the tag under which a requirement is reported."""
        entry = self.contract.requirements.get(requirement)
        return tag_of(requirement, entry)

    def selected(self) -> list[Check]:
        """List the checks that the options ask for, in the order in which they run."""
        away = {item.name for item in self.elsewhere()}
        chosen = [item for item in self._asked_for() if item.name not in away]
        return sorted(
            chosen, key=lambda item: (self._runs_alone(item), sum(item.cost.values()) > 0)
        )

    def _runs_alone(self, item: Check) -> bool:
        """Whether a check has the server for itself.

        With a server that is asked slowly, or is slow itself, the waits that a lane's checks look
        at would be over before they had their turn among others.
        """
        return item.exclusive or (item.lane != "" and not self.target.embedded)

    def elsewhere(self) -> list[Check]:
        """List the checks that the options ask for and that another shard runs."""
        if self.options.shard is None:
            return []
        asked = self._asked_for()
        # What pays makes slow requests, and lanes wait; no more need be known to split evenly.
        weights = {
            item.name: 1.0 + sum(item.cost.values()) + (10.0 if item.lane else 0.0)
            for item in asked
        }
        mine = self.options.shard.share(weights)
        return [item for item in asked if item.name not in mine]

    def _asked_for(self) -> list[Check]:
        return [
            check
            for check in self.checks
            if any(
                self.options.selects(requirement, self.requirement_tag(requirement))
                for requirement in check.requirements
            )
        ]

    # -- time ---------------------------------------------------------------------------------

    def remaining(self) -> float | None:
        """Seconds left of --max-time; None when there is no such limit."""
        deadline = self.target.deadline
        return None if deadline is None else deadline - time.monotonic()

    def out_of_time(self) -> bool:
        """Whether --max-time is used up, or the run interrupted."""
        left = self.remaining()
        return left is not None and left <= 0

    def interrupt(self) -> None:
        """Stop: no further request goes out."""
        self.interrupted = True
        self.target.deadline = time.monotonic()

    # -- the run ------------------------------------------------------------------------------

    def execute(self) -> None:
        """Run everything that was asked for; what is known stays in `outcomes` if interrupted."""
        begin = time.monotonic()
        try:
            self.prepare()
            self._run_written()
            if self.options.generated and not self.out_of_time():
                from pollinations_conformance.suite import generated

                generated.run(self)
            self.close_ledger()
        except KeyboardInterrupt:
            self.interrupt()
        except OutOfTime:
            pass  # while looking at the balance that is left
        finally:
            self.seconds = time.monotonic() - begin

    def prepare(self) -> None:
        """Learn what the server is: its models, the key's rights, the operations it has.

        Raises:
            TargetError: no answer in HTTP comes from the address, or only one that leads elsewhere.
        """
        if self.prepared:
            return
        self.prepared = True
        if self.options.max_time is not None and self.target.deadline is None:
            self.target.deadline = time.monotonic() + self.options.max_time
        session = Session(self, "prepare")
        try:
            self._learn_models(session)
            self._learn_key(session)
            if self._is_restricted(session):
                self.restricted = True
                self._learn_models(session, MAIN)
            self._find_missing(session)
            if any("restricted" in item.needs for item in self.selected()):
                self._learn_limit(session, "restricted")
        except Unreachable as error:
            what = "nothing answers at" if error.refused else "no answer in HTTP comes from"
            raise TargetError(f"{what} {self.target.base_url}: {error}") from None
        except OutOfTime:
            if not session.exchanges:
                raise TargetError(
                    f"no answer came from {self.target.base_url} before the run's time was up"
                ) from None

    def _learn_limit(self, session: "Session", role: str) -> None:
        """Find out whether a key that is used too often counts as none: lists grow longer then."""
        if self.target.embedded or role not in self.target.keys:
            return
        lengths: list[int] = []
        for _ in range(7):
            try:
                answer = session.send("GET", "/text/models", key=role, probe=True)
            except Unreachable:
                return
            items = _load(answer.content) if answer.ok else None
            lengths.append(len(items) if is_list(items) else 0)
        if lengths[-1] > lengths[0] > 0:
            self.slow_down(role)

    def _is_restricted(self, session: "Session") -> bool:
        """Whether the run's key may use only some models."""
        if MAIN not in self.target.keys:
            return False
        if self.key_info is not None:
            permissions = self.key_info.get("permissions")
            return is_object(permissions) and is_list(permissions.get("models"))
        try:
            answer = session.send("GET", "/text/models", probe=True)
        except Unreachable:
            return False
        items = _load(answer.content) if answer.ok else None
        return is_list(items) and len(items) < len(self.catalogue.text)

    def _learn_models(self, session: "Session", key: str | None = None) -> None:
        lists: dict[str, tuple[Any, ...]] = {}
        trouble: Unreachable | None = None
        for kind in ("text", "image", "audio"):
            self.progress(f"looking at the server: GET /{kind}/models")
            try:
                answer = session.send("GET", f"/{kind}/models", key=key, probe=True)
            except Unreachable as error:
                if error.refused:
                    raise
                trouble = error
                continue
            self._mind_redirect(answer)
            items = _load(answer.content) if answer.ok else None
            if is_list(items):
                models = [read_model(item) for item in cast("list[object]", items)]
                lists[kind] = tuple(model for model in models if model is not None)
        if trouble is not None and not session.exchanges:
            raise trouble  # three times nothing: whatever this is, it does not speak HTTP
        if not lists and key is None:
            self.notes.append(
                f"No list of models was found at {self.target.base_url}/text/models, "
                "/image/models or /audio/models; is this the address of a gateway?"
            )
        self.catalogue = Catalogue(**lists)
        # The contract's own names are a snapshot; what the server lists is allowed as well.
        self.contract = self.contract.with_values(
            {f"/{kind}/models": self.catalogue.names(kind) for kind in lists}
        )

    def _mind_redirect(self, answer: Exchange) -> None:
        """Stop when the server only says that it lives elsewhere.

        Raises:
            TargetError: it does; the message names the address to use.
        """
        place = urlsplit(answer.header("location") or "")
        here = urlsplit(self.target.base_url)
        elsewhere = (place.scheme, place.netloc) != (here.scheme, here.netloc)
        if answer.status in range(300, 400) and place.netloc and elsewhere:
            raise TargetError(
                f"{self.target.base_url} redirects to {place.scheme or here.scheme}://"
                f"{place.netloc}; give that as --base-url"
            )

    def _learn_key(self, session: "Session") -> None:
        if MAIN not in self.target.keys:
            return
        try:
            answer = session.send("GET", "/account/key", probe=True)
            if answer.ok and is_object(info := _load(answer.content)):
                self.key_info = info
            answer = session.send("GET", "/account/balance", probe=True)
            if answer.ok:
                self.balance_before = _balance(answer.content)
        except Unreachable as error:
            if error.refused:
                raise

    def _find_missing(self, session: "Session") -> None:
        probes = {
            "createChatCompletion": ("POST", "/v1/chat/completions"),
            "createChatCompletionLegacy": ("POST", "/openai"),
            "createSpeech": ("POST", "/v1/audio/speech"),
            "createTranscription": ("POST", "/v1/audio/transcriptions"),
            "uploadMedia": ("POST", "/upload"),
            "getMedia": ("GET", "/not-a-hash"),
            "headMedia": ("HEAD", "/not-a-hash"),
            "generateText": ("GET", "/text/probe"),
            "generateImage": ("GET", "/image/probe"),
            "generateAudio": ("GET", "/audio/probe"),
        }
        for record in self.operations.values():
            host = cast("Host", record.host)
            if host == "media" and self.target.media_url is None:
                record.untried = "no address of a media host was given (--media-url)"
                continue
            method, path = probes.get(record.id, (record.method.upper(), record.path))
            self.progress(f"looking at the server: {method} {path}")
            try:
                answer = session.send(method, path, key=None, host=host, probe=True)
            except Unreachable as error:
                if error.refused:
                    record.missing = str(error)
                continue
            if answer.status == 404 and host == "media" and record.id != "uploadMedia":
                # This host says 404 of files as well; without the route there is no such body.
                if method != "HEAD" and not _is_media_error(answer):
                    record.missing = f"{method} {record.path} is answered 404"
            elif answer.status == 404:
                # Perhaps it is only hidden from those without a key.
                hidden = record.tag == "account" and MAIN in self.target.keys
                if not hidden or session.send(method, path, probe=True).status == 404:
                    record.missing = f"{method} {record.path} is answered 404"
            elif answer.status in {405, 501}:
                record.missing = f"{method} {record.path} is answered {answer.status}"

    def _run_written(self) -> None:
        """Run the checks that do not disturb each other, several at a time, and then the others."""
        chosen = self.selected()
        together = [item for item in chosen if not self._runs_alone(item)]
        random.Random(self.options.seed).shuffle(together)
        # Lanes first, for they are long: mostly they wait.
        together.sort(key=lambda item: (sum(item.cost.values()) > 0, not item.lane))
        pool = ThreadPoolExecutor(max(1, self.options.jobs), thread_name_prefix="check")
        running: dict[Future[Outcome], str] = {}
        try:
            while together or running:
                while len(running) < max(1, self.options.jobs):
                    busy = {*running.values()} - {""}
                    item = next((item for item in together if item.lane not in busy), None)
                    if item is None:
                        break
                    together.remove(item)
                    running[pool.submit(self.run_check, item)] = item.lane
                left = self.remaining()
                # Requests end with the time that is left; what a check does after one may not.
                patience = None if left is None else max(0.0, left) + GRACE
                finished, _ = wait(running, patience, return_when=FIRST_COMPLETED)
                for future in finished:
                    del running[future]
                    self._record(future.result(), len(chosen))
                if not finished:
                    self.abandoned = True
                    break
            for item in chosen:
                if self._runs_alone(item):
                    self._record(self.run_check(item), len(chosen))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _record(self, outcome: Outcome, total: int) -> None:
        self.outcomes.append(outcome)
        bad = sum(1 for item in self.outcomes if item.verdict == "fail")
        self.progress(
            f"{len(self.outcomes)}/{total} checks, {self.target.requests} requests"
            + (f", {bad} failed" if bad else "")
            + f" · {outcome.check}"
        )

    def run_check(self, item: Check) -> Outcome:
        """Run one check and give what came of it."""
        session = Session(self, item.name)
        begin = time.monotonic()
        outcome = Outcome(item.name, item.requirements, "pass", tag=item.name.partition(".")[0])
        try:
            if self.out_of_time():
                raise NotTested("the run's time was up before its turn")
            with self._lock:
                self.cases.written += 1
            for operation in item.operations:
                session.need_operation(operation)
            for role in item.needs:
                session.need_key(role)
            item.function(session)
        except Violated as error:
            outcome.verdict, outcome.reason = "fail", str(error)
        except OutOfTime:
            outcome.verdict, outcome.reason = "not tested", "the run's time was up"
        except (NotTested, NoBudget) as error:
            outcome.verdict, outcome.reason = "not tested", str(error)
        except Unreachable as error:
            outcome.verdict, outcome.reason = "fail", str(error)
            if error.refused or (error.slow and session.generating):
                outcome.verdict = "not tested"  # no requirement says how long a model may take
        except Exception as error:
            said = " ".join(str(error).split())[:300]
            where = _place(error)
            outcome.verdict = "error"
            outcome.reason = f"an error of the check itself: {type(error).__name__}: {said}{where}"
        outcome.seconds = time.monotonic() - begin
        outcome.reason = self.target.redact(outcome.reason)
        outcome.exchanges = session.exchanges[-6:]
        return outcome

    def once(self, key: str, make: Callable[[], T]) -> T:
        """Give what `make` returned the first time that any check asked for this key."""
        with self._lock:
            future = self._memory.get(key)
            mine = future is None
            if future is None:
                future = self._memory[key] = Future()
        if mine:
            try:
                future.set_result(make())
            except BaseException as error:
                future.set_exception(error)
        return cast("T", future.result())

    def judge_key(self, role: str, operation: "contracts.Operation", exchange: Exchange) -> None:
        """Learn from an answer whether the server knows a key."""
        if exchange.ok and operation.needs_key and exchange.header("x-cache") != "HIT":
            self.accepted.add(role)
            self.refused.discard(role)
        elif (
            exchange.status == 401
            and role not in self.accepted
            and not self.target.embedded
            and operation.id in PAID
        ):
            self.refused.add(role)

    def slow_down(self, role: str) -> None:
        """Use a key less often from now on."""
        key = self.target.keys.get(role)
        if key is not None:
            self.target.key_pace.slow(key)

    def observe(self, exchange: Exchange, match: "contracts.Match | None") -> Exchange:
        """Count an exchange, and hold it against the contract."""
        if is_proxy_error(exchange):
            return exchange
        if match is None:
            self._watch(exchange)
            return exchange
        record = self.operations[match.operation.id]
        with self._lock:
            record.calls += 1
            if exchange.ok:
                record.succeeded += 1
        exchange = replace(exchange, operation=record.id)
        if record.missing or (exchange.status == 404 and record.host == "gateway"):
            # What says that the operation is not there is no answer of the operation.
            self._watch(replace(exchange, operation=""))
            return exchange
        request = contracts.Request.of(
            exchange.method,
            exchange.url,
            exchange.request_headers,
            exchange.request_body or None,
        )
        response = contracts.Response(
            status=exchange.status, headers=exchange.headers, body=exchange.content
        )
        violations = self.contract.check_response(match, request, response)
        exchange = replace(
            exchange,
            faults=tuple(item.sentence for item in violations),
        )
        for item in violations:
            self.fault(item.requirement, item.sentence, exchange, "contract")
        self._watch(exchange)
        return exchange

    def _watch(self, exchange: Exchange) -> None:
        """Look at the facts that hold for every answer."""
        gateway = exchange.url.startswith(self.target.base_url)
        for watch in self.watches:
            if watch.gateway and not gateway:
                continue
            said = watch.look(exchange)
            if said is None:
                continue
            with self._lock:
                if said:
                    self.departures.append(watch.name)
                count, known = self.watched.get(watch.name, (0, None))
                if said and known is None:
                    known = Outcome(
                        check=watch.name,
                        requirements=(watch.requirement,),
                        verdict="fail",
                        reason=f"{exchange.method} answered {exchange.status}: "
                        + self.target.redact(said),
                        exchanges=[exchange],
                        source="contract",
                    )
                self.watched[watch.name] = (count + 1, known)

    def fault(
        self,
        requirement: str | None,
        message: str,
        exchange: Exchange,
        source: Literal["generated", "contract"],
    ) -> None:
        """Record a departure that no written check looked for; each kind of it once."""
        known = requirement if requirement in self.contract.requirements else None
        name = known or ACCEPTANCE.get(exchange.operation, "GEN-ROUTE-01")
        record = self.operations.get(exchange.operation)
        text = f"{record.method.upper()} {record.path}: {message}" if record else message
        text = self.target.redact(text)
        with self._lock:
            key = (name, f"{exchange.operation} {re.sub(r'[0-9]+', '#', message)[:80]}")
            self.departures.append(" ".join(key))
            if key in self.faults:
                return
            outcome = Outcome(
                check=f"{source} cases" if source == "generated" else "every answer",
                requirements=(name,),
                verdict="fail",
                reason=text,
                exchanges=[exchange],
                tag=record.tag if record else "general",
                source=source,
            )
            self.faults[key] = outcome

    def close_ledger(self) -> None:
        """Ask for the balance that is left, if it was known before."""
        if self.balance_before is None or self.out_of_time():
            return
        try:
            answer = Session(self, "ledger").send("GET", "/account/balance", probe=True)
        except Unreachable:
            return
        if answer.ok:
            self.balance_after = _balance(answer.content)


def tag_of(requirement: str, entry: object) -> str:
    """Give the tag of a requirement, from where it stands or from its id."""
    tag = getattr(entry, "tag", None)
    if isinstance(tag, str) and tag:
        return tag
    prefix = requirement.partition("-")[0]
    return {
        "ACC": "account",
        "MODELS": "models",
        "CHAT": "chat",
        "TEXT": "text",
        "IMG": "image",
        "AUD": "audio",
        "MEDIA": "media",
    }.get(prefix, "general")


class Session:
    """What a check works with: requests, assertions, and the trail of its exchanges."""

    def __init__(self, run: Run, name: str) -> None:
        self.run = run
        self.name = name
        self.target = run.target
        self.exchanges: list[Exchange] = []
        self.generating = False
        """Whether the last request asked a model to work."""
        self.random = random.Random(f"{run.options.seed} {name}")
        self._count = 0

    # -- what there is ------------------------------------------------------------------------

    @property
    def catalogue(self) -> Catalogue:
        """The models that the server lists."""
        return self.run.catalogue

    @property
    def text_model(self) -> str:
        """The text model to use: the cheapest."""
        return self.run.once("model text", lambda: self.catalogue.cheapest("text"))

    @property
    def image_model(self) -> str:
        """The image model to use: the cheapest."""
        return self.run.once("model image", lambda: self.catalogue.cheapest("image"))

    @property
    def audio_model(self) -> str:
        """The speech model to use: the cheapest."""
        return self.run.once("model audio", lambda: self.catalogue.cheapest("audio"))

    @property
    def transcription_model(self) -> str:
        """The transcription model to use: the cheapest."""
        return self.run.once(
            "model transcription", lambda: self.catalogue.cheapest("transcription")
        )

    def need_key(self, role: str) -> None:
        """Go on only with a key of this role."""
        if role not in self.target.keys:
            what = "API key" if role == MAIN else f"key of the role {role!r} ({ROLES[role]})"
            raise NotTested(f"the run has no {what}")
        if role in self.run.refused and role != "expired":
            raise NotTested(f"the server refuses the run's key of the role {role!r} (401)")

    def need_operation(self, operation: str) -> None:
        """Go on only if the server has this operation."""
        record = self.run.operations[operation]
        if record.missing:
            raise NotTested(f"the server lacks an operation: {record.missing}")
        if record.untried and record.host == "media":
            raise NotTested(record.untried)

    def fresh(self, text: str) -> str:
        """Make a prompt that no request of this or another run used, so that no cache knows it."""
        self._count += 1
        return f"{text} [{self.run.nonce}-{hashlib.sha256(f'{self.name}{self._count}'.encode()).hexdigest()[:8]}]"

    def once(self, key: str, make: Callable[[], T]) -> T:
        """Share something costly between checks: the first one to ask makes it."""
        return self.run.once(key, make)

    def attach(self, exchange: Exchange) -> Exchange:
        """Add an exchange of another check to this check's trail."""
        if exchange not in self.exchanges:
            self.exchanges.append(exchange)
        return exchange

    # -- requests -----------------------------------------------------------------------------

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | Sequence[tuple[str, str]] = (),
        json: object = None,
        body: Payload | None = None,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        key: str | None = MAIN,
        by: Place = "bearer",
        host: Host = "gateway",
        free: bool = False,
        throttled: bool = False,
        probe: bool = False,
    ) -> Exchange:
        """Send a request, hold the answer against the contract, and give both.

        Args:
            method: HTTP method.
            path: percent-encoded path; parts from elsewhere go through `segment`.
            query: parameters; booleans become true and false, None is left out.
            json: value for a JSON body.
            body: any other body.
            headers: further headers.
            key: role of the key to send, "bogus" for an invented one, None for none.
            by: whether the key goes in the Authorization header or in the query.
            host: gateway or media.
            free: whether a server that keeps the contract refuses this request or charges nothing
                for it. With no budget left it then goes out without a key.
            throttled: whether a 429 is what the check is about, so that it is not waited out.
            probe: whether an absent operation is no reason to stop.

        Raises:
            NoBudget: it may cost more than the run may spend.
            Unreachable: no complete answer came.
            NotTested: the key or the operation is not there.
        """
        pairs = _pairs(query)
        sent = list(headers.items() if isinstance(headers, Mapping) else headers)
        payload = json_payload(json) if json is not None else body
        match = self._find(method, path, host)
        operation = match.operation.id if match else ""
        if operation and not probe:
            self.need_operation(operation)
        estimate = 0.0
        if operation in PAID and key not in {None, "bogus"}:
            estimate = self.run.catalogue.price(operation, _model(pairs, payload))
            if free and not self.run.ledger.allows(estimate):
                key, estimate = UNPAID, 0.0
        value = self._key(key, probe)
        if value is not None and by == "bearer":
            sent.insert(0, ("Authorization", f"Bearer {value}"))
        elif value is not None:
            pairs.append(("key", value))
        if payload is not None and payload.content_type is not None:
            sent.append(("Content-Type", payload.content_type))
        url = self.target.url(path, pairs, host)
        self.generating = operation in PAID and value is not None
        self.run.ledger.reserve(estimate)
        cost = 0.0
        try:
            role = key or self._role_of(credential(url, sent))
            exchange = self._persist(method, url, sent, payload, role, throttled)
            cost = charged(self.run.catalogue, operation, exchange, estimate)
        finally:
            self.run.ledger.settle(estimate, operation, cost)
        if match is not None and key is not None and key in self.target.keys:
            self.run.judge_key(key, match.operation, exchange)
        exchange = self.run.observe(replace(exchange, key=key or ""), match)
        self.exchanges.append(exchange)
        return exchange

    def _find(self, method: str, path: str, host: Host) -> "contracts.Match | None":
        return self.run.contract.find(method, path, host)

    def _key(self, role: str | None, probe: bool) -> str | None:
        if role is None or role == UNPAID:
            return None
        if role == "bogus":
            return NOT_A_KEY
        if not probe:
            self.need_key(role)
        return self.target.keys.get(role)

    def _role_of(self, key: str | None) -> str | None:
        """Tell whose key a check wrote into a request by itself."""
        keys = self.target.keys
        return next((role for role in keys.roles() if keys.get(role) == key), None)

    def _persist(
        self,
        method: str,
        url: str,
        headers: list[tuple[str, str]],
        payload: Payload | None,
        role: str | None,
        throttled: bool,
    ) -> Exchange:
        """Send, and send again when the server only asked to go slower, or a provider failed."""
        content = payload.content if payload else b""
        for attempt in range(4):
            exchange = self.target.fetch(method, url, headers, content)
            if role is not None and self._overused(exchange, role, attempt):
                self.run.slow_down(role)
                continue
            if attempt and not is_transient(exchange) and exchange.status != 429:
                self.run.vain_waits = 0
            if throttled or attempt == 3 or self.run.vain_waits >= PATIENCE:
                return exchange
            self.run.vain_waits += attempt
            if is_transient(exchange) and not self.target.embedded and attempt < 2:
                time.sleep(0.5 * (attempt + 1))
            elif exchange.status == 429:
                pause = _retry_after(exchange)
                if pause > self.target.max_wait:
                    return exchange
                if role == "publishable":
                    # Its own limit was met (LIMIT-PK-01); nothing else needs to go slower.
                    time.sleep(self.target.patience(pause))
                    continue
                self.target.pace.slow(4.0, pause)
            else:
                return exchange
        raise AssertionError("unreachable")

    def _overused(self, exchange: Exchange, role: str, attempt: int) -> bool:
        """Tell whether to send again: the real gateway answers 401 when a key is used too often."""
        if self.target.embedded or role not in self.target.keys or role == "expired":
            return False
        vain = self.run.vain_retries
        if exchange.status != 401:
            if attempt:
                vain[role] = 0
            return False
        if attempt == 3:
            vain[role] = vain.get(role, 0) + 1
        patience = 3 if role in self.run.accepted else 1
        return attempt < 3 and vain.get(role, 0) < patience

    def chat(self, content: object = None, **fields: Any) -> Exchange:
        """Send a chat completion with the cheapest model and a short answer.

        Args:
            content: the user's message; a fresh one when None.
            fields: further members of the request; `key`, `by`, `free`, `headers` and `throttled`
                go to `send`; None as a value leaves a member out.
        """
        options = {
            name: fields.pop(name)
            for name in ("key", "by", "free", "headers", "throttled", "query")
            if name in fields
        }
        request: dict[str, Any] = {
            "model": self.text_model,
            "messages": [{"role": "user", "content": content or self.fresh("Say hello.")}],
            **fields,
        }
        request = {name: value for name, value in request.items() if value is not OMIT}
        return self.send("POST", "/v1/chat/completions", json=request, **options)

    def retry_nondeterministic(
        self, ask: Callable[[], Exchange], good: Callable[[Exchange], object]
    ) -> Exchange:
        """Ask a model until its answer is good, at most three times; give the last answer.

        Models have their moods: one empty answer says nothing about a server, three do.

        Args:
            ask: sends the request, with a new prompt each time.
            good: judges an answer, by raising Violated when it is not.
        """
        for _ in range(0 if self.target.embedded else 2):
            answer = self.assert_success(ask())
            try:
                good(answer)
            except Violated:
                continue
            return answer
        return self.assert_success(ask())

    # -- assertions ---------------------------------------------------------------------------

    def assert_that(self, condition: object, message: str) -> None:
        """Say that a requirement is broken unless a condition holds."""
        if not condition:
            raise Violated(message)

    def assert_success(
        self, exchange: Exchange, what: str = "a valid request", status: int = 200
    ) -> Exchange:
        """Go on only with a success.

        A refusal for want of money, of patience or of a backend says nothing about the contract.
        """
        if exchange.status == status:
            return exchange
        self.skip_if_unavailable(exchange)
        raise Violated(f"{what} is answered {describe(exchange)}, not {status}")

    def skip_if_unavailable(self, exchange: Exchange) -> None:
        """Stop without a verdict when an answer only says that the service cannot serve now."""
        if exchange.status in TEMPORARY or is_proxy_error(exchange):
            raise NotTested(f"the server answered {describe(exchange)}")
        if is_provider_failure(exchange):
            raise NotTested(f"a provider behind the server failed: {describe(exchange)}")
        if (
            exchange.status == 401
            and exchange.key in self.target.keys
            and exchange.key not in self.run.accepted
        ):
            raise NotTested(f"the server refuses the run's key: {describe(exchange)}")
        if exchange.status == 403 and exchange.key == MAIN and self.run.restricted:
            raise NotTested(f"the run's key may not use every model: {describe(exchange)}")
        if exchange.status == 403 and re.search(r"balance|budget", exchange.text(), re.I):
            raise NotTested(f"the key has no pollen: {describe(exchange)}")

    def assert_rejected(
        self, exchange: Exchange, status: int | Collection[int], what: str, field: str = ""
    ) -> Exchange:
        """Go on only with a refusal of a certain status.

        Args:
            exchange: what was sent and answered.
            status: the status, or those that will do.
            what: what was sent, as a noun phrase.
            field: name that `details.fieldErrors` must hold.
        """
        wanted = {status} if isinstance(status, int) else set(status)
        if exchange.status not in wanted:
            if exchange.status in {429, 503} or is_proxy_error(exchange):
                raise NotTested(f"the server answered {describe(exchange)}")
            if exchange.status == 401 and exchange.key == UNPAID:
                raise NotTested(
                    "without a budget the request went out without a key, "
                    "and the server asks for the key first"
                )
            if exchange.status == 401 and exchange.key in self.run.refused - {"expired"}:
                raise NotTested(f"the server refuses the run's key: {describe(exchange)}")
            names = " or ".join(str(item) for item in sorted(wanted))
            raise Violated(f"{what} is answered {describe(exchange)}, not {names}")
        if field:
            errors = self.error_object(exchange).get("details")
            fields = cast("Any", errors).get("fieldErrors") if is_object(errors) else None
            if not is_object(fields) or field not in fields:
                raise Violated(
                    f"{what} is refused, but details.fieldErrors does not name {field!r}: "
                    f"{shorten(exchange.text())}"
                )
        return exchange

    def error_object(self, exchange: Exchange) -> dict[str, Any]:
        """Give the `error` object of an envelope."""
        value = self.json_object(exchange)
        inner = value.get("error")
        self.assert_that(
            is_object(inner), f"the error body is no envelope: {shorten(exchange.text())}"
        )
        return cast("dict[str, Any]", inner)

    def json_value(self, exchange: Exchange) -> Any:
        """Parse a JSON body."""
        try:
            # Not from the bytes: that would let other encodings and a byte order mark pass.
            return json.loads(exchange.content.decode("utf-8"))
        except ValueError:
            raise Violated(
                f"the body of {exchange.method} {exchange.status} is not JSON: "
                f"{shorten(exchange.text())}"
            ) from None

    def json_object(self, exchange: Exchange) -> dict[str, Any]:
        """Parse a JSON body that is an object."""
        value = self.json_value(exchange)
        self.assert_that(is_object(value), f"the body is not an object: {shorten(str(value))}")
        return cast("dict[str, Any]", value)

    def json_array(self, exchange: Exchange) -> list[Any]:
        """Parse a JSON body that is an array."""
        value = self.json_value(exchange)
        self.assert_that(is_list(value), f"the body is not an array: {shorten(str(value))}")
        return cast("list[Any]", value)

    def events(self, exchange: Exchange) -> list[sse.Event]:
        """Decode an event stream."""
        self.assert_that(
            exchange.media_type == "text/event-stream",
            f"the answer to a streaming request is {exchange.header('content-type')!r}, "
            "not text/event-stream",
        )
        return sse.decode(exchange.content)

    def chunks(self, exchange: Exchange) -> list[dict[str, Any]]:
        """Decode an event stream into its JSON chunks, leaving the closing marker out."""
        found: list[dict[str, Any]] = []
        for number, event in enumerate(self.events(exchange)):
            if event.data == "[DONE]":
                continue
            try:
                chunk = json.loads(event.data)
            except ValueError:
                raise Violated(
                    f"event {number} of the stream is not JSON: {shorten(event.data)}"
                ) from None
            self.assert_that(
                is_object(chunk),
                f"event {number} of the stream is not an object: {shorten(event.data)}",
            )
            found.append(chunk)
        return found


OMIT = object()
"""As a value in `Session.chat`: leave the member out."""


def segment(text: str) -> str:
    """Encode text as one path segment."""
    return quote(text, safe="")


def describe(exchange: Exchange) -> str:
    """Name an answer: its status and, for errors, what it says."""
    if exchange.ok:
        return str(exchange.status)
    value = _load(exchange.content)
    said: object = None
    if is_object(value):
        inner = value.get("error")
        said = inner.get("message") if is_object(inner) else inner
    return f"{exchange.status} ({shorten(str(said))})" if said else str(exchange.status)


def is_proxy_error(exchange: Exchange) -> bool:
    """Whether an answer is a page of the network in front of the service, not the service's own."""
    if exchange.status < 400 or exchange.media_type == "application/json":
        return False
    if exchange.status in range(520, 531) or exchange.header("cf-mitigated"):
        return True
    if exchange.header("x-request-id"):
        return False
    front = re.search("cloudflare|cloudfront|fastly|akamai", exchange.header("server") or "", re.I)
    return front is not None or exchange.status in {502, 503, 504}


def is_from_cdn_cache(exchange: Exchange) -> bool:
    """Whether an answer comes from a cache between here and the service."""
    age = exchange.header("age") or "0"
    state = (exchange.header("cf-cache-status") or "").upper()
    return (age.isdigit() and int(age) > 0) or state in {"HIT", "STALE", "REVALIDATED", "UPDATING"}


def is_provider_failure(exchange: Exchange) -> bool:
    """Whether a failure is a provider's, whose words stand as JSON text in the message."""
    if exchange.status < 400:
        return False
    value = _load(exchange.content)
    error = value.get("error") if is_object(value) else None
    message = error.get("message") if is_object(error) else None
    return isinstance(message, str) and is_object(_load(message.encode()))


def is_transient(exchange: Exchange) -> bool:
    """Whether a failure may be over in a moment: a provider's, or one between here and there."""
    return (
        is_provider_failure(exchange)
        or exchange.status in {502, 504}
        or exchange.status in range(520, 531)
    )


def shorten(text: str, length: int = 160) -> str:
    """Cut a text that goes into a message."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"


def _load(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _is_media_error(answer: Exchange) -> bool:
    value = _load(answer.content)
    return is_object(value) and isinstance(value.get("error"), str)


def _balance(content: bytes) -> float | None:
    value = _load(content)
    balance = value.get("balance") if is_object(value) else None
    return float(balance) if isinstance(balance, int | float) else None


def _retry_after(exchange: Exchange) -> float:
    told = exchange.header("retry-after") or "1.5"
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except ValueError:
        return 1.5


def _pairs(query: Mapping[str, object] | Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    if not isinstance(query, Mapping):
        return list(query)
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if value is None:
            continue
        text = str(value).lower() if isinstance(value, bool) else str(value)
        pairs.append((name, text))
    return pairs


def _model(pairs: list[tuple[str, str]], payload: Payload | None) -> str | None:
    for name, value in pairs:
        if name == "model":
            return value
    if payload is None:
        return None
    if payload.content_type == "application/json":
        value = _load(payload.content)
        model = value.get("model") if is_object(value) else None
        return model if isinstance(model, str) else None
    found = re.search(rb'name="model"\r\n\r\n([^\r\n]+)', payload.content)
    return found[1].decode("utf-8", "replace") if found else None


def charged(catalogue: Catalogue, operation: str, exchange: Exchange, estimate: float) -> float:
    """Say what an answer cost: by its usage headers where they tell it, or else the estimate.

    Args:
        catalogue: the server's models with their prices.
        operation: its operationId.
        exchange: the request and its answer.
        estimate: the most that it may cost, in pollen; 0 when nobody pays for it.
    """
    if operation not in PAID or not exchange.ok or estimate == 0.0:
        return 0.0
    if (exchange.header("x-cache") or "").upper() == "HIT":
        return 0.0
    pairs = list(query_of(exchange.url))
    kind = next((v for n, v in exchange.request_headers if n.lower() == "content-type"), "")
    payload = Payload(exchange.request_body, kind.partition(";")[0].strip())
    name = _model(pairs, payload) or DEFAULT_MODELS[PAID[operation]]
    cost = cost_of(catalogue.find(name), exchange.headers)
    return estimate if cost is None else cost


def _place(error: BaseException) -> str:
    """Name the line of ours that an error came from."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if "pollinations_conformance" in code.co_filename:
            place = f" ({code.co_filename.rpartition('/')[2]}:{trace.tb_lineno})"
        trace = trace.tb_next
    return place
