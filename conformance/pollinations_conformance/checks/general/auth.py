"""Check which keys the server accepts, where they may be, and what they are allowed to do."""

import base64
import contextlib
from itertools import product
from typing import Any

from pollinations_conformance.checks.common.files import png
from pollinations_conformance.checks.common.keys import (
    PLACES,
    RESTRICTED,
    allowed_model,
    allowed_models,
    as_head,
    filtered_differently,
    forbidden_models,
    guarded_lists,
    invalid_requests,
    models_of,
    need_default_restriction,
    need_restriction,
    need_unknown_key_refused,
    open_lists,
    request_operation,
    with_fields,
)
from pollinations_conformance.checks.common.requests import (
    ACCOUNT,
    LISTS,
    SPENDING,
    available,
    generate,
    generation,
    sample,
)
from pollinations_conformance.checks.common.responses import need_code, need_message, no_head
from pollinations_conformance.checks.common.uploads import upload
from pollinations_conformance.http.query import encode_every_byte
from pollinations_conformance.suite import (
    MAIN,
    NOT_A_KEY,
    Exchange,
    NoBudget,
    NotTested,
    Session,
    Violated,
    check,
)

KIND = {
    "createChatCompletion": "text",
    "createChatCompletionLegacy": "text",
    "generateText": "text",
    "generateImage": "image",
    "generateAudio": "audio",
    "createSpeech": "audio",
    "createTranscription": "transcription",
}


BEHIND_A_KEY = (*SPENDING, *ACCOUNT)
"""Operations that need a key."""


OTHER_HEADERS = (
    "x-api-key",
    "api-key",
    "apikey",
    "xi-api-key",
    "x-goog-api-key",
    "x-auth-token",
    "x-access-token",
    "X-Pollinations-Key",
    "key",
    "X-Authorization",
    "Proxy-Authorization",
    "Cookie",
)


STREAMS = ("createChatCompletion", "createChatCompletionLegacy", "generateText")


def assert_unauthorized(t: Session, response: Exchange, what: str) -> None:
    """Assert that a request must have been refused with 401 in the envelope."""
    t.assert_rejected(response, 401, what)
    need_code(t, response, "UNAUTHORIZED")


@check("AUTH-KEY-01")
def generation_needs_a_key(t: Session) -> None:
    """A valid generation request without a key is a 401, for each kind of generation."""
    for operation in available(t, *SPENDING):
        assert_unauthorized(t, generate(t, operation, key=None), f"{operation} without a key")
        response = generate(t, operation, key=None, headers={"Authorization": "Bearer"})
        assert_unauthorized(t, response, f"{operation} with nothing behind Bearer")
    for operation in available(t, "createChatCompletion", "generateText"):
        response = t.send(**with_fields(t, operation, stream=True), key=None)
        assert_unauthorized(t, response, f"a stream of {operation} without a key")
    videos = [m.name for m in t.catalogue.image if "video" in m.outputs]
    if videos and not t.run.operations["generateImage"].missing:
        response = t.send(**with_fields(t, "generateImage", model=videos[0]), key=None)
        assert_unauthorized(t, response, "a video without a key")
    for operation in available(t, "generateText", "generateImage", "generateAudio"):
        head = t.send(**as_head(generation(t, operation)), key=None)
        if not no_head(head):
            t.assert_rejected(head, 401, f"HEAD of {operation} without a key")


@check("AUTH-KEY-02")
def unknown_key_is_refused(t: Session) -> None:
    """A generation request with an unknown key is a 401."""
    for operation in available(t, *SPENDING):
        assert_unauthorized(
            t, generate(t, operation, key="bogus"), f"{operation} with an unknown key"
        )
        header = {"Authorization": f"Bearer pk_{NOT_A_KEY[3:19]}"}
        response = generate(t, operation, key=None, headers=header)
        assert_unauthorized(t, response, f"{operation} with an unknown publishable key")
    for operation in available(t, "createChatCompletion", "generateText"):
        response = t.send(**with_fields(t, operation, stream=True), key="bogus")
        assert_unauthorized(t, response, f"a stream of {operation} with an unknown key")


@check("AUTH-KEY-02", needs=MAIN)
def altered_key_is_refused(t: Session) -> None:
    """A real key with one character changed, cut off or added is a 401."""
    key = t.target.keys.get(MAIN) or ""
    other = "0" if key[-1] != "0" else "1"
    for operation in available(t, "createChatCompletion", "generateText"):
        for text in (key[:-1] + other, key[:-1], key + "0", key.swapcase(), f"{key},{key}"):
            if text == key:
                continue
            response = generate(t, operation, key=None, headers={"Authorization": f"Bearer {text}"})
            t.assert_rejected(response, 401, f"{operation} with an altered key")


