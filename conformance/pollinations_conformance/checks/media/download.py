"""Check what the media host serves by hash: GET and HEAD."""

import hashlib
import re
from itertools import product

from pollinations_conformance.checks.common.files import png
from pollinations_conformance.checks.common.responses import IMMUTABLE, is_success_of, no_head
from pollinations_conformance.checks.common.uploads import (
    GET,
    HEAD,
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
    working_forms,
)
from pollinations_conformance.http.errors import BodyError
from pollinations_conformance.http.json import is_object, parse_json
from pollinations_conformance.http.text import by_key, shown
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    NotTested,
    Place,
    Session,
    check,
    describe,
    watch,
)

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


@check("MEDIA-GET-01", operations=(UP, GET), needs=MAIN, assumes="MEDIA-UP-07")
def files_come_back(t: Session) -> None:
    """The bytes and their type come back as they were sent, whatever the bytes are."""
    odd = bytes(range(256)) * 3 + png(t) + b"\r\n--x--\r\n\0"
    large = filled(t, 2 * 2**20)
    blank = b" \n" + png(t) + b"\t\r\n"
    files = ((png(t), "image/png"), (odd, "audio/mpeg"), (large, "video/mp4"), (blank, "image/bmp"))
    for data, kind in files:
        for form in in_working_forms(t, data, kind).values():
            found = t.json_object(t.assert_success(send_media(t, "POST", "/upload", body=form)))
            response = t.assert_success(send_media(t, "GET", f"/{found.get('id')}", key=None))
            t.assert_that(
                response.content == data,
                f"{len(data)} bytes come back as {len(response.content)}"
                if len(response.content) != len(data)
                else "other bytes come back",
            )
            got = response.header("content-type")
            t.assert_that(got == kind, f"{kind} comes back as {got!r}")
            again = t.assert_success(send_media(t, "GET", f"/{found.get('id')}", key=None))
            t.assert_that(again.content == data, "the second time other bytes come back")


@check("MEDIA-GET-01", operations=(UP, GET), needs=MAIN, assumes="MEDIA-UP-07")
def types_come_back(t: Session) -> None:
    """The type comes back as it was sent, whichever form it was sent in."""
    kinds = ("image/webp", "image/gif", "image/svg+xml", "audio/ogg", "video/webm")
    for what, kind in product(working_forms(t), kinds):
        form = in_form(what, png(t), kind)
        found = t.json_object(t.assert_success(send(t, form), what)).get("id")
        got = t.assert_success(send_media(t, "GET", f"/{found}", key=None)).header("content-type")
        t.assert_that(got == kind, f"{kind}, sent by {what}, comes back as {got!r}")


@check("MEDIA-GET-02", operations=(UP, GET), needs=MAIN, assumes="MEDIA-UP-07")
def files_are_public(t: Session) -> None:
    """A file is there for those without a key, and for those with a wrong one."""
    keys: tuple[tuple[str | None, Place], ...] = (
        (None, "bearer"),
        ("bogus", "bearer"),
        ("bogus", "query"),
    )
    for name, (key, by), method in product(of_every_kind(t), keys, methods(t)):
        response = send_media(t, method, f"/{name}", key=key, by=by)
        t.assert_success(response, f"{method} {by_key(key)}")


@watch("MEDIA-GET-03", gateway=False)
def every_file_may_be_kept(exchange: Exchange) -> str | None:
    """A stored file may be kept for ever."""
    if not is_success_of(exchange, "getMedia"):
        return None
    value = exchange.header("cache-control")
    return "" if value == IMMUTABLE else f"Cache-Control is {shown(value)}"


@check("MEDIA-GET-03", operations=(UP, GET), needs=MAIN, assumes="MEDIA-UP-07")
def files_may_be_kept(t: Session) -> None:
    """A file may be cached for ever."""
    for name, method, key in product(of_every_kind(t), methods(t), (None, MAIN)):
        value = t.assert_success(send_media(t, method, f"/{name}", key=key)).header("cache-control")
        t.assert_that(value == IMMUTABLE, f"Cache-Control of {method} is {shown(value)}")


