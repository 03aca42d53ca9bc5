"""The media host: uploads, and files that come back as they were."""

# A docstring here says what the server does, and not what the function does.

import base64
import hashlib
from typing import Any

from pollinations_conformance.checks.common import IMMUTABLE, png, send_media, upload, upload_json
from pollinations_conformance.runner import CannotTell, Session, check
from pollinations_conformance.target import MAIN, Exchange, Payload, form_payload

UP, GET, HEAD = "uploadMedia", "getMedia", "headMedia"
LIMIT = 10 * 2**20


def bare(t: Session, answer: Exchange, status: int, what: str) -> None:
    """Say that an upload is refused with a bare error."""
    t.refused(answer, status, what)
    error = t.object(answer).get("error")
    t.require(isinstance(error, str) and error, f"the error of {what} is {error!r}, not a text")


def stored(t: Session) -> tuple[bytes, dict[str, Any]]:
    """Give bytes that were uploaded, and the answer to it."""

    def store() -> tuple[bytes, dict[str, Any]]:
        data = png(t)
        return data, t.object(t.ok(upload(t, data)))

    return t.once("upload", store)


@check("MEDIA-UP-01", operations=UP, needs=MAIN)
def new_files_are_described(t: Session) -> None:
    """A new file is answered with its id, address, type and size, and is no duplicate."""
    data = png(t)
    found = t.object(t.ok(upload(t, data)))
    missing = {"id", "url", "contentType", "size", "duplicate"} - set(found)
    t.require(not missing, f"the answer lacks {sorted(missing)}")
    t.require(found["duplicate"] is False, f"duplicate is {found['duplicate']!r} for a new file")
    t.require(found["contentType"] == "image/png", f"contentType is {found['contentType']!r}")
    t.require(found["size"] == len(data), f"size is {found['size']!r} for {len(data)} bytes")


@check("MEDIA-UP-02", operations=UP, needs=MAIN)
def uploads_are_idempotent(t: Session) -> None:
    """The same bytes again give 200, the same id and address, and duplicate true."""
    data = png(t)
    first = t.object(t.ok(upload(t, data)))
    for _ in range(2):
        again = t.object(t.ok(upload(t, data), "the same bytes again"))
        t.require(
            (again.get("id"), again.get("url")) == (first.get("id"), first.get("url")),
            "the same bytes get another id or address",
        )
        t.require(again.get("duplicate") is True, f"duplicate is {again.get('duplicate')!r}")


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
    ids = {
        t.object(t.ok(upload_json(t, {"data": prefix + text, "contentType": "image/png"}))).get(
            "id"
        )
        for prefix in ("", "data:image/png;base64,")
    }
    t.require(len(ids) == 1, "the prefix of a data URI changes the id")


@check("MEDIA-UP-05", operations=UP, needs=MAIN)
def first_type_counts(t: Session) -> None:
    """A duplicate has the content type of the first upload, also when fetched."""
    data = png(t)
    t.ok(upload(t, data, "image/png"))
    again = t.object(t.ok(upload(t, data, "image/gif")))
    t.require(again.get("duplicate") is True, "the same bytes of another type are no duplicate")
    t.require(again.get("contentType") == "image/png", f"its type is {again.get('contentType')!r}")
    if not t.run.operations[GET].missing:
        answer = t.ok(send_media(t, "GET", f"/{again.get('id')}", key=None))
        t.require(answer.media_type == "image/png", f"it comes back as {answer.media_type!r}")


@check("MEDIA-UP-06", operations=UP, needs=MAIN)
def address_ends_with_the_id(t: Session) -> None:
    """The address ends with the id, and the size is that of the bytes, in every form."""
    data = png(t)
    text = base64.b64encode(data).decode()
    for answer in (upload(t, data), upload_json(t, {"data": text, "contentType": "image/png"})):
        found = t.object(t.ok(answer))
        t.require(
            str(found.get("url")).endswith("/" + str(found.get("id"))),
            f"the address {found.get('url')!r} does not end with {found.get('id')!r}",
        )
        t.require(found.get("size") == len(data), f"size is {found.get('size')!r}")


