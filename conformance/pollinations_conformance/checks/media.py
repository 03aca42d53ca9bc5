"""The media host: uploads, and files that come back as they were."""

# A docstring here says what the server does, and not what the function does.

import base64
import hashlib
from itertools import product
from typing import Any

from pollinations_conformance.checks.common import IMMUTABLE, png, send_media, upload, upload_json
from pollinations_conformance.checks.general.auth import PLACES
from pollinations_conformance.suite.registry import check
from pollinations_conformance.suite.runner import CannotTell, Place, Session, describe
from pollinations_conformance.suite.target import (
    MAIN,
    NOT_A_KEY,
    Exchange,
    Payload,
    form_payload,
    json_payload,
)

UP, GET, HEAD = "uploadMedia", "getMedia", "headMedia"
LIMIT = 10 * 2**20


def bare(t: Session, answer: Exchange, status: int, what: str) -> None:
    """Say that an upload is refused with a bare error."""
    t.refused(answer, status, what)
    error = t.object(answer).get("error")
    t.require(isinstance(error, str) and error, f"the error of {what} is {error!r}, not a text")


KINDS = ("image/png", "audio/mpeg", "video/mp4")


def in_every_form(data: bytes, kind: str = "image/png") -> dict[str, Payload]:
    """Write an upload as bare bytes, as a form and as base64 in JSON."""
    text = base64.b64encode(data).decode()
    return {
        "bare bytes": Payload(data, kind),
        "a form": form_payload([("file", data, "cat.png", kind)]),
        "JSON": json_payload({"data": text, "contentType": kind, "name": "cat.png"}),
    }


def send(t: Session, form: Payload, **options: Any) -> Exchange:
    """Upload something in one of the forms."""
    return send_media(t, "POST", "/upload", body=form, **options)


def stored(t: Session) -> tuple[bytes, dict[str, Any]]:
    """Give bytes that were uploaded, and the answer to it."""

    def store() -> tuple[bytes, dict[str, Any]]:
        data = png(t)
        return data, t.object(t.ok(upload(t, data)))

    return t.once("upload", store)


@check("MEDIA-UP-01", operations=UP, needs=MAIN)
def new_files_are_described(t: Session) -> None:
    """A new file is answered with its id, address, type and size, and is no duplicate."""
    for (what, by), sent in product(product(in_every_form(b""), PLACES), KINDS):
        data = png(t)
        found = t.object(t.ok(send(t, in_every_form(data, sent)[what], by=by), what))
        missing = {"id", "url", "contentType", "size", "duplicate"} - set(found)
        t.require(not missing, f"the answer to {what} lacks {sorted(missing)}")
        duplicate, kind = found["duplicate"], found["contentType"]
        t.require(duplicate is False, f"duplicate is {duplicate!r} for a new file")
        t.require(kind == sent, f"contentType is {kind!r} for {sent}, by {what}")
        t.require(
            type(found["size"]) is int and found["size"] == len(data),
            f"size is {found['size']!r} for {len(data)} bytes",
        )


@check("MEDIA-UP-02", operations=UP, needs=MAIN)
def uploads_are_idempotent(t: Session) -> None:
    """The same bytes again give 200, the same id and address, and duplicate true."""
    data = png(t)
    first = t.object(t.ok(upload(t, data)))
    again = [*in_every_form(data).items()] * 2
    sent = [(what, send(t, form)) for what, form in again]
    if "other" in t.target.keys:
        sent.append(("another key", upload(t, data, key="other")))
    for what, answer in sent:
        found = t.object(t.ok(answer, f"the same bytes again, by {what}"))
        t.require(
            (found.get("id"), found.get("url")) == (first.get("id"), first.get("url")),
            f"the same bytes get another id or address, by {what}",
        )
        t.require(found.get("duplicate") is True, f"duplicate is {found.get('duplicate')!r}")
    large = filled(t, 2**20)
    name = t.object(t.ok(upload(t, large))).get("id")
    if not t.run.operations[GET].missing:
        t.ok(send_media(t, "GET", f"/{name}", key=None))
    found = t.object(t.ok(upload(t, large), "the same bytes again, after they were fetched"))
    t.require(found.get("duplicate") is True, f"duplicate is {found.get('duplicate')!r} of 1 MiB")


