"""The exceptions of the suite."""

from pollinations_conformance.http.errors import ConformanceError
from pollinations_conformance.suite.exchange import Exchange


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
        excessive: whether it was only too much to be read, which no requirement forbids.
        exchange: the request, with a response of status 0; None when nothing was sent.
    """

    def __init__(
        self,
        message: str,
        *,
        refused: bool = False,
        slow: bool = False,
        excessive: bool = False,
        exchange: Exchange | None = None,
    ) -> None:
        super().__init__(message)
        self.refused = refused
        self.slow = slow
        self.excessive = excessive
        self.exchange = exchange


class OutOfTime(SuiteError):
    """Raised when the run's time was up before a response was complete."""


class NoBudget(SuiteError):
    """Raised when a request would cost more than is left."""


class PriceError(SuiteError):
    """Raised when a saved model list cannot be used; one line."""


class CorpusError(TargetError):
    """Raised when a database of examples cannot be used; one line."""


class Violated(SuiteError):
    """Raised when the server violates the requirement under test; says how.

    Args:
        message: how.
        exchange: the one that shows it; the last one of the check when None.
    """

    def __init__(self, message: str, exchange: Exchange | None = None) -> None:
        super().__init__(message)
        self.exchange = exchange


class NotTested(SuiteError):
    """Raised when something that a check needs is not there; says what.

    Args:
        message: what.
        because: the requirement that says that it must be there, if one does; that it fails is
            reported by the checks of that requirement.
    """

    def __init__(self, message: str, because: str = "") -> None:
        super().__init__(message)
        self.because = because


class PreconditionFailed(SuiteError):
    """Raised when a step that only prepares a test violates a requirement of its own.

    It is the verdict on that requirement, and on the one under test only if both are the same.

    Args:
        requirement: what the step violates.
        message: how.
        exchange: the one that shows it.
    """

    def __init__(self, requirement: str, message: str, exchange: Exchange | None = None) -> None:
        super().__init__(message)
        self.requirement = requirement
        self.exchange = exchange


def reason_of(error: BaseException) -> str:
    """Return what an exception of a library says, in one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())
