"""A response that somebody has scripted for one of the next requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class ToolCall:
    """One call of a tool that a model wants made; the arguments are JSON text."""

    name: str
    arguments: str


@dataclass(slots=True)
class ScriptedResponse:
    """What the next request that fits gets as its response.

    Attributes:
        operations: ids of the operations it is for; empty for all.
        model: id of the model it is for; None for all.
        text: what a text model responds, or a transcript.
        tool_calls: that the model wants made.
        media: bytes of an image, a video or audio.
        media_type: of these bytes.
        error: status of an error; 0 for none.
        message: of the error; None for the default of its status.
        headers: of the error.
        fault: name of a fault to inject.
        times: how often it is used; None for without end.
        optional: whether it may be left unused.
    """

    operations: frozenset[str] = frozenset()
    model: str | None = None
    text: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    media: bytes | None = None
    media_type: str = ""
    error: int = 0
    message: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    fault: str | None = None
    times: int | None = 1
    optional: bool = False
    used: int = 0

    @property
    def kind(self) -> str:
        """Return what it is: text, tool_calls, media, error or fault."""
        if self.fault is not None:
            return "fault"
        if self.error:
            return "error"
        if self.media is not None:
            return "media"
        return "tool_calls" if self.tool_calls else "text"

    def __str__(self) -> str:
        """Return it in one line, for messages."""
        shown = {
            "fault": f"fault {self.fault}",
            "error": f"error {self.error}",
            "media": f"{self.media_type} of {len(self.media or b'')} bytes",
            "tool_calls": f"tool calls {', '.join(call.name for call in self.tool_calls)}",
            "text": f"text {(self.text or '')[:40]!r}",
        }[self.kind]
        limits = [*sorted(self.operations), *([f"model {self.model}"] if self.model else [])]
        of = "without end" if self.times is None else f"of {self.times}"
        return f"{shown} for {', '.join(limits) or 'any operation'}: used {self.used} {of}"