@check("MEDIA-UP-03", operations=UP, needs=MAIN)
def every_form_gives_the_same_id(t: Session) -> None:
    """A form, bare bytes and base64 give the same bytes the same id."""
    data = png(t)
    text = base64.b64encode(data).decode()
    form = form_payload([("file", data, "cat.png", "image/png")])
    answers = {
        "bare bytes": upload(t, data),
        "a form": send_media(t, "POST", "/upload", body=form),
        "JSON": upload_json(t, {"data": text, "contentType": "image/png", "name": "cat.png"}),
    }
    ids = {what: t.object(t.ok(answer, what)).get("id") for what, answer in answers.items()}
    t.require(len(set(ids.values())) == 1, f"the ids differ: {ids}")


@check("MEDIA-UP-04", operations=UP, needs=MAIN)
def data_uris_give_the_same_id(t: Session) -> None:
    """base64 with and without a data URI's prefix is the same file."""
    text = base64.b64encode(png(t)).decode()
    prefixes = ["", *(f"data:{kind};base64," for kind in KINDS)]
    prefixes += ["data:image/png;name=cat.png;base64,", "data:image/svg+xml;charset=utf-8;base64,"]
    seen = {
        prefix: t.object(
            t.ok(upload_json(t, {"data": prefix + text, "contentType": "image/png"}), prefix)
        ).get("id")
        for prefix in prefixes
    }
    t.require(len(set(seen.values())) == 1, f"the prefix of a data URI changes the id: {seen}")


@check("MEDIA-UP-05", operations=UP, needs=MAIN)
def first_type_counts(t: Session) -> None:
    """A duplicate has the content type of the first upload, also when fetched."""
    data = png(t)
    t.ok(upload(t, data, "image/png"))
    again: dict[str, Any] = {}
    for what, form in in_every_form(data, "image/gif").items():
        again = t.object(t.ok(send(t, form)))
        t.require(again.get("duplicate") is True, "the same bytes of another type are no duplicate")
        kind = again.get("contentType")
        t.require(kind == "image/png", f"its type is {kind!r}, by {what}")
    if "other" in t.target.keys:
        kind = t.object(t.ok(upload(t, data, "image/gif", key="other"))).get("contentType")
        t.require(kind == "image/png", f"its type is {kind!r}, with another key")
    if not t.run.operations[GET].missing:
        answer = t.ok(send_media(t, "GET", f"/{again.get('id')}", key=None))
        t.require(answer.media_type == "image/png", f"it comes back as {answer.media_type!r}")


@check("MEDIA-UP-06", operations=UP, needs=MAIN)
def address_ends_with_the_id(t: Session) -> None:
    """The address ends with the id, and the size is that of the bytes, in every form."""
    # base64 ends in three ways.
    files = [png(t) + b"\0" * more for more in range(3)]
    data = files[0]
    for sent, what in product(files, in_every_form(b"")):
        found = t.object(t.ok(send(t, in_every_form(sent)[what])))
        t.require(
            str(found.get("url")).endswith("/" + str(found.get("id"))),
            f"the address {found.get('url')!r} does not end with {found.get('id')!r}",
        )
        t.require(found.get("size") == len(sent), f"size is {found.get('size')!r}")
    large = filled(t, 2**20 + 1)
    uri = "data:image/png;base64," + base64.b64encode(data).decode()
    more = (
        (upload(t, large), large),
        (upload_json(t, {"data": uri, "contentType": "image/png"}), data),
    )
    for answer, sent in more:
        found = t.object(t.ok(answer))
        t.require(found.get("size") == len(sent), f"size is {found.get('size')!r} of {len(sent)}")


