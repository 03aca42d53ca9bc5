"""ImageModelName: an enumeration of the contract."""

from __future__ import annotations

from typing import Literal, TypeAlias

ImageModelName: TypeAlias = (
    Literal[
        "zimage",
        "z-image",
        "z-image-turbo",
        "flux",
        "turbo",
        "kontext",
        "gptimage",
        "gpt-image",
        "gpt-image-1-mini",
        "gptimage-large",
        "gpt-image-1.5",
        "gpt-image-large",
        "nanobanana",
        "nanobanana-pro",
        "seedream",
        "seedream-pro",
        "klein",
        "klein-large",
        "imagen-4",
        "veo",
        "veo-3.1-fast",
        "video",
        "seedance",
        "seedance-pro",
        "wan",
        "ltx-2",
        "grok-video",
    ]
    | str
)
"""Name or alias of an image or video model. The list is a snapshot; `/image/models` is current.

Open: the service adds values, and any text is accepted and returned as it is.
"""
