"""Execute a run: written checks, several at a time, and then generated requests."""

import random
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from pollinations_conformance.suite.errors import (
    NoBudget,
    NotTested,
    OutOfTime,
    Unreachable,
    Violated,
)
from pollinations_conformance.suite.events import CheckFinished
from pollinations_conformance.suite.outcome import Outcome
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
        run.seconds = run.clock.monotonic() - begin


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
    session = Session(run, item.name)
    begin = run.clock.monotonic()
    outcome = Outcome(item.name, item.requirements, "pass", tag=item.name.partition(".")[0])
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
    outcome.seconds = run.clock.monotonic() - begin
    outcome.reason = run.target.redact(outcome.reason)
    outcome.exchanges = session.exchanges[-6:]
    return outcome


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