@check("MEDIA-UP-07", operations=UP, needs=MAIN)
def id_is_the_hash(t: Session) -> None:
    """The id is the first 16 digits of the SHA-256, whatever type or name was given."""
    for kind, name in (("image/png", "cat.png"), ("video/mp4", "dog.mp4"), ("audio/mpeg", "x")):
        data = png(t)
        wanted = hashlib.sha256(data).hexdigest()[:16]
        form = form_payload([("file", data, name, kind)])
        text = {"data": base64.b64encode(data).decode(), "contentType": kind, "name": name}
        for answer in (upload(t, data, kind), send(t, form), upload_json(t, text)):
            found = t.object(t.ok(answer, f"a file of the type {kind}")).get("id")
            t.require(found == wanted, f"the id is {found!r}, the hash begins {wanted}")
    for options in ({"by": "query"}, {"key": "other"}):
        if options.get("key", MAIN) in t.target.keys:
            data = png(t)
            found = t.object(t.ok(upload(t, data, **options))).get("id")
            wanted = hashlib.sha256(data).hexdigest()[:16]
            t.require(found == wanted, f"with {options} the id is {found!r}, not {wanted}")
    large = filled(t, 2 * 2**20)
    found = t.object(t.ok(upload(t, large), "a file of 2 MiB")).get("id")
    wanted = hashlib.sha256(large).hexdigest()[:16]
    t.require(found == wanted, f"the id of a file of 2 MiB is {found!r}, the hash begins {wanted}")


def filled(t: Session, size: int) -> bytes:
    """Make a file of a certain size that is unlike any other."""
    start = png(t)
    return start + b"\0" * (size - len(start))


@check("MEDIA-UP-08", operations=UP, needs=MAIN)
def ten_mebibytes_are_the_limit(t: Session) -> None:
    """10485760 bytes are accepted, one more is a 413."""
    # The same bytes each time: a server may not keep so much of one client.
    for what, form in in_every_form(filled(t, LIMIT), "video/mp4").items():
        found = t.object(t.ok(send(t, form), f"a file of 10485760 bytes, by {what}"))
        t.require(found.get("size") == LIMIT, f"size is {found.get('size')!r}, by {what}")
    for what, form in in_every_form(filled(t, LIMIT + 1)).items():
        bare(t, send(t, form), 413, f"a file of 10485761 bytes, by {what}")


@check("MEDIA-UP-09", operations=UP, needs=MAIN)
def other_types_are_refused(t: Session) -> None:
    """A type other than image, audio or video, or none at all, is a 415."""
    others = ("text/plain", "application/pdf", "application/octet-stream", "imagex/png", "image")
    for kind in (*others, None):
        bare(t, upload(t, png(t), kind), 415, f"an upload of the type {kind}")
    form = form_payload([("file", png(t), "notes.txt", "text/plain")])
    bare(t, send_media(t, "POST", "/upload", body=form), 415, "a form with a text file")
    data = base64.b64encode(png(t)).decode()
    bare(t, upload_json(t, {"data": data, "contentType": "text/html"}), 415, "JSON with a page")
    bare(t, upload_json(t, {"data": data}), 415, "JSON without contentType")
    pdf = {"data": data, "contentType": "application/pdf"}
    bare(t, upload_json(t, pdf), 415, "JSON with a document")
    for kind in ("application/octet-stream", None):
        form = form_payload([("file", png(t), "notes", kind)])
        bare(t, send_media(t, "POST", "/upload", body=form), 415, f"a form's file of type {kind}")
    encoded = "application/x-www-form-urlencoded"
    bare(t, upload(t, png(t), encoded), 415, f"an upload of the type {encoded}")
    bare(t, upload(t, png(t), "text/plain", by="query"), 415, "a text, the key in the query")


@check("MEDIA-UP-10", operations=UP, needs=MAIN)
def empty_bodies_are_refused(t: Session) -> None:
    """An empty body is a 400."""
    for kind, by in product(KINDS, PLACES):
        bare(t, upload(t, b"", kind, by=by), 400, f"an empty upload of the type {kind}")


@check("MEDIA-UP-11", operations=UP, needs=MAIN)
def incomplete_forms_are_refused(t: Session) -> None:
    """A form without the field file, and JSON without data, is a 400."""
    form = form_payload([("picture", png(t), "cat.png", "image/png")])
    bare(t, send_media(t, "POST", "/upload", body=form), 400, "a form without file")
    bare(t, upload_json(t, {"contentType": "image/png"}), 400, "JSON without data")
    bare(t, upload_json(t, {"data": "", "contentType": "image/png"}), 400, "JSON with empty data")
    bare(t, upload_json(t, {"data": None, "contentType": "image/png"}), 400, "JSON with data null")
    bare(t, upload_json(t, {}), 400, "JSON with nothing in it")
    form = form_payload([("name", "cat", None, None)])
    bare(t, send_media(t, "POST", "/upload", body=form), 400, "a form with a text alone")


