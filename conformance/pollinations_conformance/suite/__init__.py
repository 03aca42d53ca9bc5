"""The conformance suite's engine; what check modules use is imported from here.

Everything else is imported from the module that defines it.
"""

from pollinations_conformance.suite.budget import Model, NoBudget, cost_of
from pollinations_conformance.suite.outcome import NotTested, Violated
from pollinations_conformance.suite.registry import Look, check, watch
from pollinations_conformance.suite.runner import (
    TEMPORARY,
    Place,
    Session,
    describe,
    is_from_cdn_cache,
    is_proxy_error,
    segment,
)
from pollinations_conformance.suite.target import (
    MAIN,
    NOT_A_KEY,
    Exchange,
    Host,
    Payload,
    form_payload,
    is_loopback,
    json_payload,
)

__all__ = [
    "MAIN",
    "NOT_A_KEY",
    "TEMPORARY",
    "Exchange",
    "Host",
    "Look",
    "Model",
    "NoBudget",
    "NotTested",
    "Payload",
    "Place",
    "Session",
    "Violated",
    "check",
    "cost_of",
    "describe",
    "form_payload",
    "is_from_cdn_cache",
    "is_loopback",
    "is_proxy_error",
    "json_payload",
    "segment",
    "watch",
]
