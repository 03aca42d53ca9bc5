"""Voice: an enumeration of the contract."""

from __future__ import annotations

from typing import Literal, TypeAlias

Voice: TypeAlias = (
    Literal[
        "alloy",
        "echo",
        "fable",
        "onyx",
        "nova",
        "shimmer",
        "ash",
        "ballad",
        "coral",
        "sage",
        "verse",
        "rachel",
        "domi",
        "bella",
        "elli",
        "charlotte",
        "dorothy",
        "sarah",
        "emily",
        "lily",
        "matilda",
        "adam",
        "antoni",
        "arnold",
        "josh",
        "sam",
        "daniel",
        "charlie",
        "james",
        "fin",
        "callum",
        "liam",
        "george",
        "brian",
        "bill",
    ]
    | str
)
"""A preset voice.

Open: the service adds values, and any text is accepted and returned as it is.
"""
