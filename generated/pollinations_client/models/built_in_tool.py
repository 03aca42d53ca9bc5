"""BuiltInTool: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from .._model import ApiModel


class BuiltInTool(ApiModel):
    """A tool that runs at the provider; which ones work depends on the model."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "type": "type",
    }
    _needed: ClassVar[tuple[str, ...]] = ("type",)

    def __init__(
        self,
        *,
        type: Literal[
            "code_execution",
            "google_search",
            "google_maps",
            "url_context",
            "computer_use",
            "file_search",
        ]
        | str,
    ) -> None:
        self._set(
            {
                "type": type,
            }
        )

    @property
    def type(
        self,
    ) -> (
        Literal[
            "code_execution",
            "google_search",
            "google_maps",
            "url_context",
            "computer_use",
            "file_search",
        ]
        | str
    ):
        """Which tool."""
        value: (
            Literal[
                "code_execution",
                "google_search",
                "google_maps",
                "url_context",
                "computer_use",
                "file_search",
            ]
            | str
        ) = self._need("type")
        return value
