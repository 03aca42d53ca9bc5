"""Check the balance of a key, and what generations take from it."""

import functools
import itertools
import math
from collections.abc import Callable
from operator import gt
from typing import Any

from pollinations_conformance.checks.common.accounts import (
    ALL,
    KEY,
    STREAM,
    VIDEO,
    account_json,
    assert_forbidden,
    balance_of,
    generate_and_price,
    generate_any_and_price,
    need_generation,
    need_number,
    need_prices,
    roles,
    steady_balance,
    wait_for_balance,
    wait_until,
)
from pollinations_conformance.checks.common.keys import PLACES
from pollinations_conformance.checks.common.requests import SPENDING, available, generate
from pollinations_conformance.checks.common.responses import account_document
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    NoBudget,
    NotTested,
    Place,
    Session,
    check,
    cost_of,
    is_loopback,
    watch,
)


@watch("ACC-BAL-01")
def every_balance_is_a_number(exchange: Exchange) -> str | None:
    """A balance is a number."""
    body = account_document(exchange, "getAccountBalance")
    if body is None:
        return None
    value = body.get("balance")
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if good else f"balance is {value!r}"


@check("ACC-BAL-01", operations="getAccountBalance", needs=MAIN)
def balance_is_a_number(t: Session) -> None:
    """balance is a number, for whichever key may read it."""
    balance_of(t, MAIN)
    for role, by in itertools.product(roles(t), PLACES):
        response = t.send("GET", "/account/balance", key=role, by=by)
        problem = every_balance_is_a_number(response)
        t.assert_that(not problem, f"with a key of the role {role!r} {problem}")


@check("ACC-BAL-02", operations="getAccountBalance", needs="no-permissions")
def balance_needs_permission(t: Session) -> None:
    """The balance is a 403 for a key without the permission."""
    assert_forbidden(t, "/account/balance", "balance")


def budgets(t: Session, role: str, by: Place) -> tuple[Any, Any]:
    """Return a key's pollenBudget and its balance."""
    budget = account_json(t, "/account/key", key=role, by=by).get("pollenBudget")
    if budget is None:
        raise NotTested(f"the key of the role {role!r} has no budget")
    balance: object = account_json(t, "/account/balance", key=role, by=by).get("balance")
    return budget, need_number(t, balance)


def are_equal(both: tuple[Any, Any]) -> bool:
    """Return whether a budget and a balance are the same number."""
    good = all(isinstance(x, int | float) and not isinstance(x, bool) for x in both)
    return good and abs(float(both[0]) - float(both[1])) < 1e-9


@check("ACC-BAL-03", operations=("getAccountBalance", KEY), needs="budgeted")
def budget_is_the_balance(t: Session) -> None:
    """A key with a budget sees that budget as its balance."""
    for role, by in itertools.product(("budgeted", "exhausted-budget"), PLACES):
        if role in t.target.keys:
            if t.send("GET", "/account/balance", key=role).status == 403:
                continue  # this key lacks the permission for it
            # Another check may spend with this key in between.
            both = wait_until(t, functools.partial(budgets, t, role, by), are_equal)
            t.assert_that(
                are_equal(both),
                f"balance of a key of the role {role!r} is {both[1]!r}, pollenBudget {both[0]!r}",
            )


@check("ACC-BAL-03", operations=("getAccountBalance", KEY), needs="budgeted", cost={"image": 1})
def budget_stays_the_balance(t: Session) -> None:
    """When something was spent, the budget is still the balance."""
    before = budgets(t, "budgeted", "bearer")[1]
    generate_and_price(t, "budgeted")
    wait_for_balance(t, "budgeted", before, lambda left: left < before)
    both = wait_until(t, functools.partial(budgets, t, "budgeted", "bearer"), are_equal)
    t.assert_that(
        are_equal(both), f"after spending the balance is {both[1]!r}, pollenBudget {both[0]!r}"
    )


@check(
    "ACC-BAL-04",
    operations="getAccountBalance",
    needs=MAIN,
    cost={"image": 6},
    exclusive=True,
    assumes=("ACC-BAL-03", "IMG-GET-13", "CHAT-USAGE-04", "CHAT-STREAM-11"),
)
def generations_lower_the_balance(t: Session) -> None:
    """A generation lowers the balance by its price."""
    for role in [name for name in (MAIN, "budgeted", "other-account") if name in t.target.keys]:
        assert_falls_by_price(t, role, functools.partial(generate_and_price, t, role))


