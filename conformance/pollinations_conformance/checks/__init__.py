"""The written checks, one module for each part of the contract.

Importing this package registers them all.
"""

from pollinations_conformance.checks import (
    account,
    audio,
    auth,
    cache,
    chat,
    errors,
    general,
    image,
    invariants,
    limits,
    media,
    models,
    stream,
    text,
)
from pollinations_conformance.runner import REGISTRY, Check

__all__ = ["MODULES", "every"]

MODULES = (
    account,
    audio,
    auth,
    cache,
    chat,
    errors,
    general,
    image,
    invariants,
    limits,
    media,
    models,
    stream,
    text,
)


def every() -> list[Check]:
    """List all written checks."""
    return list(REGISTRY.values())