@check("MEDIA-UP-12", operations=UP)
def uploads_need_a_key(t: Session) -> None:
    """An upload without a key, or with an unknown one, is a 401 with a bare error."""
    roles = ["bogus", "expired"] if "expired" in t.target.keys else ["bogus"]
    keys: list[tuple[str | None, Place]] = [(role, by) for role in roles for by in PLACES]
    keys.append((None, "bearer"))
    for what, form in in_every_form(png(t)).items():
        for key, by in keys:
            bare(t, send(t, form, key=key, by=by), 401, f"{what} with the key {key}, in the {by}")
    if MAIN in t.target.keys:
        lower = {"Authorization": f"bearer {t.target.keys.get(MAIN)}"}
        bare(t, upload(t, png(t), key=None, headers=lower), 401, "an upload with a lower bearer")
    for what, options in strangers(t).items():
        bare(t, upload(t, png(t), **options), 401, f"an upload with {what}")
    if MAIN in t.target.keys:
        data, _ = stored(t)
        bare(t, upload(t, data, key=None), 401, "a file that is there already, without a key")


def strangers(t: Session) -> dict[str, dict[str, Any]]:
    """List ways of asking without a key that counts."""
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
    for what, form in in_every_form(png(t)).items():
        for by in PLACES:
            t.ok(send(t, form, by=by), f"{what} with the key in the {by}")
    for role in ("unpermitted", "other"):
        # A key that opens nothing else may be a wrong one.
        if role in t.target.keys and t.send("GET", "/v1/models", key=role, probe=True).ok:
            t.ok(upload(t, png(t), key=role), f"an upload with a key of the role {role!r}")


