"""Keys: which are accepted, where they may stand, what they may do, and what is looked at first."""

# A docstring here says what the server does, and not what the function does.

from typing import Any

from pollinations_conformance.checks.common import (
    ACCOUNT,
    GENERATION,
    KIND,
    available,
    generate,
    generation,
    png,
    upload,
)
from pollinations_conformance.runner import CannotTell, Session, check, segment
from pollinations_conformance.target import MAIN, NOT_A_KEY, Exchange, is_list, is_object


def unauthorized(t: Session, answer: Exchange, what: str) -> None:
    """Say that a request must have been refused with 401 in the envelope."""
    t.refused(answer, 401, what)
    code = t.error(answer).get("code")
    t.require(code == "UNAUTHORIZED", f"{what} is refused with the code {code!r}")


@check("AUTH-KEY-01")
def generation_needs_a_key(t: Session) -> None:
    """A valid generation request without a key is a 401, for each kind of generation."""
    for operation in available(t, *GENERATION):
        unauthorized(t, generate(t, operation, key=None), f"{operation} without a key")


@check("AUTH-KEY-02")
def unknown_key_is_refused(t: Session) -> None:
    """A generation request with a key that nobody has is a 401."""
    for operation in available(t, *GENERATION):
        unauthorized(t, generate(t, operation, key="bogus"), f"{operation} with an unknown key")


@check("AUTH-KEY-02", needs=MAIN)
def altered_key_is_refused(t: Session) -> None:
    """A real key with one character changed, cut off or added is a 401."""
    key = t.target.keys.get(MAIN) or ""
    other = "0" if key[-1] != "0" else "1"
    for operation in available(t, "createChatCompletion", "generateText"):
        for text in (key[:-1] + other, key[:-1], key + "0", key.swapcase()):
            if text == key:
                continue
            answer = generate(t, operation, key=None, headers={"Authorization": f"Bearer {text}"})
            t.refused(answer, 401, f"{operation} with an altered key")


@check("AUTH-KEY-03", needs=MAIN)
def other_schemes_are_no_key(t: Session) -> None:
    """A key behind another scheme, or behind bearer in lower case, does not count."""
    key = t.target.keys.get(MAIN) or ""
    for operation in available(t, "createChatCompletion", "generateText"):
        for value in (f"bearer {key}", f"Basic {key}", f"Token {key}", key, f"BEARER {key}"):
            answer = generate(t, operation, key=None, headers={"Authorization": value})
            scheme = value.replace(key, "…")
            unauthorized(t, answer, f"{operation} with Authorization: {scheme}")


@check("AUTH-KEY-04", needs=MAIN)
def other_headers_are_no_key(t: Session) -> None:
    """A key in a header other than Authorization does not count."""
    key = t.target.keys.get(MAIN) or ""
    for operation in available(t, "createChatCompletion", "generateText"):
        for name in ("x-api-key", "api-key", "X-Pollinations-Key", "key"):
            answer = generate(t, operation, key=None, headers={name: key})
            unauthorized(t, answer, f"{operation} with the key in {name}")


@check("AUTH-KEY-05")
def session_cookie_opens_nothing(t: Session) -> None:
    """A session cookie is no substitute for a key on generation routes."""
    cookie = {"Cookie": "better-auth.session_token=abcdefghijklmnop.qrstuvwxyz; session=1; key=1"}
    for operation in available(t, *GENERATION):
        answer = generate(t, operation, key=None, headers=cookie)
        unauthorized(t, answer, f"{operation} with a cookie alone")


@check("AUTH-KEY-06", needs="expired")
def expired_key_is_refused(t: Session) -> None:
    """A key that has expired is a 401, in the header and in the query."""
    for operation in available(t, "createChatCompletion", "generateText", "getAccountKey"):
        for by in ("bearer", "query"):
            if operation == "getAccountKey":
                answer = t.send("GET", "/account/key", key="expired", by=by)
            else:
                answer = generate(t, operation, key="expired", by=by)
            t.refused(answer, 401, f"{operation} with an expired key")


