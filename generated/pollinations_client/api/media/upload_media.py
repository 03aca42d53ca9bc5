"""uploadMedia: POST /upload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from ..._operation import Operation
from ..._uploads import upload
from ...types import FileInput, Response

if TYPE_CHECKING:
    from ...client import AsyncPollinations, Pollinations
    from ...models.upload import Upload

OPERATION: Final = Operation(
    id="uploadMedia",
    name="client.media.upload",
    method="POST",
    path="/upload",
    host="media",
    auth="required",
    idempotent=True,
    answer="json",
    accepts=("application/json",),
    model="Upload",
)


def get_kwargs(
    *,
    file: FileInput,
    filename: str | None,
    content_type: str | None,
    form: Literal["multipart", "raw", "json"],
) -> dict[str, Any]:
    """Return the arguments that the runtime makes the request from."""
    return {
        "operation": OPERATION,
        "payload": lambda: upload(file, filename, content_type, form),
    }


def sync_detailed(
    file: FileInput,
    *,
    client: Pollinations,
    filename: str | None = None,
    content_type: str | None = None,
    form: Literal["multipart", "raw", "json"] = "multipart",
) -> Response[Upload]:
    """Store a file.

    Returns:
        The whole response; what `sync` returns is its `parsed`.
    """
    result: Response[Upload] = client.core.call(
        **get_kwargs(
            file=file,
            filename=filename,
            content_type=content_type,
            form=form,
        ),
        mode="raw",
    )
    return result


def sync(
    file: FileInput,
    *,
    client: Pollinations,
    filename: str | None = None,
    content_type: str | None = None,
    form: Literal["multipart", "raw", "json"] = "multipart",
) -> Upload:
    """Store a file.

    Store an image, audio or video file of up to 10 MB (10485760 bytes) and return its URL, which can be
    used as `image` of a generation. The URL contains a hash of the bytes: the same file always has the same
    URL. The body may be a form, the raw bytes, or JSON with base64. Free of charge, with any valid key.

    Args:
        file: A path, bytes or a binary file object, or a tuple (name, content, content type).
        filename: Name to store with it; that of the file by default.
        content_type: Media type; guessed from the name by default.
        form: How the bytes travel: as a form (multipart), as the body itself (raw), or as base64 in JSON.

    Returns:
        The decoded response.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return sync_detailed(
        file=file, filename=filename, content_type=content_type, form=form, client=client
    ).parsed


async def asyncio_detailed(
    file: FileInput,
    *,
    client: AsyncPollinations,
    filename: str | None = None,
    content_type: str | None = None,
    form: Literal["multipart", "raw", "json"] = "multipart",
) -> Response[Upload]:
    """Store a file.

    Returns:
        The whole response; what `asyncio` returns is its `parsed`.
    """
    result: Response[Upload] = await client.core.call(
        **get_kwargs(
            file=file,
            filename=filename,
            content_type=content_type,
            form=form,
        ),
        mode="raw",
    )
    return result


async def asyncio(
    file: FileInput,
    *,
    client: AsyncPollinations,
    filename: str | None = None,
    content_type: str | None = None,
    form: Literal["multipart", "raw", "json"] = "multipart",
) -> Upload:
    """Store a file.

    Store an image, audio or video file of up to 10 MB (10485760 bytes) and return its URL, which can be
    used as `image` of a generation. The URL contains a hash of the bytes: the same file always has the same
    URL. The body may be a form, the raw bytes, or JSON with base64. Free of charge, with any valid key.

    Args:
        file: A path, bytes or a binary file object, or a tuple (name, content, content type).
        filename: Name to store with it; that of the file by default.
        content_type: Media type; guessed from the name by default.
        form: How the bytes travel: as a form (multipart), as the body itself (raw), or as base64 in JSON.

    Returns:
        The decoded response.

    Raises:
        PollinationsError: The call failed; see `errors` for the kinds.
    """
    return (
        await asyncio_detailed(
            file=file, filename=filename, content_type=content_type, form=form, client=client
        )
    ).parsed
