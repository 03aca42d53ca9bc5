"""Find out what a server is before it is tested: models, the key's rights, missing operations."""

import contextlib
from typing import Any, cast
from urllib.parse import urlsplit

from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.suite.errors import NotTested, OutOfTime, TargetError, Unreachable
from pollinations_conformance.suite.events import ProbeStarted
from pollinations_conformance.suite.exchange import Exchange, load_json
from pollinations_conformance.suite.keyring import MAIN
from pollinations_conformance.suite.observe import UNSUPPORTED
from pollinations_conformance.suite.operations import OperationRecord
from pollinations_conformance.suite.plan import selected
from pollinations_conformance.suite.pricing import Catalogue, read_model
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.session import Session
from pollinations_conformance.suite.target import Host

PROBES = {
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
"""Requests that show whether an operation is there, where it is not the path as documented."""
INVALID = {"model": "no-such-model-3f9"}


def prepare(run: Run) -> None:
    """Learn what the server is: its models, the key's rights, the operations it has.

    Raises:
        TargetError: no HTTP response comes from the address, or only one that leads elsewhere.
    """
    if run.prepared:
        return
    run.prepared = True
    if run.options.max_time is not None and run.target.deadline is None:
        run.target.deadline = run.clock.monotonic() + run.options.max_time
    session = Session(run, "prepare")
    try:
        _learn_models(run, session)
        _learn_key(run, session)
        if _is_restricted(run, session):
            run.restricted = True
            _learn_models(run, session, MAIN)
        _find_missing(run, session)
        if any("restricted" in item.needs for item in selected(run)):
            _learn_limit(run, session, "restricted")
    except Unreachable as error:
        what = "nothing responds at" if error.refused else "no HTTP response comes from"
        raise TargetError(
            f"{what} {run.target.base_url}: {error}; start the server there, or name another URL"
        ) from None
    except OutOfTime:
        if not run.target.heard:
            raise TargetError(
                f"no response came from {run.target.base_url} before the run's time was up; give it more "
                "with --max-time"
            ) from None


def _learn_limit(run: Run, session: Session, role: str) -> None:
    """Find out whether a key that is used too often counts as none: lists grow longer then."""
    if run.target.embedded or role not in run.target.keys:
        return
    lengths: list[int] = []
    for _ in range(7):
        try:
            response = session.send("GET", "/text/models", key=role, probe=True)
        except Unreachable:
            return
        items = load_json(response.content) if response.ok else None
        lengths.append(len(items) if is_list(items) else 0)
    if lengths[-1] > lengths[0] > 0:
        run.persistence.slow_down(role)


def _is_restricted(run: Run, session: Session) -> bool:
    """Return whether the run's key may use only some models."""
    if MAIN not in run.target.keys:
        return False
    if run.key_info is not None:
        permissions = run.key_info.get("permissions")
        return is_object(permissions) and is_list(permissions.get("models"))
    try:
        response = session.send("GET", "/text/models", probe=True)
    except Unreachable:
        return False
    items = load_json(response.content) if response.ok else None
    return is_list(items) and len(items) < len(run.catalogue.text)


def _learn_models(run: Run, session: Session, key: str | None = None) -> None:
    lists: dict[str, tuple[Any, ...]] = {}
    trouble: Unreachable | None = None
    for kind in ("text", "image", "audio"):
        run.emit(ProbeStarted(f"GET /{kind}/models"))
        try:
            response = session.send("GET", f"/{kind}/models", key=key, probe=True)
            if response.status == 401 and key is None and MAIN in run.target.keys:
                # That it is open to everybody is MODELS-INFO-01.
                response = session.send("GET", f"/{kind}/models", probe=True)
        except Unreachable as error:
            if error.refused:
                raise
            trouble = error
            continue
        _mind_redirect(run, response)
        items = load_json(response.content) if response.ok else None
        if is_list(items):
            models = [read_model(item) for item in cast("list[object]", items)]
            lists[kind] = tuple(model for model in models if model is not None)
    if trouble is not None and not run.target.heard:
        raise trouble  # three times nothing: whatever this is, it does not speak HTTP
    if not lists and key is None:
        run.notes.append(
            f"No list of models was found at {run.target.base_url}/text/models, "
            "/image/models or /audio/models; is this the URL of a gateway?"
        )
    run.catalogue = Catalogue(**lists)
    # The contract's own names are a snapshot; what the server lists is allowed as well.
    run.contract = run.contract.with_values(
        {f"/{kind}/models": run.catalogue.names(kind) for kind in lists}
    )


def _mind_redirect(run: Run, response: Exchange) -> None:
    """Stop when the server only says that it lives elsewhere.

    Raises:
        TargetError: it does; the message names the address to use.
    """
    place = urlsplit(response.header("location") or "")
    here = urlsplit(run.target.base_url)
    elsewhere = (place.scheme, place.netloc) != (here.scheme, here.netloc)
    if response.status in range(300, 400) and place.netloc and elsewhere:
        raise TargetError(
            f"{run.target.base_url} redirects to {place.scheme or here.scheme}://"
            f"{place.netloc}; give that as --base-url"
        )


def _learn_key(run: Run, session: Session) -> None:
    if MAIN not in run.target.keys:
        return
    try:
        response = session.send("GET", "/account/key", probe=True)
        if response.ok and is_object(info := load_json(response.content)):
            run.key_info = info
        response = session.send("GET", "/account/balance", probe=True)
        if response.ok:
            run.balance_before = _balance(response.content)
    except Unreachable as error:
        if error.refused:
            raise


def _find_missing(run: Run, session: Session) -> None:
    """Find out which operations the server has, whichever order it routes and authorizes in."""
    for record in run.operations.values():
        host = cast("Host", record.host)
        if host == "media" and run.target.media_url is None:
            record.untried = "no URL of a media host was given (--media-url)"
            continue
        method, path = PROBES.get(record.id, (record.method.upper(), record.path))
        run.emit(ProbeStarted(f"{method} {path}"))
        try:
            response = _probe(session, method, path, host)
            # It may be hidden from those without a key.
            unsure = response.status == 404 and record.tag == "account"
            if response.status == 401:
                unsure = _authorizes_first(run, session, method, host)
            if unsure and MAIN in run.target.keys:
                # With a model that nobody has, so that nothing is generated.
                query = INVALID if path.endswith("/probe") else {}
                response = session.send(method, path, query=query, host=host, probe=True, free=True)
        except Unreachable as error:
            if error.refused:
                record.missing = str(error)
            continue
        missing = _missing(record, response)
        if not (missing and record.id == "getMedia" and _has_files(run, session)):
            record.missing = missing


def _has_files(run: Run, session: Session) -> bool:
    """Return whether a file can be stored and downloaded: a 404 may be one of the file, too."""
    if MAIN not in run.target.keys or run.operations["uploadMedia"].missing:
        return False
    with contextlib.suppress(NotTested, Unreachable):
        minimal = run.minimal_requests["getMedia"]
        return session.send(**minimal.make(session, "getMedia", "")).status != 404
    return False


def _probe(session: Session, method: str, path: str, host: Host) -> Exchange:
    """Send a request without a key or a body; with one, where that is more than the server bears."""
    try:
        return session.send(method, path, key=None, host=host, probe=True)
    except Unreachable as error:
        if error.refused or error.slow or method != "POST":
            raise
    return session.send(method, path, json={}, key=None, host=host, probe=True)


def _authorizes_first(run: Run, session: Session, method: str, host: Host) -> bool:
    """Return whether a host refuses requests without a key before it looks for their path."""

    def refuses() -> bool:
        return session.send(method, "/no/such/path", key=None, host=host, probe=True).status == 401

    return run.once(f"authorizes first {method} {host}", refuses)


def _missing(record: OperationRecord, response: Exchange) -> str:
    """Return why an operation counts as missing; an empty text when it is there."""
    said = f"{response.method} {record.path} gets {response.status}"
    if response.status in UNSUPPORTED:
        return said
    if response.status != 404:
        return ""
    if record.host == "media" and record.id != "uploadMedia":
        # This host says 404 of files as well; without the route there is no such body.
        return said if response.method != "HEAD" and not _is_media_error(response) else ""
    return said


def close_ledger(run: Run) -> None:
    """Read the balance that is left, if it was known before."""
    if run.balance_before is None or run.out_of_time():
        return
    try:
        response = Session(run, "ledger").send("GET", "/account/balance", probe=True)
    except Unreachable:
        return
    if response.ok:
        run.balance_after = _balance(response.content)


def _is_media_error(response: Exchange) -> bool:
    value = load_json(response.content)
    return is_object(value) and isinstance(value.get("error"), str)


def _balance(content: bytes) -> float | None:
    value = load_json(content)
    balance = value.get("balance") if is_object(value) else None
    return float(balance) if isinstance(balance, int | float) else None
