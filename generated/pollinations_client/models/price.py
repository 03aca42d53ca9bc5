"""Price: a union of the contract."""

from __future__ import annotations

from typing import TypeAlias

Price: TypeAlias = float | str
"""Pollen per unit, as a number or as a decimal string."""
