"""Generate images and videos."""

import threading
from typing import Any

from pollinations_conformance.suite import Exchange, Model, NotTested, Session, segment

IMAGE = "generateImage"


ONE = {"image": 1}


VIDEO_SECONDS = 6
"""How long a video is requested: not what the video models make on their own."""


def request_image(t: Session, prompt: str | None = None, **query: Any) -> Exchange:
    """Request a small image with the cheapest model."""
    path = "/image/" + segment(prompt or t.fresh("a small cat"))
    return t.send("GET", path, query={"model": t.image_model, "width": 64, "height": 64, **query})


def video_models(t: Session) -> list[Model]:
    """Return the video models: first the one of most checks, then those that cost least."""
    models = [m for m in t.catalogue.image if "video" in m.outputs]
    if not models:
        raise NotTested("the server lists no video model")
    return sorted(models, key=lambda m: (m.name != "veo", m.paid_only, m.estimate()))


def request_video(t: Session, **options: Any) -> Exchange:
    """Request a video of the first video model; the same one each time, with any key."""
    name = video_models(t)[0].name
    path = t.once("video path", lambda: "/image/" + segment(t.fresh("a cat waving")))
    query = {"model": name, "duration": VIDEO_SECONDS, "aspectRatio": "16:9"}
    # One at a time: checks that request it at once would get one de-duplicated response.
    with t.once("video lock", threading.Lock):
        return t.send("GET", path, query=query, **options)


def generated_video(t: Session) -> Exchange:
    """Return a fresh video, shared by all checks that only read it."""
    return t.attach(t.once("video", lambda: t.assert_success(request_video(t)), "IMG-GET-11"))


def reference_url(t: Session, response: Exchange, what: str) -> None:
    """Assert that reference images pass validation, whatever a provider makes of them."""
    if response.status == 400:
        t.assert_that("details" not in t.error_object(response), f"{what} do not pass validation")
        raise NotTested(f"the provider refuses {what}")
    t.assert_success(response, what)