@check("AUTH-KEY-03", needs=MAIN)
def other_schemes_are_no_key(t: Session) -> None:
    """A key behind another scheme, or behind bearer in lower case, does not count."""
    key = t.target.keys.get(MAIN) or ""
    basic = base64.b64encode(f"{key}:".encode()).decode()
    values = (f"bearer {key}", f"Basic {key}", f"Basic {basic}", f"Token {key}", key)
    more = (f"BEARER {key}", f"BeaReR {key}", f"ApiKey {key}", f"Basic :{key}")
    for operation in available(t, *BEHIND_A_KEY):
        for value in (*values, *more):
            response = request_operation(t, operation, key=None, headers={"Authorization": value})
            scheme = value.replace(key, "…").replace(basic, "…")
            assert_unauthorized(t, response, f"{operation} with Authorization: {scheme}")
    for operation in open_lists(t):
        response = request_operation(
            t, operation, key=None, headers={"Authorization": "Token of-somebody"}
        )
        t.assert_success(response, f"{operation}, which needs no key, with another scheme")
    if (
        not t.run.operations["getAccountKey"].missing
        and request_operation(t, "getAccountKey", by="query").ok
    ):
        response = request_operation(
            t, "getAccountKey", by="query", headers={"Authorization": f"Basic {basic}"}
        )
        t.assert_success(response, "a good key in the query and another scheme in the header")


@check("AUTH-KEY-04", needs=MAIN, assumes="AUTH-KEY-05")
def other_headers_are_no_key(t: Session) -> None:
    """A key in a header other than Authorization does not count."""
    key = t.target.keys.get(MAIN) or ""
    values = {
        **dict.fromkeys(OTHER_HEADERS, key),
        "Cookie": f"key={key}",
        "Proxy-Authorization": f"Bearer {key}",
        "X-Authorization": f"Bearer {key}",
    }
    for operation in available(t, *BEHIND_A_KEY):
        # All at once: whichever counted would open it.
        response = request_operation(t, operation, key=None, headers=values)
        assert_unauthorized(t, response, f"{operation} with the key in {', '.join(values)}")
    if not t.run.operations["getAccountKey"].missing:
        for name, value in values.items():
            response = request_operation(t, "getAccountKey", key=None, headers={name: value})
            assert_unauthorized(t, response, f"getAccountKey with the key in {name}")
        response = request_operation(t, "getAccountKey", headers={"x-api-key": NOT_A_KEY})
        t.assert_success(response, "a good key, and an unknown one in x-api-key")
    for operation in open_lists(t):
        response = request_operation(t, operation, key=None, headers={"x-api-key": NOT_A_KEY})
        t.assert_success(
            response, f"{operation}, which needs no key, with an unknown one in x-api-key"
        )


@check("AUTH-KEY-05")
def session_cookie_grants_nothing(t: Session) -> None:
    """A session cookie is no substitute for a key on generation routes."""
    # A good key as well: a session that names one must open nothing either.
    token = t.target.keys.get(MAIN) or "abcdefghijklmnop.qrstuvwxyz"
    names = ("better-auth.session_token", "__Secure-better-auth.session_token", "session", "key")
    cookie = {"Cookie": "; ".join(f"{name}={token}" for name in names)}
    for operation in available(t, *SPENDING):
        response = generate(t, operation, key=None, headers=cookie)
        assert_unauthorized(t, response, f"{operation} with a cookie alone")
        response = generate(t, operation, key="bogus", headers=cookie)
        assert_unauthorized(t, response, f"{operation} with a cookie and an unknown key")


@check("AUTH-KEY-06", needs="expired")
def expired_key_is_refused(t: Session) -> None:
    """A key that has expired is a 401, in the header and in the query."""
    for operation, by in product(available(t, *BEHIND_A_KEY), PLACES):
        response = request_operation(t, operation, key="expired", by=by)
        if response.status != 401 and by == "query":
            need_unknown_key_refused(t, operation)
        t.assert_rejected(response, 401, f"{operation} with an expired key")
    for operation in guarded_lists(t):
        response = request_operation(t, operation, key="expired")
        t.assert_rejected(response, 401, f"{operation} with an expired key")
    for operation in available(t, "createChatCompletion", "generateText"):
        response = t.send(**with_fields(t, operation, stream=True), key="expired")
        t.assert_rejected(response, 401, f"a stream of {operation} with an expired key")
    if t.target.media_url is not None and not t.run.operations["uploadMedia"].missing:
        t.assert_rejected(upload(t, png(t), key="expired"), 401, "an upload with an expired key")


