"""The conformance suite's engine; what check modules use is imported from here.

Everything else is imported from the module that defines it.
"""

from pollinations_conformance.suite.controls import TEMPORARY
from pollinations_conformance.suite.errors import NoBudget, NotTested, PreconditionFailed, Violated
from pollinations_conformance.suite.exchange import (
    Exchange,
    describe,
    error_event,
    is_from_cdn_cache,
    is_proxy_error,
)
from pollinations_conformance.suite.keyring import MAIN, NOT_A_KEY
from pollinations_conformance.suite.payload import Payload, form_payload, json_payload, segment
from pollinations_conformance.suite.pricing import Model, cost_of
from pollinations_conformance.suite.registry import (
    Look,
    check,
    feature,
    invalid_request,
    minimal_request,
    watch,
)
from pollinations_conformance.suite.session import Place, Session
from pollinations_conformance.suite.target import Host, is_loopback

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
    "PreconditionFailed",
    "Session",
    "Violated",
    "check",
    "cost_of",
    "describe",
    "error_event",
    "feature",
    "form_payload",
    "invalid_request",
    "is_from_cdn_cache",
    "is_loopback",
    "is_proxy_error",
    "json_payload",
    "minimal_request",
    "segment",
    "watch",
]
