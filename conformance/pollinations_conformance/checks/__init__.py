"""The written checks, one module for each part of the contract.

Importing this package registers them all.
"""

from pollinations_conformance.checks import (  # noqa: F401 - imported to be registered
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