@check("MEDIA-UP-07", operations=UP, needs=MAIN)
def id_is_the_hash(t: Session) -> None:
    """The id is the first 16 digits of the SHA-256, whatever type or name was given."""
    for kind, name in (("image/png", "cat.png"), ("video/mp4", "dog.mp4"), ("audio/mpeg", "x")):
        data = png(t)
        wanted = hashlib.sha256(data).hexdigest()[:16]
        form = form_payload([("file", data, name, kind)])
        for answer in (upload(t, data, kind), send_media(t, "POST", "/upload", body=form)):
            found = t.object(t.ok(answer, f"a file of the type {kind}")).get("id")
            t.require(found == wanted, f"the id is {found!r}, the hash begins {wanted}")


def filled(t: Session, size: int) -> bytes:
    """Make a file of a certain size that is unlike any other."""
    start = png(t)
    return start + b"\0" * (size - len(start))


@check("MEDIA-UP-08", operations=UP, needs=MAIN)
def ten_mebibytes_are_the_limit(t: Session) -> None:
    """10485760 bytes are accepted, one more is a 413."""
    found = t.object(t.ok(upload(t, filled(t, LIMIT)), "a file of 10485760 bytes"))
    t.require(found.get("size") == LIMIT, f"size is {found.get('size')!r}")
    bare(t, upload(t, filled(t, LIMIT + 1)), 413, "a file of 10485761 bytes")


@check("MEDIA-UP-09", operations=UP, needs=MAIN)
def other_types_are_refused(t: Session) -> None:
    """A type other than image, audio or video, or none at all, is a 415."""
    for kind in ("text/plain", "application/pdf", "application/octet-stream", None):
        bare(t, upload(t, png(t), kind), 415, f"an upload of the type {kind}")
    form = form_payload([("file", png(t), "notes.txt", "text/plain")])
    bare(t, send_media(t, "POST", "/upload", body=form), 415, "a form with a text file")


@check("MEDIA-UP-10", operations=UP, needs=MAIN)
def empty_bodies_are_refused(t: Session) -> None:
    """An empty body is a 400."""
    bare(t, upload(t, b""), 400, "an empty upload")


@check("MEDIA-UP-11", operations=UP, needs=MAIN)
def incomplete_forms_are_refused(t: Session) -> None:
    """A form without the field file, and JSON without data, is a 400."""
    form = form_payload([("picture", png(t), "cat.png", "image/png")])
    bare(t, send_media(t, "POST", "/upload", body=form), 400, "a form without file")
    bare(t, upload_json(t, {"contentType": "image/png"}), 400, "JSON without data")


@check("MEDIA-UP-12", operations=UP)
def uploads_need_a_key(t: Session) -> None:
    """An upload without a key, or with an unknown one, is a 401 with a bare error."""
    for key, by in ((None, "bearer"), ("bogus", "bearer"), ("bogus", "query")):
        bare(
            t, upload(t, png(t), key=key, by=by), 401, f"an upload with the key {key}, in the {by}"
        )


@check("MEDIA-UP-13", operations=UP, needs=MAIN)
def uploads_take_the_key_from_the_query(t: Session) -> None:
    """An upload with the key in the query works."""
    t.ok(upload(t, png(t), by="query"), "an upload with the key in the query")


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
    ):
        form = form_payload([("file", png(t), name, None)])
        found = t.object(t.ok(send_media(t, "POST", "/upload", body=form), f"the file {name}"))
        t.require(
            found.get("contentType") == kind, f"{name} is taken for {found.get('contentType')!r}"
        )


@check("MEDIA-GET-01", operations=(UP, GET), needs=MAIN)
def files_come_back(t: Session) -> None:
    """The bytes and their type come back as they were sent, whatever the bytes are."""
    odd = bytes(range(256)) * 3 + png(t) + b"\r\n--x--\r\n\0"
    for data, kind in ((png(t), "image/png"), (odd, "audio/mpeg"), (png(t) * 400, "video/mp4")):
        for form in (Payload(data, kind), form_payload([("file", data, "a", kind)])):
            found = t.object(t.ok(send_media(t, "POST", "/upload", body=form)))
            answer = t.ok(send_media(t, "GET", f"/{found.get('id')}", key=None))
            t.require(
                answer.content == data,
                f"{len(data)} bytes come back as {len(answer.content)}"
                if len(answer.content) != len(data)
                else "other bytes come back",
            )
            t.require(answer.media_type == kind, f"{kind} comes back as {answer.media_type!r}")


