"""The contract as data: load it, find operations in it, validate requests and responses against it."""

from pollinations_conformance.contract.document import (
    Contract,
    ContractError,
    Deviation,
    Host,
    Match,
    Operation,
    Parameter,
    Part,
    Request,
    Requirement,
    Response,
    Values,
    Violation,
    default_path,
    load,
    presented_key,
)

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