def assert_falls_by_price(
    t: Session, role: str, work: Callable[[], tuple[Exchange, float]]
) -> None:
    """Assert that a generation lowers the balance by its price."""
    fell, cost = measured_fall(t, role, work)
    if not cost:
        raise NotTested("the generation does not report its cost by prices and usage headers")
    if abs(fell - cost) > cost * 0.01 + 1e-9 and not t.target.embedded:
        once, (fell, cost) = fell / cost, measured_fall(t, role, work)
        if abs(fell / cost - once) > 0.02:
            raise NotTested("the balance moves by more than this run spends")
    if abs(fell - cost) > cost * 0.01 + 1e-9:
        need_prices(t)
    t.assert_that(
        abs(fell - cost) <= cost * 0.01 + 1e-9,
        f"a generation of {cost:.8g} pollen lowered the balance by {fell:.8g} "
        f"(key of the role {role!r})",
    )


def measured_fall(
    t: Session, role: str, work: Callable[[], tuple[Exchange, float]]
) -> tuple[float, float]:
    """Return by how much a generation lowered the balance, and what it should have cost."""
    before = steady_balance(t, role)
    _, cost = work()
    after = wait_for_balance(
        t,
        role,
        before,
        functools.partial(math.isclose, before - cost, rel_tol=0.0, abs_tol=cost * 0.01 + 1e-9),
    )
    return before - after, cost


@check(
    "ACC-BAL-04",
    operations="getAccountBalance",
    needs=MAIN,
    cost=ALL,
    exclusive=True,
    assumes=("AUD-GET-06", "AUD-TTS-08", "IMG-GET-13", "CHAT-USAGE-04", "CHAT-STREAM-11"),
)
def every_price_is_the_right_one(t: Session) -> None:
    """Text and audio lower the balance by their price as well, the key in either place."""
    operations = available(t, "createChatCompletion", "generateText", "createSpeech")
    for operation, by in itertools.product(operations, PLACES):
        work = functools.partial(generate_any_and_price, t, operation, by)
        if not is_loopback(t.target.base_url) and by != PLACES[0]:
            break
        if is_loopback(t.target.base_url) or work()[1] > 1e-6:  # less than that may be rounded
            assert_falls_by_price(t, MAIN, work)


@check(
    "ACC-BAL-04",
    operations="getAccountBalance",
    needs="publishable",
    cost={"image": 2},
    lane="publishable",
    assumes=("CHAT-USAGE-04", "CHAT-STREAM-11"),
)
def publishable_keys_pay(t: Session) -> None:
    """A generation with a publishable key lowers what that key sees as its balance."""
    before = balance_of(t, "publishable")
    t.need_operation("generateImage")
    for _ in range(3):
        response = generate(t, "generateImage", key="publishable", throttled=True)
        if response.status != 429:
            break
        t.clock.sleep(min(2.0, t.target.max_wait))
    else:
        raise NotTested("the publishable key has to wait for too long")
    if not cost_of(t.catalogue.find(t.image_model), need_generation(t, response).headers):
        raise NotTested("the generation does not report its cost by prices and usage headers")
    after = wait_for_balance(t, "publishable", before, functools.partial(gt, before))
    if after >= before and not is_loopback(t.target.base_url):
        raise NotTested("the balance did not fall in time; the service may do it later")
    t.assert_that(after < before, "a generation with a publishable key did not lower the balance")


@check(
    "ACC-BAL-04",
    operations="getAccountBalance",
    needs=MAIN,
    cost=ALL,
    exclusive=True,
    assumes=("ACC-BAL-03", "IMG-GET-13", "CHAT-USAGE-04", "CHAT-STREAM-11"),
)
def every_generation_lowers_the_balance(t: Session) -> None:
    """Whatever is generated, streams, audio and videos included, is taken off the balance."""
    # Videos are expensive: only a server on this machine gets such a request.
    videos = (VIDEO,) if is_loopback(t.target.base_url) else ()
    for operation in (*available(t, *SPENDING), STREAM, *videos):
        before = steady_balance(t, MAIN)
        try:
            cost = generate_any_and_price(t, operation)[1]
        except NoBudget:
            if operation != VIDEO:
                raise
            break  # videos are expensive
        if not cost:
            continue
        after = wait_for_balance(t, MAIN, before, functools.partial(gt, before))
        if after >= before and not is_loopback(t.target.base_url):
            raise NotTested("the balance did not fall in time; the service may do it later")
        # By how much is for another check: here other users' spending does not matter.
        t.assert_that(
            after < before, f"{operation} did not lower the balance by its {cost:.8g} pollen"
        )
