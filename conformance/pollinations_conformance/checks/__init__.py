"""The written checks and watches, a module or folder for each tag of the contract.

Importing this package registers them all. The docstring of a check or watch is one sentence
about what the server does, not what the function does. Check modules import `common`, never each other.
"""

from pollinations_conformance.checks import audio, features, image, models, text
from pollinations_conformance.checks.account import balance, daily, key, profile, usage, usage_csv
from pollinations_conformance.checks.chat import request, response, stream, stream_chunks, tools
from pollinations_conformance.checks.general import (
    auth,
    cache,
    cache_keys,
    errors,
    headers,
    limits,
    routes,
)
from pollinations_conformance.checks.media import download, upload
from pollinations_conformance.suite.registry import REGISTRY, Check

__all__ = ["MODULES", "every"]

MODULES = (
    audio,
    auth,
    balance,
    cache,
    cache_keys,
    daily,
    download,
    errors,
    features,
    headers,
    image,
    key,
    limits,
    models,
    profile,
    request,
    response,
    routes,
    stream,
    stream_chunks,
    text,
    tools,
    upload,
    usage,
    usage_csv,
)


def every() -> list[Check]:
    """Return all written checks."""
    return list(REGISTRY.values())
