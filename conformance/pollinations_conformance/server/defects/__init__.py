"""Departures from the contract, each by a name: what a conformance suite has to find.

`serve --defect NAME` or `running(defects=[NAME])` switches them on. Nothing in the honest server
knows of them: a defect wraps what the server does with a request or with its answer, or replaces
one of the server's methods, on one running instance. `DEFECTS` has them all by name.
"""

from collections.abc import Iterable

from pollinations_conformance.server.app import App
from pollinations_conformance.server.defects import account
from pollinations_conformance.server.defects import audio as sounds
from pollinations_conformance.server.defects import billing as money
from pollinations_conformance.server.defects import chat_request as questions
from pollinations_conformance.server.defects import chat_response as answers
from pollinations_conformance.server.defects import chat_stream as streams
from pollinations_conformance.server.defects import general_cache as caching
from pollinations_conformance.server.defects import general_errors as errors
from pollinations_conformance.server.defects import general_routes as routes
from pollinations_conformance.server.defects import image as pictures
from pollinations_conformance.server.defects import media as uploads
from pollinations_conformance.server.defects import models as lists
from pollinations_conformance.server.defects import text as texts
from pollinations_conformance.server.defects.mutators import DEFECTS, Defect

__all__ = ["DEFECTS", "Defect", "apply"]

# Importing these modules registers their defects.
MODULES = (
    routes,
    account,
    lists,
    questions,
    answers,
    streams,
    texts,
    pictures,
    sounds,
    uploads,
    money,
    caching,
    errors,
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
