"""The contract as data: load it, find operations in it, validate requests and responses against it."""

from pollinations_conformance.contract.contract import Contract, default_path, load
from pollinations_conformance.contract.errors import ContractError
from pollinations_conformance.contract.model import (
    Deviation,
    Host,
    Match,
    Operation,
    Parameter,
    Requirement,
    Values,
    Violation,
)
from pollinations_conformance.http.credentials import presented_key
from pollinations_conformance.http.message import Request, Response
from pollinations_conformance.http.multipart import Part

__all__ = [
    "Contract",
    "ContractError",
    "Deviation",
    "Host",
    "Match",
    "Operation",
    "Parameter",
    "Part",
    "Request",
    "Requirement",
    "Response",
    "Values",
    "Violation",
    "default_path",
    "load",
    "presented_key",
]
