"""Check uploads to the media host."""

import base64
import hashlib
import json
import re
from itertools import product
from typing import Any

from pollinations_conformance.checks.common.files import png
from pollinations_conformance.checks.common.images import IMAGE, ONE, reference_url, request_image
from pollinations_conformance.checks.common.keys import PLACES
from pollinations_conformance.checks.common.responses import is_success_of, object_of
from pollinations_conformance.checks.common.uploads import (
    GET,
    KINDS,
    UP,
    filled,
    in_every_form,
    in_form,
    in_working_forms,
    send,
    send_media,
    store,
    stored_file,
    upload,
    upload_json,
    working_forms,
)
from pollinations_conformance.http.text import by_key
from pollinations_conformance.suite import (
    MAIN,
    NOT_A_KEY,
    Exchange,
    Payload,
    Place,
    Session,
    check,
    form_payload,
    json_payload,
    watch,
)

LIMIT = 10 * 2**20


@check("MEDIA-UP-01", operations=UP, needs=MAIN)
def new_files_are_described(t: Session) -> None:
    """A new file gets its id, URL, type and size, and is no duplicate."""
    for (what, by), sent in product(product(in_every_form(b""), PLACES), KINDS):
        data = png(t)
        found = t.json_object(
            t.assert_success(send(t, in_every_form(data, sent)[what], by=by), what)
        )
        missing = {"id", "url", "contentType", "size", "duplicate"} - set(found)
        t.assert_that(not missing, f"the response to {what} lacks {', '.join(sorted(missing))}")
        duplicate, kind = found["duplicate"], found["contentType"]
        t.assert_that(duplicate is False, f"duplicate is {duplicate!r} for a new file")
        t.assert_that(kind == sent, f"contentType is {kind!r} for {sent}, by {what}")
        t.assert_that(
            type(found["size"]) is int, f"size is {found['size']!r} for {len(data)} bytes"
        )


@check("MEDIA-UP-02", operations=UP, needs=MAIN, assumes="MEDIA-UP-07")
def uploads_are_idempotent(t: Session) -> None:
    """The same bytes again give 200, the same id and URL, and duplicate true."""
    data = png(t)
    first = t.json_object(t.assert_success(store(t, data)))
    again = [*in_working_forms(t, data).items()] * 2
    sent = [(what, send(t, form)) for what, form in again]
    if "other-account" in t.target.keys:
        sent.append(("another key", store(t, data, key="other-account")))
    for what, response in sent:
        found = t.json_object(t.assert_success(response, f"the same bytes again, by {what}"))
        t.assert_that(
            (found.get("id"), found.get("url")) == (first.get("id"), first.get("url")),
            f"the same bytes get another id or URL, by {what}",
        )
        t.assert_that(found.get("duplicate") is True, f"duplicate is {found.get('duplicate')!r}")
    large = filled(t, 2**20)
    name = t.json_object(t.assert_success(store(t, large))).get("id")
    if not t.run.operations[GET].missing:
        t.assert_success(send_media(t, "GET", f"/{name}", key=None))
    found = t.json_object(
        t.assert_success(store(t, large), "the same bytes again, after they were fetched")
    )
    t.assert_that(
        found.get("duplicate") is True, f"duplicate is {found.get('duplicate')!r} of 1 MiB"
    )


@check("MEDIA-UP-03", operations=UP, needs=MAIN)
def every_form_gives_the_same_id(t: Session) -> None:
    """A form, raw bytes and base64 give the same bytes the same id."""
    forms = working_forms(t)
    t.need(
        len(forms) > 1, "MEDIA-UP-01", f"uploads as {forms[0]} are the only ones that are accepted"
    )
    data = png(t)
    text = base64.b64encode(data).decode()
    form = form_payload([("file", data, "cat.png", "image/png")])
    sent = {
        "raw bytes": Payload(data, "image/png"),
        "a form": form,
        "JSON": json_payload({"data": text, "contentType": "image/png", "name": "cat.png"}),
    }
    ids = {
        what: t.json_object(t.assert_success(send(t, sent[what]), what)).get("id") for what in forms
    }
    t.assert_that(len(set(ids.values())) == 1, f"the ids differ: {ids}")