@watch("MEDIA-GET-04", gateway=False)
def every_file_names_its_hash(exchange: Exchange) -> str | None:
    """X-Content-Hash is the hash that was requested."""
    if not is_success_of(exchange, "getMedia"):
        return None  # those of HEAD are MEDIA-HEAD-01
    requested = exchange.url.partition("?")[0].rpartition("/")[2]
    if not re.fullmatch("[0-9a-f]{16}", requested):
        return None  # that there is nothing under such a name is MEDIA-GET-05 and MEDIA-GET-08
    reported = exchange.header("x-content-hash")
    return (
        ""
        if reported == requested
        else f"X-Content-Hash is {shown(reported)}, the request was for {requested!r}"
    )


@watch("MEDIA-GET-04", gateway=False)
def every_file_reports_its_size(exchange: Exchange) -> str | None:
    """X-Content-Size, if there is one, is the number of bytes."""
    if not is_success_of(exchange, "getMedia"):
        return None
    requested = exchange.url.partition("?")[0].rpartition("/")[2]
    if hashlib.sha256(exchange.content).hexdigest()[:16] != requested:
        return None  # these are not the bytes of the file
    value = exchange.header("x-content-size")
    size = len(exchange.content)
    return (
        "" if value in {None, str(size)} else f"X-Content-Size is {shown(value)} for {size} bytes"
    )


@check("MEDIA-GET-04", operations=(UP, GET), needs=MAIN, assumes="MEDIA-UP-07")
def files_report_their_hash(t: Session) -> None:
    """X-Content-Hash is the requested hash, X-Content-Size the number of bytes."""
    for (name, length), method in product(of_every_kind(t).items(), methods(t)):
        response = t.assert_success(send_media(t, method, f"/{name}", key=None))
        value, size = response.header("x-content-hash"), response.header("x-content-size")
        t.assert_that(
            value == name or method == "HEAD", f"X-Content-Hash of {method} is {shown(value)}"
        )
        t.assert_that(
            size in {None, str(length)}, f"X-Content-Size of {method} is {shown(size)} for {length}"
        )


def methods(t: Session) -> tuple[str, ...]:
    """Return the methods by which the server sends files, or their headers."""
    return ("GET",) if t.run.operations[HEAD].missing else ("GET", "HEAD")


def of_every_kind(t: Session) -> dict[str, int]:
    """Store files of every kind, form and size; return their ids with their sizes."""
    files = [(png(t), kind, what) for kind, what in zip(KINDS, in_every_form(b""), strict=True)]
    files += [(filled(t, 2**18), KINDS[0], "raw bytes"), (png(t), KINDS[0], "JSON")]
    found: dict[str, int] = {}
    refused = ""
    for data, kind, what in files:
        response = send(t, in_every_form(data, kind)[what])
        if response.ok:  # that each form is accepted is for the checks of uploads
            found[str(t.json_object(response).get("id"))] = len(data)
        else:
            refused = describe(response)
    if not found:
        raise NotTested(f"no file can be stored: an upload gets {refused}")
    return found


@check("MEDIA-GET-05", operations=GET)
def malformed_hashes_are_refused(t: Session) -> None:
    """A hash of another length or with other characters is a 400."""
    keys = (None, MAIN) if MAIN in t.target.keys else (None,)
    for text, key in product(MALFORMED, keys):
        with t.separately():
            t.assert_rejected(send_media(t, "GET", f"/{text}", key=key), 400, f"GET /{text}")
    if MAIN in t.target.keys and not t.run.operations[UP].missing:
        # Not even when it is almost that of a file.
        name = str(stored_file(t)[1].get("id"))
        for text in (name[:12], name[:15], name + "0", name + ".png", f"{name}%0A"):
            t.assert_rejected(send_media(t, "GET", f"/{text}", key=None), 400, f"GET /{text}")