@check("AUTH-KEY-07")
def account_needs_a_key(t: Session) -> None:
    """Every account operation without a key is a 401."""
    for operation in available(t, *ACCOUNT):
        unauthorized(t, t.send("GET", ACCOUNT[operation], key=None), f"{operation} without a key")


def allowed_models(t: Session) -> list[str]:
    """List the models that the restricted key may use, as far as the server tells."""

    def ask() -> list[str]:
        if not t.run.operations["getAccountKey"].missing:
            answer = t.send("GET", "/account/key", key="restricted")
            if answer.ok:
                permissions: Any = t.object(answer).get("permissions")
                names: Any = permissions.get("models") if is_object(permissions) else None
                if is_list(names):
                    return [str(name) for name in names]
        found: list[str] = []
        for path in ("/text/models", "/image/models"):
            answer = t.send("GET", path, key="restricted", probe=True)
            if answer.ok:
                found += [str(item.get("name")) for item in t.array(answer)]
        return found

    return t.once("models of the restricted key", ask)


def forbidden_model(t: Session, kind: str) -> str:
    """Name a model that the restricted key may not use."""
    allowed = allowed_models(t)
    models = t.catalogue.text if kind == "text" else t.catalogue.image
    for model in sorted(models, key=lambda item: item.estimate()):
        if model.name not in allowed and not set(model.aliases) & set(allowed):
            return model.name
    raise CannotTell(f"the restricted key may use every {kind} model")


def allowed_model(t: Session, kind: str) -> str:
    """Name a model that the restricted key may use."""
    models = t.catalogue.text if kind == "text" else t.catalogue.image
    allowed = allowed_models(t)
    for model in sorted(models, key=lambda item: item.estimate()):
        if model.name in allowed:
            return model.name
    raise CannotTell(f"the restricted key may use no {kind} model")


@check("AUTH-MODEL-01", needs="restricted")
def other_models_are_forbidden(t: Session) -> None:
    """A model that a key may not use is a 403 naming it as it was written."""
    for operation in available(t, "createChatCompletion", "generateText", "generateImage"):
        kind = KIND[operation]
        name = forbidden_model(t, kind)
        entry = t.catalogue.find(name)
        for asked in [name, *(entry.aliases[:1] if entry else ())]:
            arguments = generation(t, operation)
            holder = "json" if "json" in arguments else "query"
            arguments[holder]["model"] = asked
            answer = t.send(**arguments, key="restricted", free=True)
            what = f"{operation} with the model {asked!r} and a key that may not use it"
            t.refused(answer, 403, what)
            error = t.error(answer)
            t.require(
                error.get("code") == "FORBIDDEN", f"{what} has the code {error.get('code')!r}"
            )
            t.require(
                asked in str(error.get("message")),
                f"the message of the 403 does not name {asked!r}: {error.get('message')!r}",
            )


@check("AUTH-MODEL-02", needs="restricted", cost={"text": 4})
def allowed_models_work_by_any_name(t: Session) -> None:
    """A model that a key may use works by its name and by its aliases."""
    for operation in available(t, "createChatCompletion", "generateText"):
        name = allowed_model(t, "text")
        entry = t.catalogue.find(name)
        for asked in [name, *(entry.aliases[:1] if entry else ())]:
            arguments = generation(t, operation)
            holder = "json" if "json" in arguments else "query"
            arguments[holder]["model"] = asked
            answer = t.send(**arguments, key="restricted")
            t.ok(answer, f"{operation} with the model {asked!r} and a key that may use it")


@check("AUTH-MODEL-03", needs="restricted")
def default_model_needs_permission_too(t: Session) -> None:
    """Without a model the default one is held against the key's list."""
    for operation, default in (
        ("createChatCompletion", "openai"),
        ("generateText", "openai"),
        ("generateImage", "zimage"),
    ):
        if t.run.operations[operation].missing or default in allowed_models(t):
            continue
        arguments = generation(t, operation)
        holder = "json" if "json" in arguments else "query"
        del arguments[holder]["model"]
        answer = t.send(**arguments, key="restricted", free=True)
        t.refused(answer, 403, f"{operation} without a model and a key that may not use {default}")
        return_code = t.error(answer).get("code")
        t.require(return_code == "FORBIDDEN", f"the code is {return_code!r}")