@check("AUTH-KEY-07")
def account_needs_a_key(t: Session) -> None:
    """Every account operation without a key is a 401."""
    for operation in available(t, *ACCOUNT):
        response = t.send("GET", ACCOUNT[operation], key=None)
        assert_unauthorized(t, response, f"{operation} without a key")
        head = t.send("HEAD", ACCOUNT[operation], key=None)
        if not no_head(head):
            t.assert_rejected(head, 401, f"HEAD of {operation} without a key")
    for operation in ("getAccountUsage", "getAccountUsageDaily"):
        if not t.run.operations[operation].missing:
            limited = [{"limit": "5"}] if operation == "getAccountUsage" else []
            for query in ({"format": "csv"}, *limited):
                response = t.send("GET", ACCOUNT[operation], query=query, key=None)
                assert_unauthorized(t, response, f"{operation} with {query} and without a key")


def names_of(t: Session, name: str) -> list[str]:
    """Return a model's name and its first alias, if it has one."""
    entry = t.catalogue.find(name)
    return [name, *(entry.aliases[:1] if entry else ())]


@check("AUTH-MODEL-01", needs="restricted")
def other_models_are_forbidden(t: Session) -> None:
    """A model that a key may not use is a 403 naming it as it was written."""
    for operation in available(t, *RESTRICTED):
        kind = KIND[operation]
        first, *alike = forbidden_models(t, kind)
        videos = [m.name for m in t.catalogue.image if "video" in m.outputs]
        names = names_of(t, first)
        if operation == "generateImage":
            names += [video for video in videos if video not in allowed_models(t)][:1]
        forms = (None, True) if operation in STREAMS else (None,)
        wanted = [*product(names, PLACES, forms), *product(alike, PLACES[:1], (None,))]
        for requested, by, streamed in wanted:
            arguments = with_fields(t, operation, model=requested, stream=streamed)
            if t.run.operations[operation].method == "GET":
                head = t.send(**as_head(arguments), key="restricted", by=by, free=True)
                if not no_head(head):
                    t.assert_rejected(
                        head, 403, f"HEAD of {operation} with the model {requested!r}"
                    )
            response = t.send(**arguments, key="restricted", by=by, free=True)
            what = f"{operation} with the model {requested!r} and a key that may not use it"
            t.assert_rejected(response, 403, what)
            error = t.error_object(response)
            need_code(t, response, "FORBIDDEN")
            t.assert_that(
                requested in need_message(t, error),
                f"the message of the 403 does not name {requested!r}: {error.get('message')!r}",
            )


@check(
    "AUTH-MODEL-02",
    needs="restricted",
    cost={"text": 18, "image": 4, "audio": 4},
    assumes="CHAT-REQ-10",
)
def allowed_models_work_by_any_name(t: Session) -> None:
    """A model that a key may use works by its name and by its aliases, in either place."""
    for operation in available(t, *RESTRICTED):
        try:
            name = allowed_model(t, KIND[operation])
        except NotTested:
            if operation not in {"generateImage", "generateAudio"}:
                raise
            continue  # this key may use no model of this kind
        for requested, by in product(names_of(t, name), PLACES):
            response = t.send(**with_fields(t, operation, model=requested), key="restricted", by=by)
            t.assert_success(
                response, f"{operation} with the model {requested!r} and a key in the {by} that may"
            )
        for requested in names_of(t, name) if operation in STREAMS else ():
            response = t.send(
                **with_fields(t, operation, model=requested, stream=True), key="restricted"
            )
            t.assert_success(response, f"a stream of {operation} with the model {requested!r}")


