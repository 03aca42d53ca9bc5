"""Execute a run: written checks, several at a time, and then generated requests."""

import random
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from pollinations_conformance.suite.assertions import record
from pollinations_conformance.suite.causes import Failure, attribute
from pollinations_conformance.suite.controls import OF_THE_REQUEST
from pollinations_conformance.suite.errors import (
    NoBudget,
    NotTested,
    OutOfTime,
    PreconditionFailed,
    Unreachable,
    Violated,
)
from pollinations_conformance.suite.events import CheckFinished
from pollinations_conformance.suite.exchange import Exchange
from pollinations_conformance.suite.operations import HTTP
from pollinations_conformance.suite.outcome import Outcome, evidence
from pollinations_conformance.suite.plan import runs_alone, selected
from pollinations_conformance.suite.probe import close_ledger, prepare
from pollinations_conformance.suite.registry import Check
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.session import Session

GRACE = 0.5
"""Seconds that checks have to end when the time is up."""


def execute(run: Run) -> None:
    """Execute what the options select; what is known stays in `outcomes` if interrupted."""
    begin = run.clock.monotonic()
    try:
        prepare(run)
        run_written(run)
        if run.options.generated and not run.out_of_time():
            # Not before it is needed: schemathesis takes a second to import.
            from pollinations_conformance.suite import generated

            generated.run(run)
        close_ledger(run)
    except KeyboardInterrupt:
        run.interrupt()
    except OutOfTime:
        pass  # while looking at the balance that is left
    finally:
        conclude(run)
        run.seconds = run.clock.monotonic() - begin


def conclude(run: Run) -> None:
    """Set to not tested what assumes something that fails, or that no response has shown."""
    failing = {
        name for item in run.all_outcomes() if item.verdict == "fail" for name in item.requirements
    }
    for feature in run.observer.absent:
        reported = feature.requirement in failing
        for outcome in [*run.outcomes, *run.observer.violations.values()]:
            if outcome.verdict in {"pass", "fail"} and feature.is_assumed_by(
                outcome.requirements, reported=reported
            ):
                outcome.verdict = "not tested"
                outcome.because = (feature.requirement,)
                outcome.reason = f"because {feature.requirement} fails: {feature.absent}"
        for watch in run.observer.watches:
            if feature.is_assumed_by((watch.requirement,), reported=reported):
                run.observer.watched.pop(watch.name, None)
    _explain_statuses(run)
    found = [item for item in run.all_outcomes() if item.verdict == "fail"]
    for place, cause in attribute([failure_of(item) for item in found]).items():
        outcome = found[place]
        outcome.verdict, outcome.because = "not tested", (cause,)
        outcome.reason = f"because {cause} fails: {outcome.reason}"


def _explain_statuses(run: Run) -> None:
    """Attribute the undocumented status of rejections as the checks of the same requirement were.

    They have found out whether the server gives that status to every invalid request of an
    operation. Where it does, a request that is wrong in several ways is refused for that reason, too.
    """
    causes: dict[str, str] = {}
    rejections: dict[tuple[str, int], str] = {}
    for item in run.outcomes:
        if item.verdict == "not tested" and item.because:
            causes.update(dict.fromkeys(item.requirements, item.because[0]))
            found = [shown for shown in item.exchanges[-1:] if shown.status in OF_THE_REQUEST]
            rejections.update({(x.operation, x.status): item.because[0] for x in found})
    for outcome in run.observer.violations.values():
        name = outcome.requirements[0]
        if outcome.verdict == "fail" and (shown := _undocumented(outcome)):
            cause = causes.get(name) or rejections.get((shown.operation, shown.status))
            if cause and cause != name:
                outcome.verdict, outcome.because = "not tested", (cause,)
                outcome.reason = f"because {cause} fails: {outcome.reason}"


def _undocumented(outcome: Outcome) -> Exchange | None:
    """Return the response whose undocumented status an outcome is about; None where it is about another thing."""
    shown = outcome.exchanges[-1] if outcome.source == "contract" and outcome.exchanges else None
    found = shown.violations if shown else ()
    own = {None, *outcome.requirements}
    return (
        shown if any(item.kind == "status" and item.requirement in own for item in found) else None
    )


def failure_of(outcome: Outcome) -> Failure:
    """Return a failed outcome as its cause is looked for."""
    return Failure(
        check=outcome.check,
        requirements=outcome.requirements,
        operations=outcome.operations,
        violated=outcome.violated,
    )