@check("MEDIA-GET-02", operations=(UP, GET), needs=MAIN)
def files_are_public(t: Session) -> None:
    """A file is there for those without a key, and for those with a wrong one."""
    _, found = stored(t)
    for key in (None, "bogus"):
        t.ok(send_media(t, "GET", f"/{found.get('id')}", key=key), f"GET with the key {key}")


@check("MEDIA-GET-03", operations=(UP, GET), needs=MAIN)
def files_never_change(t: Session) -> None:
    """A file may be cached for ever."""
    _, found = stored(t)
    value = t.ok(send_media(t, "GET", f"/{found.get('id')}", key=None)).header("cache-control")
    t.require(value == IMMUTABLE, f"Cache-Control is {value!r}")


@check("MEDIA-GET-04", operations=(UP, GET), needs=MAIN)
def files_tell_their_hash(t: Session) -> None:
    """X-Content-Hash is the asked hash, X-Content-Size the number of bytes."""
    data, found = stored(t)
    answer = t.ok(send_media(t, "GET", f"/{found.get('id')}", key=None))
    value = answer.header("x-content-hash")
    t.require(value == found.get("id"), f"X-Content-Hash is {value!r}")
    size = answer.header("x-content-size")
    t.require(size in {None, str(len(data))}, f"X-Content-Size is {size!r} for {len(data)} bytes")


MALFORMED = ("zzz", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeg", "0" * 64)


@check("MEDIA-GET-05", operations=GET)
def malformed_hashes_are_refused(t: Session) -> None:
    """A hash of another length or with other characters is a 400."""
    for text in MALFORMED:
        bare(t, send_media(t, "GET", f"/{text}", key=None), 400, f"GET /{text}")


@check("MEDIA-GET-06", operations=GET)
def unknown_hashes_are_not_found(t: Session) -> None:
    """A well-formed hash of nothing is a 404."""
    text = hashlib.sha256(t.fresh("nothing").encode()).hexdigest()[:16]
    bare(t, send_media(t, "GET", f"/{text}", key=None), 404, f"GET /{text}")


@check("MEDIA-GET-07", operations=GET)
def files_are_open_to_browsers(t: Session) -> None:
    """Any origin may read a file and its hash."""
    answers = [send_media(t, "GET", "/zzz", key=None, headers={"Origin": "https://example.com"})]
    if not t.run.operations[UP].missing and MAIN in t.target.keys:
        _, found = stored(t)
        headers = {"Origin": "https://example.com"}
        answers.append(send_media(t, "GET", f"/{found.get('id')}", key=None, headers=headers))
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
            answer = send_media(t, "GET", f"/{found.upper()}", key=None)
            t.refused(answer, 404, "a hash in upper case")
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
    _, found = stored(t)
    path = f"/{found.get('id')}"
    get = t.ok(send_media(t, "GET", path, key=None))
    head = t.ok(send_media(t, "HEAD", path, key=None), f"HEAD {path}")
    for name in ("content-type", "x-content-hash", "cache-control"):
        t.require(
            head.header(name) == get.header(name),
            f"{name} of HEAD is {head.header(name)!r}, of GET {get.header(name)!r}",
        )
    rest = raw_head(t, path)
    t.require(not rest, f"HEAD is answered with a body of {len(rest)} bytes")


@check("MEDIA-HEAD-02", operations=(UP, HEAD), needs=MAIN)
def head_tells_the_length(t: Session) -> None:
    """Content-Length of HEAD is the number of bytes of the file."""
    data, found = stored(t)
    plain = {"Accept-Encoding": "identity"}  # a proxy that compresses cannot tell the length
    answer = t.ok(send_media(t, "HEAD", f"/{found.get('id')}", key=None, headers=plain))
    value = answer.header("content-length")
    t.require(value == str(len(data)), f"Content-Length is {value!r} for {len(data)} bytes")


@check("MEDIA-HEAD-03", operations=HEAD)
def head_refuses_like_get(t: Session) -> None:
    """HEAD of a malformed hash is a 400, of an unknown one a 404, without a body."""
    unknown = hashlib.sha256(t.fresh("nothing").encode()).hexdigest()[:16]
    for text, status in ((unknown, 404), ("zzz", 400), ("0" * 15, 400)):
        answer = send_media(t, "HEAD", f"/{text}", key=None)
        t.refused(answer, status, f"HEAD /{text}")
        rest = raw_head(t, f"/{text}")
        t.require(not rest, f"a refusal of HEAD has a body of {len(rest)} bytes")
