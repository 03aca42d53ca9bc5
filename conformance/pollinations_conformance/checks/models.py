"""Check the model lists."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from pollinations_conformance.checks.common.keys import allowed_models
from pollinations_conformance.checks.common.requests import LISTS, available
from pollinations_conformance.checks.common.responses import (
    is_price,
    is_success_of,
    parse_json,
    present,
)
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.http.text import by_key
from pollinations_conformance.suite import (
    MAIN,
    NOT_A_KEY,
    Exchange,
    NotTested,
    Session,
    check,
    is_from_cdn_cache,
    watch,
)


def listed(t: Session, path: str, key: str | None = None) -> list[dict[str, Any]]:
    """Return the items of a list of models with prices."""
    response = t.need_success(t.send("GET", path, key=key), "MODELS-INFO-01", f"GET {path}")
    items = [item for item in t.json_array(response) if is_object(item)]
    t.need(items, "MODELS-INFO-01", f"GET {path} lists nothing")
    return items


def v1(t: Session, response: Exchange) -> list[dict[str, Any]]:
    """Return the items of /v1/models."""
    body = t.json_object(response)
    t.need(body.get("object") == "list", "MODELS-V1-01", f"object is {body.get('object')!r}")
    data = body.get("data")
    t.need(is_list(data), "MODELS-V1-01", "data is no list")
    return [item for item in data if is_object(item)] if is_list(data) else []


def v1_list(t: Session, **options: Any) -> list[dict[str, Any]]:
    """Return the items of /v1/models as a reader sees them; `key` and `by` go to `send`."""
    response = t.send("GET", "/v1/models", **options)
    return v1(t, t.need_success(response, "MODELS-V1-01", "GET /v1/models"))


@check("MODELS-V1-01", operations="listModels")
def v1_list_needs_no_key(t: Session) -> None:
    """GET /v1/models without a key is 200 with at least one model."""
    t.assert_that(v1_list(t, key=None), "no model is listed")


def readers(t: Session, *roles: str) -> list[str | None]:
    """Return None and those of some roles that there is a key of, to read lists as each."""
    there = [role for role in roles if role in t.target.keys and not t.key_is_refused(role)]
    return [None, *there]


def seen(t: Session, *roles: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Return every list of models with prices as each reader sees it."""
    paths = [LISTS[operation] for operation in available(t, *LISTS)]
    for path, key in product(paths, readers(t, *roles)):
        if key is None:
            yield f"GET {path}", listed(t, path)
            continue
        response = t.send("GET", path, key=key)
        if response.ok:
            items = [item for item in t.json_array(response) if is_object(item)]
            yield f"GET {path} with a key of the role {key!r}", items


@watch("MODELS-V1-02")
def every_listed_id_is_unique(exchange: Exchange) -> str | None:
    """No id is duplicated in /v1/models, whoever reads it."""
    if not is_success_of(exchange, "listModels"):
        return None
    body = parse_json(exchange.content)
    data = body.get("data") if is_object(body) else None
    if not is_list(data):
        return None
    ids = [str(item.get("id")) for item in data if is_object(item)]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    return "" if twice is None else f"the id {twice!r} is duplicated"


@check("MODELS-V1-02", operations="listModels")
def v1_ids_are_unique(t: Session) -> None:
    """No id is duplicated in /v1/models."""
    for key in readers(t, MAIN, "restricted"):
        ids = [item.get("id") for item in v1_list(t, key=key)]
        t.assert_that(len(ids) == len(set(map(str, ids))), "an id is duplicated in /v1/models")


@check(
    "MODELS-V1-03",
    operations="listModels",
    needs="restricted",
    assumes="MODELS-V1-04",
)
def v1_list_is_filtered(t: Session) -> None:
    """A restricted key sees its own models and no other in /v1/models."""
    allowed = set(allowed_models(t))
    everything = {item.get("id") for item in v1_list(t, key=None)}
    if everything <= allowed:
        raise NotTested("the restricted key may use every model, as far as the server reports")
    # That the list is the same with the key in the query is for AUTH-QUERY-01.
    mine = {i.get("id") for i in v1_list(t, key="restricted")}
    t.assert_that(mine <= allowed, f"a restricted key also sees {sorted(map(str, mine - allowed))}")
    hidden = (everything & allowed) - mine
    t.assert_that(not hidden, f"a restricted key does not see its {sorted(map(str, hidden))}")
    reported = listed_models(t, "restricted-empty-balance")
    response = t.send("GET", "/v1/models", key="restricted-empty-balance") if reported else None
    if reported and response and response.ok:
        more = {str(item.get("id")) for item in v1(t, response)} - reported
        t.assert_that(
            not more, f"a key of the role 'restricted-empty-balance' also sees {sorted(more)}"
        )


