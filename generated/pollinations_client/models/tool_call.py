"""ToolCall: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from .._model import ApiModel


class ToolCall(ApiModel):
    """A call of a function. Send it back as it came, unknown fields included."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "id": "id",
        "type": "type",
        "function": "function",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "id",
        "type",
        "function",
    )

    def __init__(
        self,
        *,
        id: str,
        function: FunctionCall | Mapping[str, Any],
        type: Literal["function"] | str = "function",
    ) -> None:
        self._set(
            {
                "id": id,
                "type": type,
                "function": function,
            }
        )

    @property
    def id(self) -> str:
        """Id to answer to."""
        value: str = self._need("id")
        return value

    @property
    def type(self) -> Literal["function"] | str:
        """The field `type`."""
        value: Literal["function"] | str = self._need("type")
        return value

    @property
    def function(self) -> FunctionCall:
        """A function and its arguments."""
        value: FunctionCall = FunctionCall._view(self._need("function"))
        return value


from .function_call import FunctionCall  # noqa: E402 - below the class, so that models can refer to each other
