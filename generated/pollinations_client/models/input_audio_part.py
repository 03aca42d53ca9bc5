"""InputAudioPart: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from .._model import ApiModel
from ..types import UNSET, Unset


class InputAudioPart(ApiModel):
    """Sound."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "type": "type",
        "input_audio": "input_audio",
        "cache_control": "cache_control",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "type",
        "input_audio",
    )

    def __init__(
        self,
        *,
        input_audio: InputAudio | Mapping[str, Any],
        type: Literal["input_audio"] | str = "input_audio",
        cache_control: CacheControl | Mapping[str, Any] | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "type": type,
                "input_audio": input_audio,
                "cache_control": cache_control,
            }
        )

    @property
    def type(self) -> Literal["input_audio"] | str:
        """The field `type`."""
        value: Literal["input_audio"] | str = self._need("type")
        return value

    @property
    def input_audio(self) -> InputAudio:
        """The sound itself."""
        value: InputAudio = InputAudio._view(self._need("input_audio"))
        return value

    @property
    def cache_control(self) -> CacheControl | None:
        """Ask the provider to remember the conversation up to here, which makes the next call cheaper."""
        value: CacheControl | None = CacheControl._view(self._data.get("cache_control"))
        return value


from .cache_control import CacheControl  # noqa: E402 - below the class, so that models can refer to each other
from .input_audio import InputAudio  # noqa: E402 - below the class, so that models can refer to each other
