"""What keys may do: models allowed to a restricted key, and requests in the name of a key."""

from typing import Any

from pollinations_conformance.checks.common.requests import (
    ACCOUNT,
    CHAT_PATHS,
    LISTS,
    available,
    generation,
)
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.suite import (
    Exchange,
    Model,
    NotTested,
    Payload,
    Place,
    Session,
    form_payload,
)

RESTRICTED = (
    "createChatCompletion",
    "createChatCompletionLegacy",
    "generateText",
    "generateImage",
    "generateAudio",
)
"""Operations that are checked against a key's list of models."""


PLACES: tuple[Place, ...] = ("bearer", "query")


def request_operation(t: Session, operation: str, **options: Any) -> Exchange:
    """Send a small, valid request of any operation that needs a key, or of a model list."""
    path = {**ACCOUNT, **LISTS, "listModels": "/v1/models"}.get(operation)
    if path is None:
        arguments = generation(t, operation)
        query = [*dict(arguments.pop("query", {})).items(), *options.pop("query", [])]
        return t.send(**arguments, query=[(a, str(b)) for a, b in query], **options)
    return t.send("GET", path, **options)


def with_fields(t: Session, operation: str, **fields: Any) -> dict[str, Any]:
    """Make the arguments of a generation with other fields; None leaves one out."""
    arguments = generation(t, operation)
    holder = "json" if "json" in arguments else "query"
    found = {**arguments[holder], **fields}
    arguments[holder] = {name: value for name, value in found.items() if value is not None}
    return arguments


def as_head(arguments: dict[str, Any]) -> dict[str, Any]:
    """Make the arguments of the same request with HEAD."""
    return {**arguments, "method": "HEAD"}


def allowed_models(t: Session) -> list[str]:
    """Return the models that the restricted key may use, as far as the server reports."""

    def send() -> list[str]:
        if not t.run.operations["getAccountKey"].missing:
            response = t.send("GET", "/account/key", key="restricted")
            if response.ok:
                permissions: Any = t.json_object(response).get("permissions")
                names: Any = permissions.get("models") if is_object(permissions) else None
                if is_list(names):
                    return [str(name) for name in names]
        found: list[str] = []
        for path in LISTS.values():
            response = t.send("GET", path, key="restricted", probe=True)
            if response.ok:
                found += [str(item.get("name")) for item in t.json_array(response)]
        return found

    return t.once("models of the restricted key", send)


def models_of(t: Session, kind: str) -> list[Model]:
    """Return the models of a kind, the cheapest first."""
    if kind == "audio":
        found = t.catalogue.find(t.audio_model)
        return [found] if found else []  # the others generate no speech
    models = t.catalogue.text if kind == "text" else t.catalogue.image
    return sorted(models, key=lambda item: item.estimate())


def forbidden_models(t: Session, kind: str) -> list[str]:
    """Name models that the restricted key may not use: the cheapest, and those named alike."""
    allowed = allowed_models(t)
    found = [
        model.name
        for model in models_of(t, kind)
        if model.name not in allowed and not set(model.aliases) & set(allowed)
    ]
    if not found:
        raise NotTested(f"the restricted key may use every {kind} model")
    alike = [
        name
        for name in found[1:]
        if any(name.startswith(one) or one.startswith(name) for one in allowed)
    ]
    return [found[0], *alike]


def forbidden_model(t: Session, kind: str) -> str:
    """Name a model that the restricted key may not use."""
    return forbidden_models(t, kind)[0]


def need_restriction(t: Session) -> None:
    """Continue only if a key is refused a model that it may not use, as AUTH-MODEL-01 demands."""

    def send() -> Exchange:
        model = forbidden_model(t, "text")
        return t.chat(model=model, key="restricted", free=True)

    found = t.once("a model that is forbidden", send)
    t.need(found.status == 403, "AUTH-MODEL-01", f"a forbidden model gets {found.status}, not 403")