def listed_models(t: Session, role: str) -> set[str]:
    """Return the models that a key may use, as it is reported; empty when there is no such key or list."""
    if role not in t.target.keys or t.run.operations["getAccountKey"].missing:
        return set()
    response = t.send("GET", "/account/key", key=role)
    permissions: Any = t.json_object(response).get("permissions") if response.ok else None
    names = permissions.get("models") if is_object(permissions) else None
    return set(map(str, names)) if is_list(names) else set()


@check("MODELS-V1-04", operations=("listModels", "listTextModels"))
def v1_ids_are_names(t: Session) -> None:
    """Every id of /v1/models is the name of a text model."""
    for key in readers(t, MAIN):
        names = {item.get("name") for item in listed(t, "/text/models", key)}
        ids = {item.get("id") for item in v1_list(t, key=key)}
        t.assert_that(ids <= names, f"not in /text/models: {sorted(map(str, ids - names))[:5]}")


@check("MODELS-V1-05", operations="listModels")
def v1_created_is_now(t: Session) -> None:
    """created is the present in milliseconds, the same for every model."""
    response = t.send("GET", "/v1/models", key=None)
    t.need_success(response, "MODELS-V1-01", "GET /v1/models without a key")
    if is_from_cdn_cache(response):
        raise NotTested("a cache between here and the server responds instead")
    created = {item.get("created") for item in v1(t, response)}
    t.assert_that(len(created) == 1, f"created has {len(created)} values")
    value = created.pop()
    t.clock.sleep(0.01)
    later = {i.get("created") for i in v1_list(t, key=None)}
    t.assert_that(value not in later, "created is the same in two responses, one after the other")
    t.assert_that(
        isinstance(value, int | float) and abs(value / 1000 - present(response).timestamp()) < 300,
        f"created is {value!r}, not the present in milliseconds",
    )


@check("MODELS-KEY-01")
def bad_key_is_refused_on_lists(t: Session) -> None:
    """An unknown key is a 401 on every model list."""
    paths = {"listModels": "/v1/models", **LISTS}
    for operation in available(t, *paths):
        # An unknown key in the query is for AUTH-QUERY-04, an expired one for AUTH-KEY-06.
        response = t.send("GET", paths[operation], key="bogus")
        t.assert_rejected(response, 401, f"GET {paths[operation]} with an unknown key")
        other = {"Authorization": f"Bearer pk_{NOT_A_KEY[3:19]}"}
        response = t.send("GET", paths[operation], key=None, headers=other)
        t.assert_rejected(response, 401, f"GET {paths[operation]} with an unknown publishable key")
    short = t.send("GET", "/models", key=None, probe=True)
    if short.ok and short.media_type == "application/json":
        response = t.send("GET", "/models", key="bogus", probe=True)
        t.assert_rejected(response, 401, "GET /models with an unknown key")


@check("MODELS-IMAGE-01", operations="listImageModels")
def video_models_are_listed(t: Session) -> None:
    """The image list has models whose output is video."""
    # A key that may use only some models, or has not paid for any, may see no videos.
    videos = [model for model in t.catalogue.image if "video" in model.outputs]
    everybody = not t.run.restricted and not all(model.paid_only for model in videos)
    for key in readers(t, MAIN) if everybody else (None,):
        items = listed(t, "/image/models", key)
        t.assert_that(
            any("video" in (item.get("output_modalities") or []) for item in items),
            "no entry of /image/models has video in output_modalities",
        )


@check("MODELS-TEXT-01", operations="listTextModels")
def short_url_gives_the_same(t: Session) -> None:
    """GET /models is GET /text/models."""
    for key in (None, "restricted") if "restricted" in t.target.keys else (None,):
        short = t.assert_success(t.send("GET", "/models", key=key, probe=True), "GET /models")
        found = [item for item in t.json_array(short) if is_object(item)]
        wanted = listed(t, "/text/models", key)
        t.assert_that(
            [item.get("name") for item in found] == [item.get("name") for item in wanted],
            f"GET /models lists other models than GET /text/models, {by_key(key)}",
        )
        again = listed(t, "/text/models", key)
        if len(again) != len(wanted):
            raise NotTested("GET /text/models changes from one moment to the next")
        for one, other, later in zip(found, wanted, again, strict=True):
            names = [
                name
                for name in {*one, *other}
                if one.get(name) != other.get(name) == later.get(name)
            ]
            t.assert_that(
                not names, f"GET /models has another {sorted(names)} of {one.get('name')!r}"
            )


@check("MODELS-AUDIO-01", operations="listAudioModels")
def speech_models_list_voices(t: Session) -> None:
    """A speech model lists its voices."""
    for key in (None,) if t.run.restricted else readers(t, MAIN):
        items = listed(t, "/audio/models", key)
        speakers = [item for item in items if item.get("voices")]
        t.assert_that(speakers, "no entry of /audio/models has voices")
        for item in speakers:
            t.assert_that(
                all(isinstance(voice, str) and voice for voice in item["voices"]),
                f"the voices of {item.get('name')} are no texts",
            )


