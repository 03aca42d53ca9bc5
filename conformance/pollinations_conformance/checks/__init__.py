"""The written checks, one module for each part of the contract.

Importing this package registers them all.
"""

from pollinations_conformance.checks import audio, image, invariants, media, models, text
from pollinations_conformance.checks.account import account
from pollinations_conformance.checks.chat import chat, stream
from pollinations_conformance.checks.general import auth, cache, errors, limits
from pollinations_conformance.checks.general import routes as general
from pollinations_conformance.suite.registry import REGISTRY, Check

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