@check(
    "AUTH-MODEL-03",
    needs="restricted",
    assumes=("TEXT-GET-12", "IMG-GET-03", "CHAT-REQ-02", "CHAT-REQ-01"),
)
def default_model_needs_permission_too(t: Session) -> None:
    """Without a model the default one is checked against the key's list."""
    defaults = {"image": "zimage", "audio": "elevenlabs"}
    forbidden = {
        operation: default
        for operation in available(t, *RESTRICTED)
        if (default := defaults.get(KIND[operation], "openai")) not in allowed_models(t)
    }
    if not forbidden:
        raise NotTested("the restricted key may use every default model")
    for operation, default in forbidden.items():
        arguments = with_fields(t, operation, model=None)
        responses = [t.send(**arguments, key="restricted", by=by, free=True) for by in PLACES]
        if operation in STREAMS:
            arguments = with_fields(t, operation, model=None, stream=True)
            responses.append(t.send(**arguments, key="restricted", free=True))
        for response in responses:
            what = f"{operation} without a model and a key that may not use {default}"
            if response.status != 403:
                need_restriction(t)
            t.assert_rejected(response, 403, what)
            need_code(t, response, "FORBIDDEN")


@check("AUTH-BUDGET-01", needs="exhausted-budget")
def exhausted_budget_is_402(t: Session) -> None:
    """A key whose own budget is used up is a 402, for each kind of generation."""
    assert_payment_required(t, "exhausted-budget", *SPENDING)


@check("AUTH-BUDGET-02", needs="empty-balance")
def empty_balance_is_402(t: Session) -> None:
    """A key whose owner has no pollen is a 402, for each kind of generation."""
    assert_payment_required(t, "empty-balance", *SPENDING)


def assert_payment_required(t: Session, role: str, *operations: str) -> None:
    """Assert that generations with a key must be refused with 402."""
    for operation in available(t, *operations):
        responses = [generate(t, operation, key=role, by=by, free=True) for by in PLACES]
        if operation in STREAMS:
            responses.append(t.send(**with_fields(t, operation, stream=True), key=role, free=True))
        videos = [m for m in t.catalogue.image if "video" in m.outputs]
        video = min(videos, key=lambda model: model.estimate(), default=None)
        # Without a budget for it the request would go out without the key that it is about.
        if operation == "generateImage" and video and t.run.ledger.allows(video.estimate()):
            responses.append(
                t.send(**with_fields(t, operation, model=video.name), key=role, free=True)
            )
        if t.run.operations[operation].method == "GET":
            what = f"HEAD of {operation} with a key of the role {role!r}"
            head = t.send(**as_head(generation(t, operation)), key=role, free=True)
            if not no_head(head):
                t.assert_rejected(head, 402, what)
        for response in responses:
            what = f"{operation} with a key of the role {role!r}"
            t.assert_rejected(response, 402, what)
            need_code(t, response, "PAYMENT_REQUIRED")


@check("AUTH-ORDER-01")
def validation_precedes_authorization(t: Session) -> None:
    """An invalid request without a key is a 400."""
    for operation in available(t, *SPENDING):
        responses = invalid_requests(t, operation, None)
        keyed: list[Exchange] = []
        if MAIN in t.target.keys and any(response.status != 400 for response in responses):
            with contextlib.suppress(NoBudget):
                keyed = invalid_requests(t, operation, MAIN)
        for place, response in enumerate(responses):
            alike = {item.status for item in keyed[place : place + 1]}
            if response.status == 401 and 200 in alike:
                continue  # what is wrong with it is overlooked: that is for its own requirement
            with t.separately():
                try:
                    t.assert_rejected(response, 400, f"{operation}: what is invalid, without a key")
                except Violated:
                    if response.status not in alike:
                        raise  # it is not refused like that with a key, too


@check("AUTH-ORDER-02")
def keys_are_looked_up_first(t: Session) -> None:
    """An invalid request with an unknown key is a 401."""
    for operation, by in product(available(t, *SPENDING), PLACES):
        for response in invalid_requests(t, operation, "bogus", by):
            if response.status != 401 and by == "query":
                need_unknown_key_refused(t, operation)
            t.assert_rejected(response, 401, f"{operation}: what is invalid, with an unknown key")


