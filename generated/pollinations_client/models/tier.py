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
"""The tier, which sets the free pollen per day; listed in ascending order.

Open: the service adds values, and any text is accepted and returned as it is.
"""