def allowed_model(t: Session, kind: str) -> str:
    """Name a model that the restricted key may use."""
    allowed = allowed_models(t)
    for model in models_of(t, kind):
        if model.name in allowed:
            return model.name
    raise NotTested(f"the restricted key may use no {kind} model")


def invalid_requests(
    t: Session, operation: str, key: str | None, by: Place = "bearer"
) -> list[Exchange]:
    """Send requests of an operation that no validation may let pass."""
    model = "no-such-model-3f9"
    if operation in CHAT_PATHS:
        path = CHAT_PATHS[operation]
        bad_values: tuple[Any, ...] = ({"messages": "no list"}, {"messages": [], "temperature": 9})
        responses = [t.send("POST", path, json=value, key=key, by=by) for value in bad_values]
        responses.append(
            t.send("POST", path, body=Payload(b"{", "application/json"), key=key, by=by)
        )
        return [*responses, t.send(**with_fields(t, operation, model=model), key=key, by=by)]
    if operation == "createTranscription":
        form = form_payload([("model", t.transcription_model, None, None)])
        return [t.send("POST", "/v1/audio/transcriptions", body=form, key=key, by=by)]
    wrong = {
        "generateText": {"seed": "abc"},
        "generateImage": {"width": "-1"},
        "generateAudio": {"voice": "nobody-at-all"},
        "createSpeech": {"input": ""},
    }[operation]
    found = [t.send(**with_fields(t, operation, **wrong), key=key, by=by)]
    if operation in RESTRICTED:
        found.append(t.send(**with_fields(t, operation, model=model), key=key, by=by))
    return found


def open_lists(t: Session) -> list[str]:
    """Return the model lists that need no key, as they should; that they do not is MODELS-INFO-01."""
    found = [name for name in ("listModels", *LISTS) if not t.run.operations[name].missing]
    return [operation for operation in found if request_operation(t, operation, key=None).ok]


def guarded_lists(t: Session) -> list[str]:
    """Return the model lists that are refused to an unknown key, which is but a SHOULD: MODELS-KEY-01."""
    found = [name for name in ("listModels", *LISTS) if not t.run.operations[name].missing]
    return [name for name in found if request_operation(t, name, key="bogus").status == 401]


def need_unknown_key_refused(t: Session, operation: str) -> None:
    """Continue only if an unknown key in the query is refused, as AUTH-QUERY-04 demands."""
    response = request_operation(t, operation, key="bogus", by="query")
    what = f"{operation} with an unknown key in the query"
    t.need_rejection(response, 401, "AUTH-QUERY-04", what)


def need_default_restriction(t: Session, operation: str) -> None:
    """Continue only if the default model is refused like a named one, as AUTH-MODEL-03 demands."""
    if "restricted" not in t.target.keys:
        return
    arguments = with_fields(t, operation, model=None)
    response = t.send(**arguments, key="restricted", free=True)
    t.need_rejection(response, 403, "AUTH-MODEL-03", f"{operation} without a model")


def filtered_differently(t: Session) -> str:
    """Return which list differs between the places of a restricted key, or an empty text."""
    for operation in available(t, "listModels", *LISTS):
        seen: list[list[str]] = []
        for by in PLACES:
            value = t.json_value(
                t.assert_success(request_operation(t, operation, key="restricted", by=by))
            )
            items: Any = value.get("data") if is_object(value) else value
            seen.append([str(item.get("id", item.get("name"))) for item in items])
        if seen[0] != seen[1]:
            return f"{operation}: in the query the key sees {seen[1][:6]}"
    short = [t.send("GET", "/models", key="restricted", by=by, probe=True) for by in PLACES]
    if all(response.ok and response.media_type == "application/json" for response in short):
        lists: list[Any] = [t.json_value(response) for response in short]
        if all(is_list(items) and all(map(is_object, items)) for items in lists):
            names = [[str(item.get("name")) for item in items] for items in lists]
            if names[0] != names[1]:
                return "GET /models: in the query the key sees other models"
    return ""