@check("MEDIA-GET-06", operations=GET)
def unknown_hashes_are_not_found(t: Session) -> None:
    """A well-formed hash of nothing is a 404."""
    made = hashlib.sha256(t.fresh("nothing").encode()).hexdigest()[:16]
    digits = str(int(made, 16))[:16].rjust(16, "7")
    letters = made.translate(str.maketrans("0123456789", "abcdefabcd"))
    keys = (None, MAIN) if MAIN in t.target.keys else (None,)
    for text, key in product((made, digits, letters, "0" * 16), keys):
        t.assert_rejected(send_media(t, "GET", f"/{text}", key=key), 404, f"GET /{text}")


@watch("MEDIA-GET-07", gateway=False)
def every_file_is_open_to_browsers(exchange: Exchange) -> str | None:
    """Any origin may read a stored file and its hash."""
    if exchange.operation not in {"getMedia", "headMedia"} or exchange.status >= 500:
        return None
    if exchange.method not in {"GET", "HEAD"} or no_head(exchange):
        return None
    origin = exchange.header("access-control-allow-origin")
    if origin != "*":
        return f"Access-Control-Allow-Origin of a {exchange.status} is {shown(origin)}"
    exposed = (exchange.header("access-control-expose-headers") or "").lower()
    return "" if "x-content-hash" in exposed or exposed == "*" else f"exposed are {exposed!r}"


@check("MEDIA-GET-07", operations=GET)
def files_are_open_to_browsers(t: Session) -> None:
    """Any origin may read a file and its hash."""
    headers = {"Origin": "https://example.com"}
    paths = ("/zzz", f"/{hashlib.sha256(t.fresh('nothing').encode()).hexdigest()[:16]}")
    responses = [send_media(t, "GET", path, key=None, headers=headers) for path in paths]
    if not t.run.operations[UP].missing and MAIN in t.target.keys:
        for name, method in product(of_every_kind(t), methods(t)):
            responses.append(send_media(t, method, f"/{name}", key=None, headers=headers))
    for response in [item for item in responses if not no_head(item)]:
        t.skip_if_unavailable(response)
        origin = response.header("access-control-allow-origin")
        t.assert_that(origin == "*", f"Access-Control-Allow-Origin is {shown(origin)}")
        exposed = (response.header("access-control-expose-headers") or "").lower()
        t.assert_that("x-content-hash" in exposed or exposed == "*", f"exposed are {exposed!r}")


@check("MEDIA-GET-08", operations=(UP, GET), needs=MAIN, assumes="MEDIA-UP-07")
def hashes_are_taken_as_written(t: Session) -> None:
    """A hash in upper case is not found."""
    unknown = hashlib.sha256(t.fresh("nothing").encode()).hexdigest()[:16]
    for method in methods(t):
        response = send_media(t, method, f"/{unknown}", key=None)
        requirement = "MEDIA-GET-06" if method == "GET" else "MEDIA-HEAD-03"
        t.need_rejection(response, 404, requirement, f"{method} of an unknown hash")
    for _ in range(20):
        found = str(t.json_object(t.assert_success(store(t, png(t)))).get("id"))
        if found.upper() != found:
            for method in methods(t):
                response = send_media(t, method, f"/{found.upper()}", key=None)
                t.assert_rejected(response, 404, f"{method} of a hash in upper case")
            return
    raise NotTested("twenty hashes without a letter")


def raw_head(t: Session, path: str) -> bytes:
    """Send with HEAD and return every byte that comes after the headers."""
    raw = t.target.raw(
        "media",
        lambda host, prefix: (
            f"HEAD {prefix}{path} HTTP/1.1\r\nHost: {host}\r\n"
            "User-Agent: pollinations-conformance\r\nConnection: close\r\n\r\n"
        ).encode(),
    )
    return raw.partition(b"\r\n\r\n")[2]