@check("MEDIA-UP-04", operations=UP, needs=MAIN)
def data_uris_give_the_same_id(t: Session) -> None:
    """base64 with and without a data URI's prefix is the same file."""
    text = base64.b64encode(png(t)).decode()
    prefixes = ["", *(f"data:{kind};base64," for kind in KINDS)]
    prefixes += ["data:image/png;name=cat.png;base64,", "data:image/svg+xml;charset=utf-8;base64,"]
    seen = {
        prefix: t.json_object(
            t.assert_success(
                upload_json(t, {"data": prefix + text, "contentType": "image/png"}), prefix
            )
        ).get("id")
        for prefix in prefixes
    }
    t.assert_that(len(set(seen.values())) == 1, f"the prefix of a data URI changes the id: {seen}")


@check("MEDIA-UP-05", operations=UP, needs=MAIN, assumes="MEDIA-UP-07")
def first_type_counts(t: Session) -> None:
    """A duplicate has the content type of the first upload, also when fetched."""
    data = png(t)
    t.assert_success(store(t, data, "image/png"))
    again: dict[str, Any] = {}
    for what, form in in_working_forms(t, data, "image/gif").items():
        again = t.json_object(t.assert_success(send(t, form)))
        t.need(
            again.get("duplicate") is True,
            "MEDIA-UP-02" if what == "raw bytes" else "MEDIA-UP-03",
            f"the same bytes of another type are no duplicate, by {what}",
        )
        kind = again.get("contentType")
        t.assert_that(kind == "image/png", f"its type is {kind!r}, by {what}")
    if "other-account" in t.target.keys:
        kind = t.json_object(
            t.assert_success(store(t, data, "image/gif", key="other-account"))
        ).get("contentType")
        t.assert_that(kind == "image/png", f"its type is {kind!r}, with another key")
    if not t.run.operations[GET].missing:
        other = t.json_object(t.assert_success(store(t, png(t), "image/gif"))).get("id")
        response = t.assert_success(send_media(t, "GET", f"/{other}", key=None))
        kind = response.media_type
        t.need(kind == "image/gif", "MEDIA-GET-01", f"image/gif comes back as {kind!r}")
        response = t.assert_success(send_media(t, "GET", f"/{again.get('id')}", key=None))
        kind = response.media_type
        t.assert_that(kind == "image/png", f"it comes back as {kind!r}")


@watch("MEDIA-UP-06", gateway=False, assumes="MEDIA-UP-07")
def every_upload_url_ends_with_its_id(exchange: Exchange) -> str | None:
    """An upload's URL ends with its id."""
    if exchange.operation != "uploadMedia" or not exchange.ok:
        return None
    try:
        body = json.loads(exchange.content)
        url, name = str(body["url"]), str(body["id"])
    except (ValueError, KeyError, TypeError):
        return None
    return "" if url.endswith("/" + name) else f"the URL {url!r}, the id {name!r}"


@check("MEDIA-UP-06", operations=UP, needs=MAIN, assumes="MEDIA-UP-07")
def upload_url_ends_with_the_id(t: Session) -> None:
    """The URL ends with the id, and the size is that of the bytes, in every form."""
    # base64 ends in three ways.
    files = [png(t) + b"\0" * more for more in range(3)]
    data = files[0]
    ids: dict[bytes, object] = {}
    for sent, what in product(files, working_forms(t)):
        found = described(t, send(t, in_form(what, sent)))
        t.assert_that(
            str(found.get("url")).endswith("/" + str(found.get("id"))),
            f"the URL {found.get('url')!r} does not end with {found.get('id')!r}",
        )
        t.assert_that(found.get("size") == len(sent), f"size is {found.get('size')!r}")
        ids[sent] = found.get("id")
    large = filled(t, 2**20 + 1)
    uri = "data:image/png;base64," + base64.b64encode(data).decode()
    more = [(store(t, large), large)]
    if "JSON" in working_forms(t):
        more.append((upload_json(t, {"data": uri, "contentType": "image/png"}), data))
    for response, sent in more:
        found = described(t, response)
        wanted = hashlib.sha256(sent).hexdigest()[:16]
        t.need(
            found.get("id") in {wanted, ids.get(sent, found.get("id"))},
            "MEDIA-UP-04",
            f"the id of a data URI is {found.get('id')!r}, that of its bytes {ids.get(sent)!r}",
        )
        t.assert_that(
            found.get("size") == len(sent), f"size is {found.get('size')!r} of {len(sent)}"
        )


