"""The base of every exception of this package, and those of reading HTTP."""


class ConformanceError(Exception):
    """Base of this package's exceptions; the message is one line: where, what is wrong, what to do."""


class BodyError(ConformanceError, ValueError):
    """Raised for a body that is not what it claims to be; the message never holds its content."""


class TooDeepError(BodyError):
    """Raised for a body that is nested too deeply to be read."""


class HarError(ConformanceError):
    """Raised for a recording that cannot be read or written."""
