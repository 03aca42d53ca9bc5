"""Uploads come back as they were."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

Send = Callable[..., httpx.Response]


def upload(send: Send, data: bytes, kind: str = "image/png", **more: Any) -> httpx.Response:
    headers = {"Content-Type": kind} if kind else {}
    return send("POST", "/upload", media=True, content=data, headers=headers, **more)


def test_the_same_bytes_in_three_forms_are_one_file(send: Send) -> None:
    data = b"three forms"
    name = hashlib.sha256(data).hexdigest()[:16]
    text = base64.b64encode(data).decode()
    responses = [
        upload(send, data, "image/png"),
        send("POST", "/upload", media=True, files={"file": ("a.gif", data, "image/gif")}),
        send("POST", "/upload", media=True, json={"data": text, "contentType": "video/mp4"}),
        send("POST", "/upload", media=True, json={"data": f"data:image/png;base64,{text}", "contentType": "image/png"}),
    ]  # fmt: skip
    assert {a.json()["id"] for a in responses} == {name}
    assert [a.json()["duplicate"] for a in responses] == [False, True, True, True]
    assert {a.json()["contentType"] for a in responses} == {"image/png"}
    assert {a.json()["size"] for a in responses} == {len(data)}


def test_an_upload_comes_back_by_get_and_head(send: Send, http: httpx.Client) -> None:
    url = upload(send, b"back again").json()["url"]
    got, reported = http.get(url), http.head(url)
    assert got.content == b"back again"
    assert reported.content == b""
    for name in ("content-type", "content-length", "cache-control", "x-content-hash"):
        assert got.headers[name] == reported.headers[name]
    assert got.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("path", "status"), [("/zzz", 400), ("/" + "0" * 15, 400), ("/" + "0" * 16, 404)]
)
def test_hashes_that_lead_nowhere(send: Send, path: str, status: int) -> None:
    assert send("GET", path, None, media=True).status_code == status
    assert send("HEAD", path, None, media=True).status_code == status


def test_the_limit_of_an_upload_is_ten_mebibytes(send: Send) -> None:
    assert upload(send, bytes(10_485_760)).status_code == 200
    refused = upload(send, bytes(10_485_761))
    assert refused.status_code == 413
    assert refused.json() == {"error": "File too large. Max size: 10MB"}


def test_what_an_upload_may_not_be(send: Send) -> None:
    assert upload(send, b"x", "text/plain").status_code == 415
    assert upload(send, b"x", "text/plain").json()["received"] == "text/plain"
    assert upload(send, b"x", "").status_code == 415
    assert upload(send, b"", "image/png").json() == {"error": "Empty file"}
    assert send("POST", "/upload", media=True, files={"other": b"x"}).status_code == 400
    assert send("POST", "/upload", media=True, json={}).status_code == 400
    assert upload(send, b"x", key=None).status_code == 401
    assert upload(send, b"x", key="expired").json() == {"error": "Invalid or expired API key"}


def test_a_stored_type_cannot_break_the_response(send: Send, http: httpx.Client) -> None:
    text = base64.b64encode(b"odd type").decode()
    body = {"data": text, "contentType": "image/png\r\nX-Evil: 1\x00\x1a"}
    url = send("POST", "/upload", media=True, json=body).json()["url"]
    response = http.get(url)
    assert response.content == b"odd type"
    assert "x-evil" not in response.headers
