"""ContentFilterSeverity: an enumeration of the contract."""

from __future__ import annotations

from typing import Literal, TypeAlias

ContentFilterSeverity: TypeAlias = (
    Literal[
        "safe",
        "low",
        "medium",
        "high",
    ]
    | str
)
"""The severity.

Open: the service adds values, and any text is accepted and returned as it is.
"""
