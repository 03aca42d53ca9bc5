"""Image: images and videos."""

import asyncio
import re
from decimal import Decimal

from pollinations_conformance.http.query import decode_percent
from pollinations_conformance.server import cache
from pollinations_conformance.server.backend import Backend, Handler, RoutedCall
from pollinations_conformance.server.errors import Refused, relayed_error
from pollinations_conformance.server.generation import media
from pollinations_conformance.server.http import Reply
from pollinations_conformance.server.registry import DEFAULT_MODELS, Model


class ImageOperations:
    """The operations of the tag `image`."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def handlers(self) -> dict[str, Handler]:
        """Return what each operation does, by its id."""
        return {"generateImage": self.image}

    async def image(self, routed: RoutedCall) -> Reply:
        """GET /image/{prompt}."""
        query = routed.values.query
        prompt = drawn = routed.values.path["prompt"]
        requested = str(query.get("model") or DEFAULT_MODELS[routed.operation])
        model = self.backend.find_model(requested)
        key = self.backend.authorize(routed, model, requested)
        await self.backend.think()
        if self.backend.follows_service:
            drawn = decode_percent(prompt)
            _refuse_aspect_ratio(query.get("aspectRatio"), model)
        random_seed = self.backend.random_seed(query.get("seed"))
        seed = f"{random_seed}{query.get('seed')}{model.id}{query.get('image')}"
        usage: dict[str, int | Decimal]
        if model.video:
            seconds = int(query.get("duration") or model.seconds)
            sound = bool(query.get("audio"))
            wide, high = (9, 16) if query.get("aspectRatio") == "9:16" else (16, 9)
            data = await asyncio.to_thread(
                media.video, drawn, seconds, wide, high, seed, sound=sound
            )
            kind, suffix = "video/mp4", "mp4"
            tokens = {"completionVideoTokens": seconds * 24 * 864 * 480 // 1024}
            usage = {"completionVideoSeconds": seconds} if model.video == "seconds" else {**tokens}
        else:
            wide, high = media.image_size(query.get("width"), query.get("height"))
            clear = bool(query.get("transparent")) and model.alpha
            form, kind, suffix = (
                ("PNG", "image/png", "png") if clear else ("JPEG", "image/jpeg", "jpg")
            )
            data = await asyncio.to_thread(media.image, drawn, wide, high, form, seed)
            usage = {"completionImageTokens": 1}
        headers = self.backend.charge(routed, key, model, usage)
        if (script := routed.call.use_script("media")) is not None:
            data, kind = script.media or b"", script.media_type
            suffix = kind.partition("/")[2].partition("+")[0].replace("jpeg", "jpg")
        name = _file_name(prompt) or ("generated-video" if model.video else "generated-image")
        return Reply(
            200,
            [
                ("Content-Type", kind),
                ("Content-Disposition", f'inline; filename="{name}.{suffix}"'),
                ("Cache-Control", cache.IMMUTABLE),
                *headers,
            ],
            data,
        )


def _refuse_aspect_ratio(value: object, model: Model) -> None:
    """Refuse what the backend of the recorded service knows no size for."""
    if model.video and value not in (None, "16:9", "9:16"):
        message = f"Invalid aspectRatio: {str(value)[:40]}. Supported: 16:9, 9:16"
        raise Refused(400, relayed_error("Bad Request", message, model.id))


def _file_name(prompt: str) -> str:
    kept = re.sub(r"[^a-zA-Z0-9\s-]", "", prompt[:100])
    return re.sub(r"\s+", "-", kept.strip()).lower()
