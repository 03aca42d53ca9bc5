"""Departures from the contract, each with a name: what a conformance suite has to find.

`serve --defect NAME` or `running(defects=[NAME])` switches them on. Nothing in the honest server
knows of them: a defect wraps what the server does with a request or with its response, or replaces
one of the server's methods, on one running instance. `DEFECTS` has them all by name; each module
has those of one tag, or of one part of it: `chat_stream` those that `checks/chat/stream*.py` find.
"""

from collections.abc import Iterable

from pollinations_conformance.server.app import App
from pollinations_conformance.server.defects import (
    account,
    audio,
    chat_request,
    chat_response,
    chat_stream,
    general_auth,
    general_cache,
    general_errors,
    general_limits,
    general_routes,
    image,
    media,
    models,
    text,
)
from pollinations_conformance.server.defects.mutators import DEFECTS, Defect

__all__ = ["DEFECTS", "Defect", "apply"]

# Importing these modules registers their defects.
MODULES = (
    account,
    models,
    chat_request,
    chat_response,
    chat_stream,
    text,
    image,
    audio,
    media,
    general_auth,
    general_cache,
    general_errors,
    general_limits,
    general_routes,
)


def apply(app: App, names: Iterable[str]) -> None:
    """Switch defects on.

    Args:
        app: whose server departs from the contract from now on.
        names: of the defects.

    Raises:
        ValueError: there is no defect of that name.
    """
    for name in names:
        if name not in DEFECTS:
            near = [known for known in DEFECTS if known.split("-")[0] == name.split("-")[0]]
            raise ValueError(
                f"no defect of the name {name!r}; "
                + (f"near it: {', '.join(near)}" if near else "serve --list-defects lists them")
            )
        DEFECTS[name].install(app)
