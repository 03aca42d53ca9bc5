"""The exceptions of reading a contract."""

from pollinations_conformance.http.errors import ConformanceError


class ContractError(ConformanceError):
    """Raised for a contract that cannot be used; one line: where, what is wrong, what to do."""


class DocumentError(ConformanceError):
    """Raised for text that is no document; the message says where and what, not in which file."""