def described(t: Session, response: Exchange) -> dict[str, Any]:
    """Return the description of an upload; that it has a size is MEDIA-UP-01."""
    found = t.json_object(t.assert_success(response))
    t.need(type(found.get("size")) is int, "MEDIA-UP-01", f"size is {found.get('size')!r}")
    return found


@watch("MEDIA-UP-07", gateway=False)
def every_upload_id_is_the_hash(exchange: Exchange) -> str | None:
    """The id of an upload is 16 digits in lower case; for raw bytes, those of their SHA-256."""
    if not is_success_of(exchange, "uploadMedia"):
        return None
    value = object_of(exchange.content)
    if value is None:
        return None
    name = value.get("id")
    if not isinstance(name, str) or not re.fullmatch(r"[0-9a-f]{16}", name):
        return f"the id is {name!r}"
    kind = next((v for k, v in exchange.request_headers if k.lower() == "content-type"), "")
    if re.search("multipart/form-data|application/json", kind, re.I):
        return ""
    wanted = hashlib.sha256(exchange.request_body).hexdigest()[:16]
    return "" if name == wanted else f"the id is {name!r}, the hash begins {wanted}"


@check("MEDIA-UP-07", operations=UP, needs=MAIN)
def id_is_the_hash(t: Session) -> None:
    """The id is the first 16 digits of the SHA-256, whatever type or name was given."""
    for kind, name in (("image/png", "cat.png"), ("video/mp4", "dog.mp4"), ("audio/mpeg", "x")):
        data = png(t)
        wanted = hashlib.sha256(data).hexdigest()[:16]
        form = form_payload([("file", data, name, kind)])
        text = {"data": base64.b64encode(data).decode(), "contentType": kind, "name": name}
        sent = {"raw bytes": Payload(data, kind), "a form": form, "JSON": json_payload(text)}
        for what in working_forms(t):
            response = send(t, sent[what])
            found = t.json_object(t.assert_success(response, f"a file of the type {kind}")).get(
                "id"
            )
            t.assert_that(found == wanted, f"the id is {found!r}, the hash begins {wanted}")
    for options in ({"by": "query"}, {"key": "other-account"}):
        if options.get("key", MAIN) in t.target.keys:
            data = png(t)
            found = t.json_object(t.assert_success(store(t, data, **options))).get("id")
            wanted = hashlib.sha256(data).hexdigest()[:16]
            t.assert_that(found == wanted, f"with {options} the id is {found!r}, not {wanted}")
    large = filled(t, 2 * 2**20)
    found = t.json_object(t.assert_success(store(t, large), "a file of 2 MiB")).get("id")
    wanted = hashlib.sha256(large).hexdigest()[:16]
    t.assert_that(
        found == wanted, f"the id of a file of 2 MiB is {found!r}, the hash begins {wanted}"
    )


@check("MEDIA-UP-08", operations=UP, needs=MAIN)
def ten_mebibytes_are_the_limit(t: Session) -> None:
    """10485760 bytes are accepted, one more is a 413."""
    # The same bytes each time: a server may not keep so much of one client.
    data = filled(t, LIMIT)
    for what in working_forms(t):
        response = send(t, in_form(what, data, "video/mp4"))
        found = described(t, t.assert_success(response, f"a file of 10485760 bytes, by {what}"))
        size = found.get("size")
        t.need(size == LIMIT, "MEDIA-UP-06", f"size is {size!r}, by {what}")
    data = filled(t, LIMIT + 1)
    for what in working_forms(t):
        response = send(t, in_form(what, data))
        t.assert_rejected(response, 413, f"a file of 10485761 bytes, by {what}")


