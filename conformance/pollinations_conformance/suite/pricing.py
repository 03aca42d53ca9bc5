"""What requests may cost: prices from the server's own model lists, a limit, and a ledger.

Prices are in pollen. Estimates are upper bounds for the small requests that the suite makes, so
that a limit is kept even when every response is as long as it may be.
"""

import json
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.http.query import query_of
from pollinations_conformance.suite.errors import NoBudget, PriceError
from pollinations_conformance.suite.exchange import Exchange, load_json
from pollinations_conformance.suite.payload import Payload

PER_IMAGE = 1e-4
"""An image price below this is a price per token, of which an image has thousands."""
TOKENS_PER_IMAGE = 8000
TOKENS_PER_ANSWER = 2000
TOKENS_PER_PROMPT = 1000
SECONDS_OF_VIDEO = 10
SECONDS_OF_MUSIC = 60
UNKNOWN_PRICE = 0.1
"""Taken for a paid call whose price no list names: rather too much than too little."""

PAID = {
    "createChatCompletion": "text",
    "createChatCompletionLegacy": "text",
    "generateText": "text",
    "generateImage": "image",
    "generateAudio": "audio",
    "createSpeech": "audio",
    "createTranscription": "transcription",
}
"""Operations that cost pollen, and the kind of model that serves them."""

DEFAULT_MODELS = {
    "text": "openai",
    "image": "zimage",
    "audio": "elevenlabs",
    "transcription": "whisper-large-v3",
}


@dataclass(frozen=True)
class Model:
    """One entry of a model list, as far as the suite needs it."""

    name: str
    aliases: tuple[str, ...] = ()
    prices: Mapping[str, float] = field(default_factory=dict[str, float])
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    tools: bool = False
    reasoning: bool = False
    paid_only: bool = False
    specialized: bool = False

    def oddity(self) -> tuple[bool, bool]:
        """Sort ordinary models before those for special tasks and those that think at length."""
        return (self.specialized, self.reasoning)

    def estimate(self) -> float:
        """Return an upper bound for one small request, in pollen."""
        total = 0.0
        for key, price in self.prices.items():
            if key == "completionImageTokens":
                total += price * (1 if price >= PER_IMAGE else TOKENS_PER_IMAGE)
            elif key.endswith("VideoSeconds"):
                total += price * SECONDS_OF_VIDEO
            elif key.endswith("VideoTokens"):
                total += price * 50_000
            elif key.endswith("AudioSeconds"):
                total += price * SECONDS_OF_MUSIC
            elif key.startswith("prompt"):
                total += price * TOKENS_PER_PROMPT
            else:
                total += price * TOKENS_PER_ANSWER
        return total


def read_model(item: object) -> Model | None:
    """Read one entry of a model list; None when it has no name."""
    if not is_object(item):
        return None
    entry = cast("Mapping[str, Any]", item)
    name = entry.get("name", entry.get("id"))
    if not isinstance(name, str) or not name:
        return None
    prices: dict[str, float] = {}
    pricing = entry.get("pricing")
    if is_object(pricing):
        for key, value in cast("Mapping[str, Any]", pricing).items():
            try:
                price = float(value)
            except (TypeError, ValueError):
                continue
            if price > 0:
                prices[key] = price
    return Model(
        name=name,
        aliases=_strings(entry.get("aliases")),
        prices=prices,
        inputs=_strings(entry.get("input_modalities")),
        outputs=_strings(entry.get("output_modalities")),
        tools=entry.get("tools") is True,
        reasoning=entry.get("reasoning") is True,
        paid_only=entry.get("paid_only") is True,
        specialized=entry.get("is_specialized") is True,
    )


def _strings(value: object) -> tuple[str, ...]:
    if not is_list(value):
        return ()
    return tuple(item for item in cast("list[object]", value) if isinstance(item, str))


@dataclass(frozen=True)
class Catalogue:
    """The models that a server lists, by kind."""

    text: tuple[Model, ...] = ()
    image: tuple[Model, ...] = ()
    audio: tuple[Model, ...] = ()

    def all(self) -> Iterable[Model]:
        """Return all models."""
        return (*self.text, *self.image, *self.audio)

    def find(self, name: str) -> Model | None:
        """Find a model by its name or one of its aliases."""
        for model in self.all():
            if name == model.name or name in model.aliases:
                return model
        return None

    def names(self, kind: str) -> list[str]:
        """List the names and aliases of a kind of model."""
        models: Sequence[Model] = getattr(self, kind)
        return [name for model in models for name in (model.name, *model.aliases)]

    def cheapest(self, kind: str) -> str:
        """Name the cheapest model of a kind; the documented default when nothing is listed."""
        fitting = [model for model in self._of(kind) if model.prices and not model.paid_only]
        if not fitting:
            return DEFAULT_MODELS[kind]
        return min(fitting, key=lambda model: (*model.oddity(), model.estimate(), model.name)).name

    def _of(self, kind: str) -> Iterable[Model]:
        if kind == "text":
            return [m for m in self.text if not m.outputs or m.outputs == ("text",)]
        if kind == "image":
            return [m for m in self.image if "video" not in m.outputs]
        if kind == "transcription":
            return [m for m in self.audio if m.outputs == ("text",)]
        return [m for m in self.audio if "text" not in m.outputs and not _is_music(m)]

    def price(self, operation: str, model: str | None) -> float:
        """Return an upper bound for one request, in pollen; 0 for operations that are free."""
        kind = PAID.get(operation)
        if kind is None:
            return 0.0
        entry = self.find(model or DEFAULT_MODELS[kind])
        if entry is None or not entry.prices:
            return UNKNOWN_PRICE
        return entry.estimate()


