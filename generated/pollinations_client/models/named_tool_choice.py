"""NamedToolChoice: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from .._model import ApiModel


class NamedToolChoice(ApiModel):
    """Call this function."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "type": "type",
        "function": "function",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "type",
        "function",
    )

    def __init__(
        self,
        *,
        function: FunctionName | Mapping[str, Any],
        type: Literal["function"] | str = "function",
    ) -> None:
        self._set(
            {
                "type": type,
                "function": function,
            }
        )

    @property
    def type(self) -> Literal["function"] | str:
        """The field `type`."""
        value: Literal["function"] | str = self._need("type")
        return value

    @property
    def function(self) -> FunctionName:
        """A function, by name."""
        value: FunctionName = FunctionName._view(self._need("function"))
        return value


from .function_name import FunctionName  # noqa: E402 - below the class, so that models can refer to each other