@check(
    "AUTH-ORDER-03",
    needs="restricted-empty-balance",
    assumes=("TEXT-GET-12", "IMG-GET-03", "CHAT-REQ-02", "CHAT-REQ-01"),
)
def permission_precedes_payment(t: Session) -> None:
    """A key that may not use a model and cannot pay for it hears of the model first."""
    for operation in available(t, *RESTRICTED):
        permitted: set[str] = set()
        for path in LISTS.values():
            response = t.send("GET", path, key="restricted-empty-balance", probe=True)
            if response.ok:
                permitted |= {str(item.get("name")) for item in t.json_array(response)}
        other = [m.name for m in models_of(t, KIND[operation]) if m.name not in permitted]
        if not other:
            raise NotTested("the key of the role 'restricted-empty-balance' may use every model")
        forms: list[dict[str, Any]] = [{"model": other[0]}]
        default = {"image": "zimage", "audio": "elevenlabs"}.get(KIND[operation], "openai")
        forms += [{"model": None}] if default not in permitted else []
        forms += [{"model": other[0], "stream": True}] if operation in STREAMS else []
        for fields, by in product(forms, PLACES):
            response = t.send(
                **with_fields(t, operation, **fields),
                key="restricted-empty-balance",
                by=by,
                free=True,
            )
            if response.status != 403:
                need_restriction(t)
            if response.status in {200, 402} and fields["model"] is None:
                need_default_restriction(t, operation)
            t.assert_rejected(response, 403, f"{operation} with a model that the key may not use")


@check("AUTH-QUERY-01", needs=MAIN, cost={"text": 3, "image": 1, "audio": 2, "transcription": 1})
def key_in_the_query_works(t: Session) -> None:
    """A key in the query opens what a key in the header opens, on GET and on POST."""
    for operation in [name for name in ACCOUNT if not t.run.operations[name].missing]:
        response = t.send("GET", ACCOUNT[operation], by="query")
        if response.status == 403 and t.send("GET", ACCOUNT[operation]).status == 403:
            continue  # the run's key lacks the permission, wherever it is
        t.assert_success(response, f"{operation} with the key in the query")
    for operation in available(t, *SPENDING):
        response = generate(t, operation, by="query")
        t.assert_success(response, f"{operation} with the key in the query")
    for operation in [n for n in ("listModels", *LISTS) if not t.run.operations[n].missing]:
        response = request_operation(t, operation, by="query")
        t.assert_success(response, f"{operation} with the key in the query")
    if t.target.media_url is not None and not t.run.operations["uploadMedia"].missing:
        t.assert_success(upload(t, png(t), by="query"), "an upload with the key in the query")


@check("AUTH-QUERY-01", needs=MAIN)
def keys_in_the_query_may_be_encoded(t: Session) -> None:
    """A key in the query counts before and after other parameters, and percent-encoded."""
    key = t.target.keys.get(MAIN) or ""
    encoded = encode_every_byte(key)
    for query in (f"?key={key}&limit=1", f"?limit=1&key={key}", f"?key={encoded}"):
        t.need_operation("getAccountKey")
        response = t.send("GET", "/account/key" + query, key=None)
        if not response.ok and "limit" in query:
            other = t.send("GET", "/account/key?limit=1")
            t.need(other.ok, "GEN-QUERY-02", f"GET /account/key?limit=1 gets {other.status}")
        t.assert_success(response, "GET /account/key with the key in the query")


@check("AUTH-QUERY-01", needs=MAIN, cost={"text": 5}, lane="publishable")
def keys_in_the_query_grant_the_same(t: Session) -> None:
    """A key in the query opens a call before and after other parameters, HEAD, and a stream."""
    key = t.target.keys.get(MAIN) or ""
    if not t.run.operations["generateText"].missing:
        sample(t, "generateText")  # in the header the key opens it
        arguments = generation(t, "generateText")
        others = [(name, str(value)) for name, value in arguments.pop("query").items()]
        for query in ([("key", key), *others], [*others, ("key", key)]):
            response = t.send(**arguments, query=query, key=None)
            t.assert_success(response, "GET /text with the key in the query")
    if not t.run.operations["createChatCompletion"].missing:
        t.assert_success(t.chat(stream=True, by="query"), "a stream with the key in the query")
    for operation in [name for name in ACCOUNT if not t.run.operations[name].missing]:
        responses = [t.send("HEAD", ACCOUNT[operation], by=by) for by in PLACES]
        if responses[0].status != responses[1].status:
            for response in responses:
                t.skip_if_unavailable(response)
        t.assert_that(
            responses[0].status == responses[1].status,
            f"HEAD of {operation} with the key in the query is {responses[1].status}",
        )
    # Its being accepted in the header reports that a 401 is not because of the key.
    there = "publishable" in t.target.keys and not t.run.operations["generateText"].missing
    if there and t.send("GET", "/v1/models", key="publishable", probe=True).ok:
        response = generate(t, "generateText", key="publishable", by="query", throttled=True)
        if response.status != 429:  # it may have to wait
            t.assert_success(response, "GET /text with a publishable key in the query")
    short = t.send("GET", "/models", by="query", probe=True)
    t.assert_that(short.status != 401, "GET /models refuses a good key in the query")


