"""The registry of models: names, aliases, prices and what each list says about them."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pollinations_conformance.server.data import load

DEFAULT_MODELS = {
    "createChatCompletion": "openai",
    "createChatCompletionLegacy": "openai",
    "generateText": "openai",
    "generateImage": "zimage",
    "generateAudio": "elevenlabs",
    "createSpeech": "elevenlabs",
    "createTranscription": "whisper-large-v3",
}
"""The model of requests that name none, by the operation's id."""


@dataclass(frozen=True, slots=True)
class Model:
    """One service of the registry; the fields are those of `data/models.yaml`."""

    id: str
    kind: str  # the list that has it: text, image or audio
    provider_model: str
    aliases: tuple[str, ...] = ()
    dialect: str = ""
    description: str = ""
    input: tuple[str, ...] = ("text",)
    output: tuple[str, ...] = ("text",)
    tools: bool | None = None
    reasoning: bool = False
    thinks: bool = False
    specialized: bool | None = None
    speaks: bool = False
    alpha: bool = False
    paid: bool = False
    video: str = ""  # how its videos are billed: seconds, tokens; "" makes images
    seconds: int = 0
    does: str = ""
    context: int | None = None
    voices: tuple[str, ...] = ()
    price: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])

    @property
    def info(self) -> dict[str, Any]:
        """The item that the model lists show."""
        item: dict[str, Any] = {
            "name": self.id,
            "aliases": list(self.aliases),
            "pricing": {"currency": "pollen", **{k: float(v) for k, v in self.price.items()}},
            "description": self.description,
            "input_modalities": list(self.input),
            "output_modalities": list(self.output),
        }
        optional = {
            "tools": self.tools,
            "reasoning": self.reasoning or None,
            "context_window": self.context,
            "voices": list(self.voices) or None,
            "is_specialized": self.specialized,
            "paid_only": self.paid or None,
        }
        return item | {name: value for name, value in optional.items() if value is not None}


class Registry:
    """All models, found by name or alias."""

    def __init__(self) -> None:
        self.models: list[Model] = [
            _model(kind, name, fields)
            for kind, entries in load("models.yaml").items()
            for name, fields in entries.items()
        ]
        self._names = {n: m for m in self.models for n in (m.id, *m.aliases)}
        self.infos = {model.id: model.info for model in self.models}

    def resolve(self, name: str) -> Model | None:
        """Find a model of any kind by its id or one of its aliases."""
        return self._names.get(name)

    def listed(self, kind: str, allowed: Container[str] | None = None) -> Sequence[Model]:
        """List the models of a kind.

        Args:
            kind: text, image or audio.
            allowed: ids a key is restricted to; None and empty do not restrict a list.
        """
        return [m for m in self.models if m.kind == kind and (not allowed or m.id in allowed)]


def _model(kind: str, name: str, fields: Mapping[str, Any]) -> Model:
    given = dict(fields)
    out = {"text": ["text"], "image": ["video" if "video" in given else "image"]}
    is_text = kind == "text"
    return Model(
        id=name,
        kind=kind,
        provider_model=given.pop("model", name),
        aliases=tuple(given.pop("aliases", ())),
        input=tuple(given.pop("in")),
        output=tuple(given.pop("out", out.get(kind, ()))),
        tools=given.pop("tools", False) if is_text else None,
        specialized=given.pop("specialized", False) if is_text else None,
        voices=tuple(given.pop("voices", ())),
        price={key: Decimal(value) for key, value in given.pop("price").items()},
        **given,
    )