@check("MEDIA-UP-13", operations=UP, needs="publishable")
def uploads_take_publishable_keys(t: Session) -> None:
    """An upload with a publishable key works, in either place."""
    for by in ("bearer", "query"):
        t.ok(upload(t, png(t), key="publishable", by=by), "an upload with a publishable key")


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
        found = t.object(t.ok(send_media(t, "POST", "/upload", body=form), f"the file {name}"))
        t.require(
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
        found = t.object(t.ok(send_media(t, "POST", "/upload", body=form), f"the file {name}"))
        kind = str(found.get("contentType"))
        t.require(kind.startswith(f"{family}/"), f"{name} is taken for {kind!r}")


@check("MEDIA-GET-01", operations=(UP, GET), needs=MAIN)
def files_come_back(t: Session) -> None:
    """The bytes and their type come back as they were sent, whatever the bytes are."""
    odd = bytes(range(256)) * 3 + png(t) + b"\r\n--x--\r\n\0"
    large = filled(t, 2 * 2**20)
    blank = b" \n" + png(t) + b"\t\r\n"
    files = ((png(t), "image/png"), (odd, "audio/mpeg"), (large, "video/mp4"), (blank, "image/bmp"))
    for data, kind in files:
        for form in in_every_form(data, kind).values():
            found = t.object(t.ok(send_media(t, "POST", "/upload", body=form)))
            answer = t.ok(send_media(t, "GET", f"/{found.get('id')}", key=None))
            t.require(
                answer.content == data,
                f"{len(data)} bytes come back as {len(answer.content)}"
                if len(answer.content) != len(data)
                else "other bytes come back",
            )
            got = answer.header("content-type")
            t.require(got == kind, f"{kind} comes back as {got!r}")
            again = t.ok(send_media(t, "GET", f"/{found.get('id')}", key=None))
            t.require(again.content == data, "the second time other bytes come back")


@check("MEDIA-GET-01", operations=(UP, GET), needs=MAIN)
def types_come_back(t: Session) -> None:
    """The type comes back as it was sent, whichever form it was sent in."""
    kinds = ("image/webp", "image/gif", "image/svg+xml", "audio/ogg", "video/webm")
    for what, kind in product(in_every_form(b""), kinds):
        form = in_every_form(png(t), kind)[what]
        found = t.object(t.ok(send(t, form), what)).get("id")
        got = t.ok(send_media(t, "GET", f"/{found}", key=None)).header("content-type")
        t.require(got == kind, f"{kind}, sent by {what}, comes back as {got!r}")


@check("MEDIA-GET-02", operations=(UP, GET), needs=MAIN)
def files_are_public(t: Session) -> None:
    """A file is there for those without a key, and for those with a wrong one."""
    keys: tuple[tuple[str | None, Place], ...] = (
        (None, "bearer"),
        ("bogus", "bearer"),
        ("bogus", "query"),
    )
    for name, (key, by), method in product(of_every_kind(t), keys, ("GET", "HEAD")):
        answer = send_media(t, method, f"/{name}", key=key, by=by)
        t.ok(answer, f"{method} with the key {key}")


@check("MEDIA-GET-03", operations=(UP, GET), needs=MAIN)
def files_never_change(t: Session) -> None:
    """A file may be cached for ever."""
    for name, method, key in product(of_every_kind(t), ("GET", "HEAD"), (None, MAIN)):
        value = t.ok(send_media(t, method, f"/{name}", key=key)).header("cache-control")
        t.require(value == IMMUTABLE, f"Cache-Control of {method} is {value!r}")


@check("MEDIA-GET-04", operations=(UP, GET), needs=MAIN)
def files_tell_their_hash(t: Session) -> None:
    """X-Content-Hash is the asked hash, X-Content-Size the number of bytes."""
    for (name, length), method in product(of_every_kind(t).items(), ("GET", "HEAD")):
        answer = t.ok(send_media(t, method, f"/{name}", key=None))
        value, size = answer.header("x-content-hash"), answer.header("x-content-size")
        t.require(value == name, f"X-Content-Hash of {method} is {value!r}")
        t.require(
            size in {None, str(length)}, f"X-Content-Size of {method} is {size!r} for {length}"
        )


def of_every_kind(t: Session) -> dict[str, int]:
    """Store files of every kind, form and size; give their ids with their sizes."""
    files = [(png(t), kind, what) for kind, what in zip(KINDS, in_every_form(b""), strict=True)]
    files += [(filled(t, 2**18), KINDS[0], "bare bytes"), (png(t), KINDS[0], "JSON")]
    found: dict[str, int] = {}
    refused = ""
    for data, kind, what in files:
        answer = send(t, in_every_form(data, kind)[what])
        if answer.ok:  # that each form is accepted is for the checks of uploads to say
            found[str(t.object(answer).get("id"))] = len(data)
        else:
            refused = describe(answer)
    if not found:
        raise CannotTell(f"no file can be stored: an upload is answered {refused}")
    return found


MALFORMED = (
    "zzz",
    "0123456789ab",
    "0123456789abcde",
    "0123456789abcdef0",
    "0123456789abcdeg",
    "0123456789ABCDEG",
    "0x23456789abcdef",
    "0123-567-89abcde",
    "0123456789abcdef.png",
    "0123456789abcde%20",
    "0123456789abcdef%0A",
    "0123456789abcde%D9%A3",
    "0123456789abcde%25",
    "0" * 32,
    "0" * 64,
)


@check("MEDIA-GET-05", operations=GET)
def malformed_hashes_are_refused(t: Session) -> None:
    """A hash of another length or with other characters is a 400."""
    keys = (None, MAIN) if MAIN in t.target.keys else (None,)
    for text, key in product(MALFORMED, keys):
        bare(t, send_media(t, "GET", f"/{text}", key=key), 400, f"GET /{text}")
    if MAIN in t.target.keys and not t.run.operations[UP].missing:
        # Not even when it is almost that of a file.
        name = str(stored(t)[1].get("id"))
        for text in (name[:12], name[:15], name + "0", name + ".png", f"{name}%0A"):
            bare(t, send_media(t, "GET", f"/{text}", key=None), 400, f"GET /{text}")


@check("MEDIA-GET-06", operations=GET)
def unknown_hashes_are_not_found(t: Session) -> None:
    """A well-formed hash of nothing is a 404."""
    made = hashlib.sha256(t.fresh("nothing").encode()).hexdigest()[:16]
    digits = str(int(made, 16))[:16].rjust(16, "7")
    letters = made.translate(str.maketrans("0123456789", "abcdefabcd"))
    keys = (None, MAIN) if MAIN in t.target.keys else (None,)
    for text, key in product((made, digits, letters, "0" * 16), keys):
        bare(t, send_media(t, "GET", f"/{text}", key=key), 404, f"GET /{text}")


@check("MEDIA-GET-07", operations=GET)
def files_are_open_to_browsers(t: Session) -> None:
    """Any origin may read a file and its hash."""
    headers = {"Origin": "https://example.com"}
    paths = ("/zzz", f"/{hashlib.sha256(t.fresh('nothing').encode()).hexdigest()[:16]}")
    answers = [send_media(t, "GET", path, key=None, headers=headers) for path in paths]
    if not t.run.operations[UP].missing and MAIN in t.target.keys:
        for name, method in product(of_every_kind(t), ("GET", "HEAD")):
            answers.append(send_media(t, method, f"/{name}", key=None, headers=headers))
    for answer in answers:
        t.excuse(answer)
        origin = answer.header("access-control-allow-origin")
        t.require(origin == "*", f"Access-Control-Allow-Origin is {origin!r}")
        exposed = (answer.header("access-control-expose-headers") or "").lower()
        t.require("x-content-hash" in exposed or exposed == "*", f"exposed are {exposed!r}")


@check("MEDIA-GET-08", operations=(UP, GET), needs=MAIN)
def hashes_are_taken_as_written(t: Session) -> None:
    """A hash in upper case is not found."""
    for _ in range(20):
        found = str(t.object(t.ok(upload(t, png(t)))).get("id"))
        if found.upper() != found:
            for method in ("GET", "HEAD"):
                answer = send_media(t, method, f"/{found.upper()}", key=None)
                t.refused(answer, 404, f"{method} of a hash in upper case")
            return
    raise CannotTell("twenty hashes without a letter")


def raw_head(t: Session, path: str) -> bytes:
    """Ask with HEAD and give every byte that comes after the headers."""
    raw = t.target.raw(
        "media",
        lambda host, prefix: (
            f"HEAD {prefix}{path} HTTP/1.1\r\nHost: {host}\r\n"
            "User-Agent: pollinations-conformance\r\nConnection: close\r\n\r\n"
        ).encode(),
    )
    return raw.partition(b"\r\n\r\n")[2]


@check("MEDIA-HEAD-01", operations=(UP, HEAD), needs=MAIN)
def head_is_get(t: Session) -> None:
    """HEAD has the status, type and hash of GET, and no body on the wire."""
    paths = [f"/{name}" for name in of_every_kind(t)]
    for path, key in product(paths, (None, MAIN)):
        get = t.ok(send_media(t, "GET", path, key=key))
        head = t.ok(send_media(t, "HEAD", path, key=key), f"HEAD {path}")
        for name in ("content-type", "x-content-hash"):
            t.require(
                head.header(name) == get.header(name),
                f"{name} of HEAD is {head.header(name)!r}, of GET {get.header(name)!r}",
            )
    rest = raw_head(t, paths[0])
    t.require(not rest, f"HEAD is answered with a body of {len(rest)} bytes")


@check("MEDIA-HEAD-02", operations=(UP, HEAD), needs=MAIN)
def head_tells_the_length(t: Session) -> None:
    """Content-Length of HEAD is the number of bytes of the file."""
    plain = {"Accept-Encoding": "identity"}  # a proxy that compresses cannot tell the length
    for name, size in of_every_kind(t).items():
        answer = t.ok(send_media(t, "HEAD", f"/{name}", key=None, headers=plain))
        value = answer.header("content-length")
        t.require(value == str(size), f"Content-Length is {value!r} for {size} bytes")


@check("MEDIA-HEAD-03", operations=HEAD)
def head_refuses_like_get(t: Session) -> None:
    """HEAD of a malformed hash is a 400, of an unknown one a 404, without a body."""
    unknown = hashlib.sha256(t.fresh("nothing").encode()).hexdigest()[:16]
    for text, status in ((unknown, 404), *((text, 400) for text in MALFORMED)):
        answer = send_media(t, "HEAD", f"/{text}", key=None)
        t.refused(answer, status, f"HEAD /{text}")
    for text in (unknown, "zzz"):
        rest = raw_head(t, f"/{text}")
        t.require(not rest, f"a refusal of HEAD has a body of {len(rest)} bytes")
