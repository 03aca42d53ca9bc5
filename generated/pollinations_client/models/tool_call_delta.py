"""ToolCallDelta: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class ToolCallDelta(ApiModel):
    """A piece of the tool call with this index."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "index": "index",
        "id": "id",
        "type": "type",
        "function": "function",
    }
    _needed: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        index: int | Unset = UNSET,
        id: str | Unset | None = UNSET,
        type: str | Unset | None = UNSET,
        function: FunctionCallDelta | Mapping[str, Any] | Unset | None = UNSET,
    ) -> None:
        self._set(
            {
                "index": index,
                "id": id,
                "type": type,
                "function": function,
            }
        )

    @property
    def index(self) -> int | None:
        """Which tool call. From 0."""
        value: int | None = self._data.get("index")
        return value

    @property
    def id(self) -> str | None:
        """Id to answer to, in the first piece."""
        value: str | None = self._data.get("id")
        return value

    @property
    def type(self) -> str | None:
        """Always `function`."""
        value: str | None = self._data.get("type")
        return value

    @property
    def function(self) -> FunctionCallDelta | None:
        """A piece of the function call."""
        value: FunctionCallDelta | None = FunctionCallDelta._view(self._data.get("function"))
        return value


from .function_call_delta import FunctionCallDelta  # noqa: E402 - below the class, so that models can refer to each other
