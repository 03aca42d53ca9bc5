"""Tier: an enumeration of the contract."""

from __future__ import annotations

from typing import Literal, TypeAlias

Tier: TypeAlias = (
    Literal[
        "anonymous",
        "microbe",
        "spore",
        "seed",
        "flower",
        "nectar",
        "router",
    ]
    | str
)
"""What the person gets for free each day, from little to much.

Open: the service adds values, and any text is accepted and returned as it is.
"""
