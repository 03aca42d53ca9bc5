"""Defects of keys and balances."""

import json
import re
from collections.abc import Callable
from typing import Any

from pollinations_conformance.http.credentials import presented_key
from pollinations_conformance.server.backend import RoutedCall
from pollinations_conformance.server.defects.mutators import (
    ACCOUNT,
    GENERATION,
    KEY,
    LISTS,
    Scope,
    assign,
    concerns,
    drop_query_key,
    forgive,
    named_key,
    on_call,
    on_json,
    on_reply,
    on_service,
    scope_of,
    sent,
    swap,
    violates_too,
)
from pollinations_conformance.server.encoding import dumps
from pollinations_conformance.server.errors import Refused
from pollinations_conformance.server.http import Call, Reply
from pollinations_conformance.server.service import Service

GATEWAY = f"{GENERATION} {ACCOUNT} {LISTS}"
LIMITED_KEYS = {"restricted", "no-models", "restricted-empty-balance"}
"""Roles of keys that may use only some models."""


def _resolving(change: Callable[[Service, Call, Any], Any]) -> Callable[[Service], None]:
    """Make a change of how keys are looked up; `change` gets the honest way as its last argument."""

    def install(service: Service) -> None:
        def make(honest: Any) -> Any:
            def resolve(call: Call) -> Any:
                return change(service, call, honest)

            return resolve

        swap(service.gateway, "resolve_key", make)

    return install


def _anonymous_ok(service: Service, call: Call, honest: Any) -> Any:
    key = honest(call)
    return key or (
        named_key(service, "secret")
        if "models" not in call.path and "account" not in call.path
        else None
    )


def _any_key(service: Service, call: Call, honest: Any) -> Any:
    try:
        return honest(call)
    except Refused:
        return named_key(service, "secret")


def _never_expires(service: Service, call: Call, honest: Any) -> Any:
    key = service.accounts.keys.get(service.gateway.presented(call) or "")
    return key if key is not None and key.expires is not None else honest(call)


def _lower_bearer(call: Call, _service: Service) -> None:
    call.headers = [
        (n, re.sub("^(?i:bearer|basic) ", "Bearer ", v) if n == "authorization" else v)
        for n, v in call.headers
    ]


def _other_header(call: Call, _service: Service) -> None:
    key = call.header("x-api-key")
    if key and call.header("authorization") is None:
        call.headers = [*call.headers, ("authorization", f"Bearer {key}")]


def _cookie(call: Call, service: Service) -> None:
    if call.header("cookie") and call.header("authorization") is None:
        call.headers = [
            *call.headers,
            ("authorization", f"Bearer {named_key(service, 'secret').secret}"),
        ]


def _auth_first(service: Service) -> None:
    def make(honest: Any) -> Any:
        def validate(routed: RoutedCall) -> None:
            if routed.key is None and routed.operation in GENERATION.split():
                raise Refused(401)
            honest(routed)

        return validate

    swap(service.validator, "validate", make)


def _validation_first(service: Service, call: Call, honest: Any) -> Any:
    try:
        return honest(call)
    except Refused:
        match = service.contract.find(call.method, call.path, "gateway")
        if match is not None:
            service.validator.validate(RoutedCall(call, match))
        raise


def _money_first(service: Service) -> None:
    def make(honest: Any) -> Any:
        def authorize(routed: RoutedCall, *rest: Any, **named: Any) -> Any:
            key = routed.key
            if key is not None and key.user is not None and key.user.total <= 0:
                raise Refused(402)
            return honest(routed, *rest, **named)

        return authorize

    swap(service.backend, "authorize", make)


def _aliases_forbidden(service: Service) -> None:
    def make(honest: Any) -> Any:
        def authorize(routed: RoutedCall, model: Any, requested: str, *rest: Any) -> Any:
            if (
                routed.key is not None
                and routed.key.models is not None
                and requested not in routed.key.models
            ):
                raise Refused(403, f"Model '{requested}' is not allowed for this API key")
            return honest(routed, model, requested, *rest)

        return authorize

    swap(service.backend, "authorize", make)


def _no_query_on_post(call: Call, _service: Service) -> None:
    if call.method == "POST":
        drop_query_key(call, _service)


def _undecoded(call: Call, _service: Service) -> None:
    call.query_string = re.sub(r"(^|&)key=%", r"\1key=%25", call.query_string)


def _no_query_key(call: Call, _service: Service) -> None:
    if call.header("authorization") is None:
        drop_query_key(call, _service)


def _less_told(call: Call, reply: Reply) -> None:
    if call.header("authorization") is None:
        reply.body = dumps({**json.loads(reply.body), "name": None})


def _fall_back(call: Call, service: Service) -> None:
    query = call.parameter("key")
    if query and service.accounts.find(query) is not None:
        call.headers = [h for h in call.headers if h[0] != "authorization"]


def _empty_is_wrong(service: Service, call: Call, honest: Any) -> Any:
    if call.parameter("key") == "" and call.header("authorization") is None:
        raise Refused(401, "Invalid API key. Please check your key and try again.")
    return honest(call)


def _bad_query_key(service: Service, call: Call, honest: Any) -> Any:
    try:
        return honest(call)
    except Refused:
        if call.header("authorization") is None:
            return named_key(service, "secret")
        raise


def _january(body: Any) -> None:
    body["status"] = 403
    body["error"]["code"] = "FORBIDDEN"


def _balance_403(_call: Call, reply: Reply) -> None:
    body = json.loads(reply.body)
    if "balance" in body["error"]["message"]:
        _january(body)
        reply.status, reply.body = 403, dumps(body)


