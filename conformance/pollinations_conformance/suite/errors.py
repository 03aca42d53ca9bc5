"""The exceptions of the suite."""

from pollinations_conformance.http.errors import ConformanceError


class SuiteError(ConformanceError):
    """Base of the suite's exceptions."""


class TargetError(SuiteError):
    """Raised when the target, its URL or its keys cannot be used; one line."""


class Unreachable(SuiteError):
    """Raised when no response came: the connection failed, broke off, or broke the rules of HTTP.

    Args:
        message: what happened.
        refused: whether no connection could be made at all.
        slow: whether time ran out before the first byte of a response.
    """

    def __init__(self, message: str, *, refused: bool = False, slow: bool = False) -> None:
        super().__init__(message)
        self.refused = refused
        self.slow = slow


class OutOfTime(SuiteError):
    """Raised when the run's time was up before a response was complete."""


class NoBudget(SuiteError):
    """Raised when a request would cost more than is left."""


class PriceError(SuiteError):
    """Raised when a saved model list cannot be used; one line."""


class CorpusError(TargetError):
    """Raised when a database of examples cannot be used; one line."""


class Violated(SuiteError):
    """Raised when the server violates the requirement under test; says how."""


class NotTested(SuiteError):
    """Raised when something that a check needs is not there; says what."""


def reason_of(error: BaseException) -> str:
    """Return what an exception of a library says, in one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())