@check("MEDIA-UP-09", operations=UP, needs=MAIN)
def other_types_are_refused(t: Session) -> None:
    """A type other than image, audio or video, or none at all, is a 415."""
    forms = working_forms(t)
    others = ("text/plain", "application/pdf", "application/octet-stream", "imagex/png", "image")
    for kind in (*others, None) if "raw bytes" in forms else ():
        t.assert_rejected(upload(t, png(t), kind), 415, f"an upload of the type {kind}")
    if "a form" in forms:
        form = form_payload([("file", png(t), "notes.txt", "text/plain")])
        t.assert_rejected(send(t, form), 415, "a form with a text file")
    if "JSON" in forms:
        data = base64.b64encode(png(t)).decode()
        page = {"data": data, "contentType": "text/html"}
        t.assert_rejected(upload_json(t, page), 415, "JSON with a page")
        t.assert_rejected(upload_json(t, {"data": data}), 415, "JSON without contentType")
        pdf = {"data": data, "contentType": "application/pdf"}
        t.assert_rejected(upload_json(t, pdf), 415, "JSON with a document")
    for kind in ("application/octet-stream", None) if "a form" in forms else ():
        form = form_payload([("file", png(t), "notes", kind)])
        t.assert_rejected(
            send_media(t, "POST", "/upload", body=form), 415, f"a form's file of type {kind}"
        )
    if "raw bytes" not in forms:
        return
    encoded = "application/x-www-form-urlencoded"
    t.assert_rejected(upload(t, png(t), encoded), 415, f"an upload of the type {encoded}")
    t.assert_rejected(
        upload(t, png(t), "text/plain", by="query"), 415, "a text, the key in the query"
    )


@check("MEDIA-UP-10", operations=UP, needs=MAIN)
def empty_bodies_are_refused(t: Session) -> None:
    """An empty body is a 400."""
    for kind, by in product(KINDS, PLACES):
        t.assert_rejected(upload(t, b"", kind, by=by), 400, f"an empty upload of the type {kind}")


@check("MEDIA-UP-11", operations=UP, needs=MAIN)
def incomplete_forms_are_refused(t: Session) -> None:
    """A form without the field file, and JSON whose data is no text, is a 400."""
    forms = working_forms(t)
    if "a form" in forms:
        form = form_payload([("picture", png(t), "cat.png", "image/png")])
        t.assert_rejected(send(t, form), 400, "a form without file")
        form = form_payload([("name", "cat", None, None)])
        t.assert_rejected(send(t, form), 400, "a form with a text alone")
    if "JSON" not in forms:
        return
    t.assert_rejected(upload_json(t, {"contentType": "image/png"}), 400, "JSON without data")
    t.assert_rejected(
        upload_json(t, {"data": "", "contentType": "image/png"}), 400, "JSON with empty data"
    )
    t.assert_rejected(
        upload_json(t, {"data": None, "contentType": "image/png"}), 400, "JSON with data null"
    )
    t.assert_rejected(upload_json(t, {}), 400, "JSON with nothing in it")
    for value in (5, True, ["aGk="], {"base64": "aGk="}):
        what = f"JSON with data of the type {type(value).__name__}"
        t.assert_rejected(upload_json(t, {"data": value, "contentType": "image/png"}), 400, what)
    for body in (b"null", b"[]", b"5", b'"data"'):
        sent = Payload(body, "application/json")
        t.assert_rejected(
            send_media(t, "POST", "/upload", body=sent), 400, f"the JSON {body.decode()}"
        )


@check("MEDIA-UP-12", operations=UP)
def uploads_need_a_key(t: Session) -> None:
    """An upload without a key, or with an unknown one, is a 401 whose error is one string."""
    roles = ["bogus", "expired"] if "expired" in t.target.keys else ["bogus"]
    keys: list[tuple[str | None, Place]] = [(role, by) for role in roles for by in PLACES]
    keys.append((None, "bearer"))
    for what, form in in_working_forms(t, png(t)).items():
        for key, by in keys:
            t.assert_rejected(
                send(t, form, key=key, by=by), 401, f"{what} {by_key(key)}, in the {by}"
            )
    if MAIN in t.target.keys:
        lower = {"Authorization": f"bearer {t.target.keys.get(MAIN)}"}
        t.assert_rejected(
            store(t, png(t), key=None, headers=lower), 401, "an upload with a lower bearer"
        )
    for what, options in unknown_keys(t).items():
        t.assert_rejected(store(t, png(t), **options), 401, f"an upload with {what}")
    if MAIN in t.target.keys:
        data, _ = stored_file(t)
        t.assert_rejected(
            store(t, data, key=None), 401, "a file that is there already, without a key"
        )