def run_written(run: Run) -> None:
    """Run the checks that do not disturb each other, several at a time, and then the others."""
    chosen = selected(run)
    together = [item for item in chosen if not runs_alone(run, item)]
    random.Random(run.options.seed).shuffle(together)
    # Lanes first, for they are long: mostly they wait.
    together.sort(key=lambda item: (sum(item.cost.values()) > 0, not item.lane))
    pool = ThreadPoolExecutor(max(1, run.options.jobs), thread_name_prefix="check")
    running: dict[Future[Outcome], str] = {}
    try:
        while together or running:
            while len(running) < max(1, run.options.jobs):
                busy = {*running.values()} - {""}
                item = next((item for item in together if item.lane not in busy), None)
                if item is None:
                    break
                together.remove(item)
                running[pool.submit(run_check, run, item)] = item.lane
            left = run.remaining()
            # Requests end with the time that is left; what a check does after one may not.
            patience = None if left is None else max(0.0, left) + GRACE
            finished, _ = wait(running, patience, return_when=FIRST_COMPLETED)
            for future in finished:
                del running[future]
                _record(run, future.result(), len(chosen))
            if not finished:
                run.abandoned = True
                break
        for item in chosen:
            if runs_alone(run, item):
                _record(run, run_check(run, item), len(chosen))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _record(run: Run, outcome: Outcome, total: int) -> None:
    run.outcomes.append(outcome)
    run.emit(
        CheckFinished(
            check=outcome.check,
            verdict=outcome.verdict,
            number=len(run.outcomes),
            total=total,
            failed=sum(item.verdict == "fail" for item in run.outcomes),
            requests=run.target.requests,
        )
    )


def run_check(run: Run, item: Check) -> Outcome:
    """Execute one check and return its outcome."""
    session = Session(run, item.name, item.requirements)
    begin = run.clock.monotonic()
    outcome = Outcome(item.name, item.requirements, "pass")
    shown: Exchange | None = None
    try:
        if run.out_of_time():
            raise NotTested("the run's time was up before its turn")
        with run.lock:
            run.cases.written += 1
        for operation in item.operations:
            session.need_operation(operation)
        for role in item.needs:
            session.need_key(role)
        item.function(session)
        if session.postponed is not None:
            raise session.postponed
    except Exception as error:
        shown = _settle(session, outcome, error)
    outcome.seconds = run.clock.monotonic() - begin
    outcome.reason = run.target.redact(outcome.reason)
    outcome.exchanges = evidence(session.exchanges, shown)
    own = [*session.exchanges, *([shown] if shown is not None else [])]
    outcome.operations = frozenset(exchange.operation for exchange in own)
    outcome.violated = run.observer.violated(own)
    return outcome


def _settle(session: Session, outcome: Outcome, error: Exception) -> Exchange | None:
    """Write into an outcome what an exception says.

    Returns:
        The exchange that shows it, if there is one.
    """
    outcome.verdict, outcome.reason = "not tested", str(error)
    if isinstance(error, Violated):
        outcome.verdict = "fail"
        return error.exchange
    if isinstance(error, PreconditionFailed):
        return _settle_precondition(session, outcome, error)
    if isinstance(error, NotTested):
        outcome.because = (error.because,) if error.because else ()
    elif isinstance(error, OutOfTime):
        outcome.reason = "the run's time was up"
    elif isinstance(error, Unreachable):
        # No requirement says how long a model may take.
        timed_out = error.slow and session.generating
        if not (error.refused or error.excessive or timed_out) and error.exchange is not None:
            failed = PreconditionFailed(HTTP, str(error), error.exchange)
            return _settle_precondition(session, outcome, failed)
    elif not isinstance(error, NoBudget):
        said = " ".join(str(error).split())[:300]
        outcome.verdict = "error"
        outcome.reason = (
            f"an error of the check itself: {type(error).__name__}: {said}{_place(error)}"
        )
    return None


def _settle_precondition(
    session: Session, outcome: Outcome, error: PreconditionFailed
) -> Exchange | None:
    """Attribute a failed precondition to its own requirement, and to no other."""
    if error.requirement in outcome.requirements:
        outcome.verdict, outcome.reason = "fail", str(error)
        return error.exchange
    outcome.because = (error.requirement,)
    outcome.reason = f"because {error.requirement} fails: {error}"
    record(session.run, session.exchanges, error)
    return error.exchange


def _place(error: BaseException) -> str:
    """Return the line of ours that an error came from."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if "pollinations_conformance" in code.co_filename:
            place = f" ({code.co_filename.rpartition('/')[2]}:{trace.tb_lineno})"
        trace = trace.tb_next
    return place