def _keyless_account(service: Service) -> None:
    def make(honest: Any) -> Any:
        def account(routed: RoutedCall, *rest: Any) -> Any:
            routed.key = routed.key or named_key(service, "secret")
            return honest(routed, *rest)

        return account

    swap(service.account, "require_permission", make)


def _missing_forbidden(call: Call, reply: Reply) -> None:
    if presented_key(call.request) is None:
        body = json.loads(reply.body)
        body["status"], body["error"]["code"] = 403, "FORBIDDEN"
        reply.status, reply.body = 403, dumps(body)


on_service("auth-optional", "AUTH-KEY-01", "no key is needed", _resolving(_anonymous_ok))
on_reply(
    "auth-missing-403", "AUTH-KEY-01", "a missing key is 403", GENERATION, _missing_forbidden, 401
)
forgive(
    "legacy-keyless",
    "AUTH-KEY-01",
    "the old path needs no key",
    lambda routed, r: routed.operation == "createChatCompletionLegacy" and r.status == 401,
)
on_service("auth-any-key", "AUTH-KEY-02", "any key will do", _resolving(_any_key))
on_call(
    "auth-any-scheme", "AUTH-KEY-03", "bearer may be written in lower case", GATEWAY, _lower_bearer
)
on_call("auth-x-api-key", "AUTH-KEY-04", "a key in x-api-key counts", GATEWAY, _other_header)
on_call("auth-cookie", "AUTH-KEY-05", "a cookie opens generation", GENERATION, _cookie)
on_service("auth-never-expires", "AUTH-KEY-06", "expired keys are good", _resolving(_never_expires))
on_service(
    "account-keyless",
    "AUTH-KEY-07",
    "account data need no key",
    _keyless_account,
    scope_of(ACCOUNT),
)
forgive(
    "model-list-ignored", "AUTH-MODEL-01", "a key may use any model", lambda _w, r: r.status == 403
)
on_json(
    "model-refused-unnamed",
    "AUTH-MODEL-01",
    "the refusal does not name the model",
    GENERATION,
    assign("error.message", "Model is not allowed for this API key"),
    403,
)
on_service(
    "model-alias-forbidden",
    "AUTH-MODEL-02",
    "aliases of allowed models are refused",
    _aliases_forbidden,
)
forgive(
    "model-default-unchecked",
    "AUTH-MODEL-03",
    "the default model is always allowed",
    lambda routed, r: r.status == 403 and not sent(routed, "model"),
)
forgive(
    "budget-overdrawn",
    "AUTH-BUDGET-01",
    "a used-up budget is overlooked",
    lambda routed, r: r.status == 402 and routed.key and routed.key.budget is not None,
)
forgive(
    "balance-overdrawn",
    "AUTH-BUDGET-02",
    "an empty balance is overlooked",
    lambda routed, r: r.status == 402 and routed.key and routed.key.budget is None,
)
on_reply("balance-403", "AUTH-BUDGET-02", "an empty balance is 403", GENERATION, _balance_403, 402)
on_service(
    "auth-before-validation",
    "AUTH-ORDER-01",
    "a missing key is reported before an invalid body",
    _auth_first,
)
on_service(
    "validation-before-key",
    "AUTH-ORDER-02",
    "an invalid body is reported before an unknown key",
    _resolving(_validation_first),
)
on_service(
    "balance-before-model",
    "AUTH-ORDER-03",
    "an empty balance is reported before a forbidden model",
    _money_first,
)
on_call(
    "query-key-get-only",
    "AUTH-QUERY-01",
    "a key in the query of POST does not count",
    GATEWAY,
    _no_query_on_post,
)
on_call(
    "query-key-undecoded",
    "AUTH-QUERY-01",
    "a key in the query is taken as it is written",
    "",
    _undecoded,
)
on_call(
    "query-key-not-for-lists",
    "AUTH-QUERY-01",
    "the model lists overlook a key in the query",
    LISTS,
    _no_query_key,
)
on_reply(
    "query-key-name-hidden",
    "AUTH-QUERY-01",
    "a key in the query does not see its name",
    KEY,
    _less_told,
    200,
)
on_call(
    "query-key-fallback",
    "AUTH-QUERY-02",
    "a good key in the query overrides a bad header",
    "",
    _fall_back,
)
on_service(
    "query-key-empty",
    "AUTH-QUERY-03",
    "an empty key in the query is an invalid one",
    _resolving(_empty_is_wrong),
)
on_service(
    "query-key-any", "AUTH-QUERY-04", "any key in the query will do", _resolving(_bad_query_key)
)

violates_too("auth-any-key", "ACC-KEY-03", "MODELS-KEY-01")

concerns(
    Scope(status=401),
    "auth-optional",
    "auth-any-key",
    "auth-any-scheme",
    "auth-x-api-key",
    "auth-never-expires",
    "validation-before-key",
    "query-key-any",
)
concerns(scope_of("createChatCompletionLegacy", 401), "legacy-keyless")
concerns(Scope(status=402), "budget-overdrawn", "balance-overdrawn")
concerns(Scope(status=403), "model-list-ignored", "model-default-unchecked", "balance-before-model")
concerns(Scope(when=lambda seen: seen.role in LIMITED_KEYS), "model-alias-forbidden")
concerns(scope_of(GENERATION, 400), "auth-before-validation")
concerns(
    Scope(when=lambda seen: "key" in seen.parameters),
    "query-key-get-only",
    "query-key-undecoded",
    "query-key-empty",
    "query-key-fallback",
)