def unknown_keys(t: Session) -> dict[str, dict[str, Any]]:
    """Return requests without a key that counts."""
    key = t.target.keys.get(MAIN)
    found: dict[str, dict[str, Any]] = {
        "an empty key": {"key": None, "query": {"key": ""}},
        "an unknown publishable key": {"key": None, "query": {"key": f"pk_{NOT_A_KEY[3:19]}"}},
        "a session": {"key": None, "headers": {"Cookie": f"session={key or 'x'}"}},
    }
    if key:
        found["the key in x-api-key"] = {"key": None, "headers": {"x-api-key": key}}
    return found


@check("MEDIA-UP-13", operations=UP, needs=MAIN)
def uploads_take_the_key_from_the_query(t: Session) -> None:
    """An upload with the key in the header or in the query works, whatever else the key may do."""
    for what, form in in_working_forms(t, png(t)).items():
        for by in PLACES:
            t.assert_success(send(t, form, by=by), f"{what} with the key in the {by}")
    for role in ("no-permissions", "other-account"):
        # A key that opens nothing else may be a wrong one.
        if role in t.target.keys and t.send("GET", "/v1/models", key=role, probe=True).ok:
            t.assert_success(
                store(t, png(t), key=role), f"an upload with a key of the role {role!r}"
            )


@check("MEDIA-UP-13", operations=UP, needs="publishable")
def uploads_take_publishable_keys(t: Session) -> None:
    """An upload with a publishable key works, in either place."""
    for by in ("bearer", "query"):
        t.assert_success(
            store(t, png(t), key="publishable", by=by), "an upload with a publishable key"
        )


@check("MEDIA-UP-14", operations=UP, needs=MAIN)
def types_follow_from_names(t: Session) -> None:
    """A part of a form without a type has that of its file name's extension."""
    for name, kind in (
        ("cat.png", "image/png"),
        ("song.mp3", "audio/mpeg"),
        ("a.mp4", "video/mp4"),
        ("a.jpg", "image/jpeg"),
        ("a.jpeg", "image/jpeg"),
        ("a.gif", "image/gif"),
        ("a.webp", "image/webp"),
        ("a.wav", "audio/wav"),
        ("cat.of.mine.png", "image/png"),
    ):
        form = form_payload([("file", png(t), name, None)])
        found = t.json_object(
            t.assert_success(send_media(t, "POST", "/upload", body=form), f"the file {name}")
        )
        t.assert_that(
            found.get("contentType") == kind, f"{name} is taken for {found.get('contentType')!r}"
        )
    # These have several names each.
    for name, family in (
        ("a.PNG", "image"),
        ("a.svg", "image"),
        ("a.bmp", "image"),
        ("a.webm", "video"),
        ("a.mov", "video"),
        ("a.mkv", "video"),
        ("a.flac", "audio"),
        ("a.m4a", "audio"),
        ("a.ogg", "audio"),
    ):
        form = form_payload([("file", png(t), name, None)])
        found = t.json_object(
            t.assert_success(send_media(t, "POST", "/upload", body=form), f"the file {name}")
        )
        kind = str(found.get("contentType"))
        t.assert_that(kind.startswith(f"{family}/"), f"{name} is taken for {kind!r}")


@check("MEDIA-UP-15", operations=("uploadMedia", IMAGE), needs=MAIN, cost=ONE)
def uploads_are_references(t: Session) -> None:
    """The URL of an upload is accepted as a reference image."""
    url = t.json_object(t.assert_success(store(t, png(t)))).get("url")
    reference_url(t, request_image(t, image=url), "the URL of an upload")