@check("AUTH-BUDGET-01", needs="exhausted")
def exhausted_budget_is_402(t: Session) -> None:
    """A key whose own budget is used up is a 402."""
    payment_required(t, "exhausted", "createChatCompletion", "generateText", "generateImage")


@check("AUTH-BUDGET-02", needs="penniless")
def empty_purse_is_402(t: Session) -> None:
    """A key whose owner has no pollen is a 402, for each kind of generation."""
    payment_required(t, "penniless", *GENERATION)


def payment_required(t: Session, role: str, *operations: str) -> None:
    """Say that generations with a key must be refused with 402."""
    for operation in available(t, *operations):
        answer = generate(t, operation, key=role, free=True)
        what = f"{operation} with a key of the role {role!r}"
        if answer.status != 402:
            if answer.status in {429, 503}:
                t.excuse(answer)
            t.refused(answer, 402, what)
        code = t.error(answer).get("code")
        t.require(code == "PAYMENT_REQUIRED", f"{what} has the code {code!r}")


@check("AUTH-ORDER-01")
def validation_precedes_authorization(t: Session) -> None:
    """An invalid request without a key is a 400."""
    for operation, method, path, body in (
        ("createChatCompletion", "POST", "/v1/chat/completions", {"messages": "no list"}),
        ("generateText", "GET", "/text/hello?seed=abc", None),
        ("generateImage", "GET", "/image/hello?width=-1", None),
    ):
        if t.run.operations[operation].missing:
            continue
        bare, _, query = path.partition("?")
        pairs = [tuple(query.split("="))] if query else []
        answer = t.send(method, bare, query=[(a, b) for a, b in pairs], json=body, key=None)
        t.refused(answer, 400, f"an invalid {method} {bare} without a key")


@check("AUTH-ORDER-02")
def keys_are_looked_up_first(t: Session) -> None:
    """An invalid body with an unknown key is a 401."""
    answer = t.send("POST", "/v1/chat/completions", json={"messages": "no list"}, key="bogus")
    t.refused(answer, 401, "an invalid body with an unknown key")


@check("AUTH-ORDER-03", needs="barred")
def permission_precedes_payment(t: Session) -> None:
    """A key that may not use a model and cannot pay for it hears of the model first."""
    for operation in available(t, "createChatCompletion", "generateText", "generateImage"):
        permitted: set[str] = set()
        for path in ("/text/models", "/image/models"):
            answer = t.send("GET", path, key="barred", probe=True)
            if answer.ok:
                permitted |= {str(item.get("name")) for item in t.array(answer)}
        models = t.catalogue.image if operation == "generateImage" else t.catalogue.text
        other = [m for m in models if m.name not in permitted]
        if not other:
            raise CannotTell("the key of the role 'barred' may use every model")
        arguments = generation(t, operation)
        holder = "json" if "json" in arguments else "query"
        arguments[holder]["model"] = min(other, key=lambda item: item.estimate()).name
        answer = t.send(**arguments, key="barred", free=True)
        t.refused(answer, 403, f"{operation} with a model that the key may not use")


@check("AUTH-QUERY-01", needs=MAIN, cost={"text": 2, "image": 1, "audio": 2, "transcription": 1})
def key_in_the_query_works(t: Session) -> None:
    """A key in the query opens what a key in the header opens, on GET and on POST."""
    for operation in [name for name in ACCOUNT if not t.run.operations[name].missing]:
        answer = t.send("GET", ACCOUNT[operation], by="query")
        if answer.status == 403 and t.send("GET", ACCOUNT[operation]).status == 403:
            continue  # the run's key lacks the permission, wherever it stands
        t.ok(answer, f"{operation} with the key in the query")
    for operation in available(t, *GENERATION):
        answer = generate(t, operation, by="query")
        t.ok(answer, f"{operation} with the key in the query")


