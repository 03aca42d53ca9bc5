"""Compare two OpenAPI documents by meaning: what one allows and the other does not.

Both are walked side by side in the one form of `schema`, once for requests and once for responses,
because whom a difference harms depends on the direction:

- A client breaks when it may send what theirs refuses or leaves undone, or receives what ours does
  not allow.
- A server breaks when it receives what ours refuses, or may send what theirs does not allow.
"""

from pollinations_conformance.drift.compare.findings import Difference, group
from pollinations_conformance.drift.compare.operations import DocumentComparison
from pollinations_conformance.drift.document import Document, DriftError


def compare(ours: Document, theirs: Document) -> list[Difference]:
    """Compare two documents.

    Args:
        ours: what clients and servers were built on.
        theirs: what they would meet.

    Returns:
        The differences, the worst first.

    Raises:
        DriftError: a document is too large or too deep to be compared.
    """
    try:
        return group(DocumentComparison(ours, theirs).walk())
    except RecursionError:
        raise DriftError(
            f"{theirs.source}: schemas are nested too deeply to be compared; simplify them"
        ) from None