@watch("MEDIA-ERR-01", gateway=False)
def every_failure_has_an_error(exchange: Exchange) -> str | None:
    """A failure is reported as JSON with a text under error."""
    if exchange.status < 400 or exchange.operation not in {GET, UP}:
        return None
    return error_problem(exchange)


@check("MEDIA-ERR-01", operations=GET)
def failures_have_an_error(t: Session) -> None:
    """A malformed hash, an unknown one and an upload without a key get JSON with a text under error."""
    unknown = hashlib.sha256(t.fresh("nothing").encode()).hexdigest()[:16]
    responses = [send_media(t, "GET", f"/{name}", key=None) for name in ("zzz", unknown)]
    if not t.run.operations[UP].missing:
        responses.append(upload(t, png(t), key=None))
    failures = [response for response in responses if response.status >= 400]
    if not failures:
        raise NotTested("none of many wrong requests is refused")
    for response in failures:
        t.skip_if_unavailable(response)
        problem = error_problem(response)
        t.assert_that(not problem, problem)


def error_problem(exchange: Exchange) -> str:
    """Return what is wrong with the body of a failure, or an empty text."""
    if exchange.media_type != "application/json":
        return f"a {exchange.status} has the Content-Type {shown(exchange.header('content-type'))}"
    try:
        value = parse_json(exchange.content, strict=False)
    except BodyError as unreadable:
        return f"the body of a {exchange.status} cannot be read: {unreadable}"
    error = value.get("error") if is_object(value) else None
    if isinstance(error, str) and error:
        return ""
    return f"the error of a {exchange.status} is {repr(error)[:100]}, not a text"


@check("MEDIA-HEAD-01", operations=(UP, HEAD), needs=MAIN, assumes="MEDIA-UP-07")
def head_is_get(t: Session) -> None:
    """HEAD has the status, type and hash of GET, and no body on the wire."""
    paths = [f"/{name}" for name in of_every_kind(t)]
    for path, key in product(paths, (None, MAIN)):
        get = t.assert_success(send_media(t, "GET", path, key=key))
        head = t.assert_success(send_media(t, "HEAD", path, key=key), f"HEAD {path}")
        for name in ("content-type", "x-content-hash"):
            t.assert_that(
                head.header(name) == get.header(name),
                f"{name} of HEAD is {shown(head.header(name))}, of GET {shown(get.header(name))}",
            )
    rest = raw_head(t, paths[0])
    t.assert_that(not rest, f"HEAD gets a body of {len(rest)} bytes")


@check("MEDIA-HEAD-02", operations=(UP, HEAD), needs=MAIN, assumes="MEDIA-UP-07")
def head_reports_the_length(t: Session) -> None:
    """Content-Length of HEAD is the number of bytes of the file."""
    plain = {"Accept-Encoding": "identity"}  # a proxy that compresses cannot report the length
    for name, size in of_every_kind(t).items():
        response = t.assert_success(send_media(t, "HEAD", f"/{name}", key=None, headers=plain))
        value = response.header("content-length")
        t.assert_that(value == str(size), f"Content-Length is {shown(value)} for {size} bytes")


@check("MEDIA-HEAD-03", operations=HEAD)
def head_refuses_like_get(t: Session) -> None:
    """HEAD of a malformed hash is a 400, of an unknown one a 404, without a body."""
    unknown = hashlib.sha256(t.fresh("nothing").encode()).hexdigest()[:16]
    for text, status in ((unknown, 404), *((text, 400) for text in MALFORMED)):
        response = send_media(t, "HEAD", f"/{text}", key=None)
        t.assert_rejected(response, status, f"HEAD /{text}")
    for text in (unknown, "zzz"):
        rest = raw_head(t, f"/{text}")
        t.assert_that(not rest, f"a refusal of HEAD has a body of {len(rest)} bytes")
