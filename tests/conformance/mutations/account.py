"""Mutations of requests and responses: the account."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from operator import itemgetter

from tests.conformance.mutations.base import Call, Reply, request, response
from tests.conformance.mutations.common import (
    as_the_first,
    edit_body,
    in_query,
    is_found,
    is_json,
    refuse,
    set_query,
)

USAGE, KEY, PROFILE = "getAccountUsage", "getAccountKey", "getAccountProfile"

response(
    "profile-query",
    "ACC-PROFILE-01",
    "with the key in the query a field is missing",
    lambda q, r: is_json(PROFILE)(q, r) and "key" in q.parameters,
    lambda q, r: r.edit(lambda body: body.pop("email")),
)

response(
    "key-permissions-untold",
    "ACC-KEY-07",
    "permissions that a key has are not told",
    is_json(KEY),
    lambda q, r: r.edit(lambda body: body["permissions"].update(account=None)),
)


def backwards(sheet: bytes) -> bytes:
    """Turn the lines of a sheet around, but not the first."""
    first, *rest = sheet.split(b"\n")
    return b"\n".join([first, *reversed(rest)])


response(
    "sheet-backwards",
    "ACC-USAGE-06",
    "the CSV form goes from old to new",
    lambda q, r: q.operation == USAGE and r.kind == "text/csv",
    lambda q, r: setattr(r, "body", backwards(r.body)),
)

request(
    "sheet-open",
    "ACC-USAGE-02",
    "the CSV form needs no permission",
    lambda q: q.parameters.get("format") == "csv" and q.role == "no-permissions",
    Call.authorize,
)


def sheet_of(*names: str) -> Callable[[Call, Reply], bool]:
    return lambda q, r: q.path in names and r.kind == "text/csv" and r.status == 200


def requested(path: str, role: str = "", **query: str) -> Callable[[Call], bool]:
    """Return whether a path is requested with parameters of certain values, empty for none."""
    return lambda q: (
        q.path == path
        and (not role or q.role == role)
        and all(q.parameters.get(name, "") == value for name, value in query.items())
    )


for _role, _path in (
    ("restricted-empty-balance", "/account/profile"),
    ("restricted-empty-balance", "/account/balance"),
):
    request(
        f"{_role}-reads-{_path[9:]}",
        {"profile": "ACC-PROFILE-02", "balance": "ACC-BAL-02"}[_path[9:]],
        "one key without the permission reads it",
        requested(_path, role=_role),
        Call.authorize,
    )

request(
    "head-reads-usage",
    "ACC-USAGE-02",
    "HEAD needs no permission",
    lambda q: q.path == "/account/usage" and q.method == "HEAD" and q.role == "no-permissions",
    Call.authorize,
)

request(
    "budget-not-in-query",
    "ACC-BAL-03",
    "with the key in the query the owner's balance is told",
    lambda q: q.path == "/account/balance" and q.role == "budgeted" and in_query(q),
    as_the_first,
)

response(
    "budget-in-cents",
    "ACC-BAL-03",
    "the balance of a budget is rounded",
    is_found("/account/balance", role="budgeted"),
    edit_body(lambda body: body.update(balance=round(body["balance"], 2))),
)

for _value in ("1000000", "50000.5", "10abc", "Infinity"):
    request(
        f"limit-of-{_value}",
        "ACC-USAGE-03",
        "a wrong limit is the default",
        requested("/account/usage", limit=_value),
        set_query("limit", None),
    )

for _form in ("", "csv"):
    request(
        f"a-thousand-as-{_form or 'json'}",
        "ACC-USAGE-04",
        "without a limit there are up to a thousand records",
        requested("/account/usage", limit="", format=_form),
        set_query("limit", "1000"),
    )

request(
    "before-without-zone",
    "ACC-USAGE-05",
    "an instant with an offset is read without it",
    lambda q: re.search(r"[+-]\d\d:\d\d$", q.parameters.get("before", "")),
    lambda q: set_query("before", q.parameters["before"][:-6])(q),
)

response(
    "dearest-first",
    "ACC-USAGE-06",
    "records are sorted by their cost",
    is_found("/account/usage"),
    edit_body(lambda body: body["usage"].sort(key=itemgetter("cost_usd"), reverse=True)),
)

response(
    "sheet-without-sound",
    "ACC-USAGE-10",
    "the CSV form lacks what was spoken",
    sheet_of("/account/usage"),
    lambda q, r: setattr(
        r, "body", b"\n".join(x for x in r.body.split(b"\n") if b"generate.audio" not in x)
    ),
)

response(
    "thoughts-are-words",
    "ACC-USAGE-13",
    "reasoning tokens are counted among those of the text",
    is_found("/account/usage"),
    edit_body(
        lambda body: [
            item.update(
                output_text_tokens=item["output_text_tokens"] + item["output_reasoning_tokens"],
                output_reasoning_tokens=0,
            )
            for item in body["usage"]
        ]
    ),
)

response(
    "days-counted-by-request",
    "ACC-DAILY-01",
    "count is that of the requests",
    is_found("/account/usage/daily"),
    edit_body(lambda body: body.update(count=sum(item["requests"] for item in body["usage"]))),
)

response(
    "days-of-tomorrow",
    "ACC-DAILY-03",
    "days are those of another zone",
    is_found("/account/usage/daily"),
    edit_body(
        lambda body: [
            item.update(date=str(date.fromisoformat(item["date"]) + timedelta(days=1)))
            for item in body["usage"]
        ]
    ),
)

response(
    "days-without-sound",
    "ACC-DAILY-07",
    "the days lack what was spoken",
    is_found("/account/usage/daily"),
    edit_body(
        lambda body: body.update(
            usage=[item for item in body["usage"] if "eleven" not in str(item["model"])]
        )
    ),
)

response(
    "barred-asks-in-vain",
    "ACC-KEY-02",
    "one key may not ask about itself",
    is_found("/account/key", role="restricted-empty-balance"),
    refuse(403),
)

response(
    "expiry-in-thousandths",
    "ACC-KEY-05",
    "with the key in the query expiresIn is in milliseconds",
    is_found("/account/key", role="expiring", query=True),
    edit_body(lambda body: body.update(expiresIn=body["expiresIn"] * 1000)),
)

response(
    "none-is-a-list",
    "ACC-KEY-07",
    "one key without permissions has an empty list",
    is_found("/account/key", role="restricted-empty-balance"),
    edit_body(lambda body: body["permissions"].update(account=[])),
)