@check("MODELS-INFO-01")
def lists_need_no_key(t: Session) -> None:
    """Each model list without a key is 200 with at least one model."""
    for operation in available(t, *LISTS):
        for item in listed(t, LISTS[operation]):
            t.assert_that(
                isinstance(item.get("name"), str) and item["name"],
                f"an entry of {LISTS[operation]} has no name",
            )


@watch("MODELS-INFO-02")
def every_listed_name_is_unique(exchange: Exchange) -> str | None:
    """Within a list no name or alias belongs to two models, whoever reads it."""
    if not is_success_of(exchange, *LISTS):
        return None
    items = parse_json(exchange.content)
    if not is_list(items):
        return None
    owners: dict[str, str] = {}
    for item in filter(is_object, items):
        aliases = item.get("aliases")
        names = {str(item.get("name")), *map(str, aliases if is_list(aliases) else [])}
        for name in sorted(names):
            if name in owners:
                return f"{name!r} belongs to {owners[name]!r} and to {item.get('name')!r}"
            owners[name] = str(item.get("name"))
    return ""


@check("MODELS-INFO-02")
def names_are_unique(t: Session) -> None:
    """Within a list no name or alias belongs to two models."""
    for where, items in seen(t, MAIN, "restricted"):
        owners: dict[str, str] = {}
        for item in items:
            aliases: list[Any] = item.get("aliases") or []
            for name in {str(item.get("name")), *map(str, aliases)}:
                t.assert_that(
                    name not in owners,
                    f"{where}: {name!r} belongs to {owners.get(name)!r} "
                    f"and to {item.get('name')!r}",
                )
                owners[name] = str(item.get("name"))


DEFAULTS = {
    "listTextModels": "/components/schemas/CreateChatCompletionRequest/properties/model/default",
    "listImageModels": "/paths/~1image~1{prompt}/get/parameters",
    "listAudioModels": "/components/schemas/CreateTranscriptionRequest/properties/model/default",
}
"""Where the contract has the default model that each list must have."""


def default_model(t: Session, operation: str) -> str:
    """Return the default model of the operations that take models of a list."""
    node: Any = t.run.contract.node(DEFAULTS[operation])
    if isinstance(node, str):
        return node
    return next(str(item["schema"]["default"]) for item in node if item["name"] == "model")


@check("MODELS-INFO-05")
def default_models_are_listed(t: Session) -> None:
    """The documented default model of every operation is in its list, by name or alias."""
    for operation in available(t, *LISTS):
        name = default_model(t, operation)
        items = listed(t, LISTS[operation])
        names = {str(item.get("name")) for item in items}
        names |= {str(alias) for item in items for alias in item.get("aliases") or ()}
        t.assert_that(name in names, f"GET {LISTS[operation]} does not list the default {name!r}")


@check("MODELS-INFO-03")
def prices_are_in_pollen(t: Session) -> None:
    """Every price is a number above 0, in pollen."""
    for place, items in seen(t, MAIN):
        for item in items:
            pricing = item.get("pricing")
            where = f"{place}, {item.get('name')}"
            t.assert_that(is_object(pricing), f"{where}: there is no pricing")
            prices: dict[str, Any] = dict(pricing) if is_object(pricing) else {}
            currency = prices.pop("currency", None)
            t.assert_that(currency == "pollen", f"{where}: the currency is {currency!r}")
            for name, value in prices.items():
                t.assert_that(is_price(value), f"{where}: {name} is {value!r}")


@check("MODELS-INFO-04", needs="restricted")
def lists_are_filtered(t: Session) -> None:
    """A restricted key sees its own models and no other."""
    allowed = set(allowed_models(t))
    lists = {
        LISTS[operation]: {str(item["name"]) for item in listed(t, LISTS[operation])}
        for operation in available(t, *LISTS)
    }
    if set().union(*lists.values()) <= allowed:
        raise NotTested("the restricted key may use every model, as far as the server reports")
    for path, everything in lists.items():
        # That the list is the same with the key in the query is for AUTH-QUERY-01.
        response = t.send("GET", path, key="restricted")
        t.assert_success(response, f"GET {path} with a restricted key")
        mine = {str(item.get("name")) for item in t.json_array(response) if is_object(item)}
        more, less = mine - allowed, (everything & allowed) - mine
        t.assert_that(not more, f"{path}: a restricted key also sees {sorted(more)}")
        t.assert_that(not less, f"{path}: a restricted key does not see its {sorted(less)}")
    reported = listed_models(t, "restricted-empty-balance")
    forms: list[tuple[str, str, set[str]]] = [("/models", "restricted", allowed)]
    forms += [
        (LISTS[operation], "restricted-empty-balance", reported)
        for operation in available(t, *LISTS)
        if reported
    ]
    for path, role, its in forms:
        response = t.send("GET", path, key=role, probe=True)
        if response.ok and response.media_type == "application/json":
            more = {str(i.get("name")) for i in t.json_array(response) if is_object(i)} - its
            t.assert_that(not more, f"{path}: a key of the role {role!r} also sees {sorted(more)}")