@check("AUTH-QUERY-01", needs="restricted")
def lists_are_filtered_alike(t: Session) -> None:
    """A model list is the same for a restricted key in the query as in the header."""
    difference = filtered_differently(t)
    if difference:
        # A key that other checks have used too often may count as none, but not after a pause.
        t.run.persistence.slow_down("restricted")
        difference = filtered_differently(t)
    t.assert_that(not difference, difference)


@check("AUTH-QUERY-01", needs=MAIN)
def both_places_give_the_same(t: Session) -> None:
    """GET /account/key reports the same for a key in the header and in the query."""
    t.need_operation("getAccountKey")
    seen: list[dict[str, Any]] = []
    for by in ("bearer", "query"):
        response = t.json_object(t.assert_success(t.send("GET", "/account/key", by=by)))
        response.pop("expiresIn", None)
        seen.append(response)
    t.assert_that(seen[0] == seen[1], f"the key looks different from the query: {seen[1]}")


@check("AUTH-QUERY-02", needs=MAIN)
def header_wins_over_query(t: Session) -> None:
    """With a bad key in the header, a good one in the query does not help."""
    key = t.target.keys.get(MAIN) or ""
    for operation in available(t, *BEHIND_A_KEY):
        response = request_operation(t, operation, query=[("key", key)], key="bogus")
        t.assert_rejected(
            response, 401, f"{operation} with a bad key in the header and a good one in the query"
        )
    if t.target.media_url is not None and not t.run.operations["uploadMedia"].missing:
        response = upload(t, png(t), query=[("key", key)], key="bogus")
        t.assert_rejected(
            response, 401, "an upload with a bad key in the header, a good one in the query"
        )


@check("AUTH-QUERY-02", needs=("restricted", MAIN))
def header_wins_when_both_are_valid(t: Session) -> None:
    """With two good keys it is the header's that counts."""
    key = t.target.keys.get(MAIN) or ""
    t.need_operation("getAccountKey")
    both = t.json_object(
        t.assert_success(t.send("GET", "/account/key", query=[("key", key)], key="restricted"))
    )
    alone = t.json_object(t.assert_success(t.send("GET", "/account/key", key="restricted")))
    t.assert_that(
        (both.get("name"), both.get("permissions"))
        == (alone.get("name"), alone.get("permissions")),
        "with two valid keys the one in the query was used",
    )


@check("AUTH-QUERY-03")
def empty_key_is_no_key(t: Session) -> None:
    """An empty key in the query is as good as none: 401 where one is needed, 200 where not."""
    for operation in available(t, *BEHIND_A_KEY):
        response = request_operation(t, operation, query=[("key", "")], key=None)
        assert_unauthorized(t, response, f"{operation} with an empty key")
    for operation in available(t, "listModels", *LISTS):
        response = request_operation(t, operation, query=[("key", "")], key=None)
        t.assert_success(response, f"{operation} with an empty key")
    if t.target.media_url is not None and not t.run.operations["uploadMedia"].missing:
        response = upload(t, png(t), query=[("key", "")], key=None)
        t.assert_rejected(response, 401, "an upload with an empty key")
    if MAIN in t.target.keys and not t.run.operations["getAccountKey"].missing:
        response = request_operation(t, "getAccountKey", query=[("key", "")])
        t.assert_success(response, "a good key in the header and an empty one in the query")


@check("AUTH-QUERY-04", assumes="AUTH-QUERY-01")
def bad_key_in_the_query_is_refused(t: Session) -> None:
    """An unknown key in the query is a 401."""
    for operation in available(t, *SPENDING):
        response = generate(t, operation, key="bogus", by="query")
        assert_unauthorized(t, response, f"{operation} with an unknown key in the query")
        response = request_operation(
            t, operation, query=[("key", f"pk_{NOT_A_KEY[3:19]}")], key=None
        )
        assert_unauthorized(
            t, response, f"{operation} with an unknown publishable key in the query"
        )
    for operation in [name for name in ACCOUNT if not t.run.operations[name].missing]:
        response = t.send("GET", ACCOUNT[operation], key="bogus", by="query")
        assert_unauthorized(t, response, f"{operation} with an unknown key in the query")
    for operation in guarded_lists(t):
        response = request_operation(t, operation, key="bogus", by="query")
        assert_unauthorized(t, response, f"{operation} with an unknown key in the query")