@check("AUTH-QUERY-01", needs=MAIN)
def both_places_give_the_same(t: Session) -> None:
    """GET /account/key says the same for a key in the header and in the query."""
    t.need_operation("getAccountKey")
    seen: list[dict[str, Any]] = []
    for by in ("bearer", "query"):
        answer = t.object(t.ok(t.send("GET", "/account/key", by=by)))
        answer.pop("expiresIn", None)
        seen.append(answer)
    t.require(seen[0] == seen[1], f"the key looks different from the query: {seen[1]}")


@check("AUTH-QUERY-02", needs=MAIN)
def header_wins_over_query(t: Session) -> None:
    """With a bad key in the header, a good one in the query does not help."""
    key = t.target.keys.get(MAIN) or ""
    for operation in available(t, "createChatCompletion", "generateText"):
        arguments = generation(t, operation)
        query = [*dict(arguments.pop("query", {})).items(), ("key", key)]
        answer = t.send(**arguments, query=query, key="bogus")
        t.refused(
            answer, 401, f"{operation} with a bad key in the header and a good one in the query"
        )
    if not t.run.operations["getAccountKey"].missing:
        answer = t.send("GET", "/account/key", query=[("key", key)], key="bogus")
        t.refused(
            answer, 401, "getAccountKey with a bad key in the header, a good one in the query"
        )


@check("AUTH-QUERY-02", needs=("restricted", MAIN))
def header_wins_when_both_are_valid(t: Session) -> None:
    """With two good keys it is the header's that counts."""
    key = t.target.keys.get(MAIN) or ""
    t.need_operation("getAccountKey")
    both = t.object(t.ok(t.send("GET", "/account/key", query=[("key", key)], key="restricted")))
    alone = t.object(t.ok(t.send("GET", "/account/key", key="restricted")))
    t.require(
        (both.get("name"), both.get("permissions"))
        == (alone.get("name"), alone.get("permissions")),
        "with two valid keys the one in the query was used",
    )


@check("AUTH-QUERY-03")
def empty_key_is_no_key(t: Session) -> None:
    """An empty key in the query is as good as none: 401 where one is needed, 200 where not."""
    for operation in available(t, "createChatCompletion", "generateText"):
        arguments = generation(t, operation)
        query = [*dict(arguments.pop("query", {})).items(), ("key", "")]
        answer = t.send(**arguments, query=[(a, str(b)) for a, b in query], key=None)
        unauthorized(t, answer, f"{operation} with an empty key")
    t.ok(
        t.send("GET", "/v1/models", query=[("key", "")], key=None), "a model list with an empty key"
    )


@check("AUTH-QUERY-04")
def bad_key_in_the_query_is_refused(t: Session) -> None:
    """A key in the query that nobody has is a 401."""
    for operation in available(t, *GENERATION):
        answer = generate(t, operation, key="bogus", by="query")
        unauthorized(t, answer, f"{operation} with an unknown key in the query")
    for operation in [name for name in ACCOUNT if not t.run.operations[name].missing]:
        answer = t.send("GET", ACCOUNT[operation], key="bogus", by="query")
        unauthorized(t, answer, f"{operation} with an unknown key in the query")


@check("ERR-ENV-06")
def errors_keep_keys_to_themselves(t: Session) -> None:
    """No refusal repeats the key, wherever it stood."""
    for by in ("bearer", "query"):
        for path in ("/account/key", "/text/" + segment(t.fresh("hello")), "/no-such-thing"):
            answer = t.send("GET", path, key="bogus", by=by, probe=True)
            t.require(
                answer.status < 400 or NOT_A_KEY not in answer.text(),
                f"the {answer.status} of GET {path} repeats the key",
            )
    if t.target.media_url is not None and not t.run.operations["uploadMedia"].missing:
        answer = upload(t, png(t), key="bogus")
        t.require(NOT_A_KEY not in answer.text(), "the refusal of an upload repeats the key")