def kind_of(models: Sequence[Model]) -> str:
    """Return which list some models are from: text, image or audio."""
    if any({"image", "video"} & set(model.outputs) for model in models):
        return "image"
    prices = [" ".join(model.prices) for model in models]
    if any("completionImage" in names or "completionVideo" in names for names in prices):
        return "image"
    # Speech goes out of these, or comes in; a list of text models has others, too.
    if all("Audio" in names or "audio" in model.inputs + model.outputs
           for names, model in zip(prices, models, strict=True)):  # fmt: skip
        return "audio"
    return "text"


def read_prices(files: Iterable[Path]) -> Catalogue:
    """Read model lists that were saved from a server.

    Args:
        files: JSON, each as /text/models, /image/models or /audio/models returned.

    Raises:
        PriceError: one of them is none.
    """
    lists: dict[str, tuple[Model, ...]] = {}
    for file in files:
        try:
            value = json.loads(file.read_bytes())
        except OSError as error:
            raise PriceError(
                f"cannot read the prices in {file}: {error.strerror}; name a saved list of models"
            ) from None
        except (ValueError, RecursionError) as error:
            raise PriceError(
                f"cannot read the prices in {file}: not JSON ({error}); save the list again"
            ) from None
        models = (
            [read_model(item) for item in cast("list[object]", value)] if is_list(value) else []
        )
        known = tuple(model for model in models if model is not None)
        if not any(model.prices for model in known):
            raise PriceError(
                f"{file} is no model list with prices; save what /text/models, /image/models or "
                "/audio/models responds with"
            )
        kind = kind_of(known)
        lists[kind] = lists.get(kind, ()) + known
    return Catalogue(**lists)


def _is_music(model: Model) -> bool:
    return "completionAudioSeconds" in model.prices or "music" in model.name


@dataclass
class Ledger:
    """What was spent, against a limit.

    Args:
        limit: pollen; None for no limit.
    """

    limit: float | None = 0.0
    spent: float = 0.0
    reserved: float = 0.0
    estimated: float = 0.0
    """The part of `spent` that no response shows: its price or its usage is unknown."""
    calls: int = 0
    by_operation: dict[str, float] = field(default_factory=dict[str, float])

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def allows(self, amount: float) -> bool:
        """Return whether an amount is left."""
        return self.limit is None or self.spent + self.reserved + amount <= self.limit + 1e-12

    def reserve(self, amount: float) -> None:
        """Set an amount aside for a request that is about to be sent.

        Raises:
            NoBudget: it is not left.
        """
        with self._lock:
            if not self.allows(amount):
                left = max(0.0, (self.limit or 0.0) - self.spent - self.reserved)
                raise NoBudget(
                    f"it may cost up to {amount:.6g} pollen and {round(left, 9):.6g} of the budget is left"
                )
            self.reserved += amount

    def settle(self, reserved: float, operation: str, cost: float) -> None:
        """Book what a request really cost, and free what was set aside for it."""
        with self._lock:
            self.reserved = max(0.0, self.reserved - reserved)
            if cost > 0:
                self.spent += cost
                self.estimated += cost if cost >= reserved else 0.0
                self.calls += 1
                self.by_operation[operation] = self.by_operation.get(operation, 0.0) + cost


def cost_of(model: Model | None, headers: Iterable[tuple[str, str]]) -> float | None:
    """Compute the cost of a response from its usage headers; None when they do not show it."""
    if model is None or not model.prices:
        return None
    total, seen = 0.0, False
    for name, value in headers:
        found = re.fullmatch(r"x-usage-(prompt|completion)-([a-z-]+)", name.lower())
        if not found:
            continue
        key = found[1] + "".join(word.capitalize() for word in found[2].split("-"))
        try:
            amount = float(value)
        except ValueError:
            continue
        seen = True
        # Like the gateway: a kind of token without a price of its own costs nothing.
        total += amount * model.prices.get(key, 0.0)
    return total if seen else None


def model_of(pairs: Sequence[tuple[str, str]], payload: Payload | None) -> str | None:
    """Return the model that a request names, or None."""
    for name, value in pairs:
        if name == "model":
            return value
    if payload is None:
        return None
    if payload.content_type == "application/json":
        value = load_json(payload.content)
        model = value.get("model") if is_object(value) else None
        return model if isinstance(model, str) else None
    found = re.search(rb'name="model"\r\n\r\n([^\r\n]+)', payload.content)
    return found[1].decode("utf-8", "replace") if found else None


def charged(catalogue: Catalogue, operation: str, exchange: Exchange, estimate: float) -> float:
    """Return what a response cost: by its usage headers where they show it, or else the estimate.

    Args:
        catalogue: the server's models with their prices.
        operation: its operationId.
        exchange: the request and its response.
        estimate: the most that it may cost, in pollen; 0 when nobody pays for it.
    """
    if operation not in PAID or not exchange.ok or estimate == 0.0:
        return 0.0
    if (exchange.header("x-cache") or "").upper() == "HIT":
        return 0.0
    pairs = list(query_of(exchange.url))
    kind = next((v for n, v in exchange.request_headers if n.lower() == "content-type"), "")
    payload = Payload(exchange.request_body, kind.partition(";")[0].strip())
    name = model_of(pairs, payload) or DEFAULT_MODELS[PAID[operation]]
    cost = cost_of(catalogue.find(name), exchange.headers)
    return estimate if cost is None else cost
