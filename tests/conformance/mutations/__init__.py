"""Defects that the reference server knows nothing of: a proxy puts them into honest exchanges.

Each mutation breaks one requirement in one place only: one route, one form, one kind of response. A
module for each tag registers its name, the requirement and what it does; the suite has to find it by
that requirement.
"""

from tests.conformance.mutations import (
    account,
    audio,
    chat_request,
    chat_response,
    chat_stream,
    general_auth,
    general_cache,
    general_errors,
    general_limits,
    general_routes,
    image,
    media,
    models,
    text,
)
from tests.conformance.mutations.base import MUTATIONS, Mutation, Proxy

__all__ = ["MODULES", "MUTATIONS", "Mutation", "Proxy"]

MODULES = (
    account,
    audio,
    chat_request,
    chat_response,
    chat_stream,
    general_auth,
    general_cache,
    general_errors,
    general_limits,
    general_routes,
    image,
    media,
    models,
    text,
)
