"""What every operation works with: a routed request, models, keys, billing and time."""

import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import cast

from pollinations_conformance import contract as contracts
from pollinations_conformance.server.accounts import Accounts, Key, User
from pollinations_conformance.server.errors import Refused, relayed_error, unknown_model
from pollinations_conformance.server.http import Call, Reply
from pollinations_conformance.server.options import Options
from pollinations_conformance.server.registry import Model, Registry

INSUFFICIENT_BALANCE = "Insufficient pollen balance to use this model"

_USAGE_HEADERS = {
    "promptTextTokens": "x-usage-prompt-text-tokens",
    "promptCachedTokens": "x-usage-prompt-cached-tokens",
    "promptAudioTokens": "x-usage-prompt-audio-tokens",
    "promptAudioSeconds": "x-usage-prompt-audio-seconds",
    "promptImageTokens": "x-usage-prompt-image-tokens",
    "completionTextTokens": "x-usage-completion-text-tokens",
    "completionReasoningTokens": "x-usage-completion-reasoning-tokens",
    "completionAudioTokens": "x-usage-completion-audio-tokens",
    "completionAudioSeconds": "x-usage-completion-audio-seconds",
    "completionImageTokens": "x-usage-completion-image-tokens",
    "completionVideoSeconds": "x-usage-completion-video-seconds",
    "completionVideoTokens": "x-usage-completion-video-tokens",
}


@dataclass(slots=True)
class RoutedCall:
    """A request that reached an operation, on its way through the gateway."""

    call: Call
    match: contracts.Match
    key: Key | None = None
    values: contracts.Values = field(default_factory=contracts.Values)

    @property
    def operation(self) -> str:
        """Id of the operation it reached."""
        return self.match.operation.id


Handler = Callable[[RoutedCall], Awaitable[Reply]]


class Backend:
    """Models, keys and billing of one running server, and what time it is there.

    Args:
        options: see `Options`.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.registry = Registry()
        self.accounts = Accounts(options.seed, options.clock)
        self.calls = 0

    @property
    def follows_service(self) -> bool:
        """Return whether it does what the recorded service does where that departs from the contract."""
        return self.options.profile == "service"

    def now(self) -> float:
        """Return the POSIX time in seconds."""
        return self.options.clock()

    def elapsed(self, call: Call) -> int:
        """Return how long a request has taken, in milliseconds."""
        return round((time.perf_counter() - call.started) * 1000)

    async def think(self) -> None:
        """Wait as long as a model would take."""
        if self.options.latency:
            await self.options.sleep(self.options.latency)

    def random_seed(self, seed: object) -> object:
        """Return what random choices depend on.

        That is the server's seed, and for the request's seed -1 another number each time.
        """
        return (self.options.seed, self.calls if seed == -1 else "fixed")

    def find_model(self, name: str) -> Model:
        """Return the model with a name or alias.

        Raises:
            Refused: there is none.
        """
        model = self.registry.resolve(name)
        if model is None:
            raise unknown_model(name)
        return model

    def require_kind(self, model: Model, *, fits: bool) -> None:
        """Refuse a model of another kind, as its provider does.

        Raises:
            Refused: the model does not fit the operation.
        """
        if not fits:
            raise Refused(404, relayed_error("Not Found", f"Model not found: {model.id}", model.id))

    def authorize(
        self, routed: RoutedCall, model: Model, requested: str, purpose: str = INSUFFICIENT_BALANCE
    ) -> Key:
        """Return the request's key when it may use a model and can pay for it.

        Args:
            routed: the request.
            model: it wants to use.
            requested: the name it used for the model.
            purpose: the message when there is no pollen.

        Raises:
            Refused: there is no key, or it lacks permission, budget or balance.
        """
        key = routed.key
        if key is None:
            raise Refused(401)
        restricted = routed.operation not in ("createSpeech", "createTranscription")
        if restricted and key.models is not None and model.id not in key.models:
            raise Refused(403, f"Model '{requested}' is not allowed for this API key")
        if key.budget is not None and key.budget <= 0:
            raise Refused(402, "API key budget exhausted. Please top up or create a new key.")
        balances = cast("User", key.user).balances
        if all(left <= 0 for left in balances.values()):
            raise Refused(403 if self.follows_service else 402, purpose)
        if model.paid and balances["crypto"] <= 0 and balances["pack"] <= 0:
            raise Refused(402, "This model requires a paid balance. Tier balance cannot be used.")
        return key

    def charge(
        self, routed: RoutedCall, key: Key, model: Model, usage: Mapping[str, int | Decimal]
    ) -> list[tuple[str, str]]:
        """Bill a request, and return the response headers that report model and usage."""
        self.accounts.charge(
            key, routed.call.client, f"generate.{model.kind}", model.provider_model, usage,
            model.price, self.elapsed(routed.call),
        )  # fmt: skip
        headers = [("x-model-used", model.provider_model)]
        total: int | Decimal = 0
        for name, amount in usage.items():
            headers.append((_USAGE_HEADERS[name], str(amount)))
            total += amount
        return [*headers, ("x-usage-total-tokens", str(total))]


def exact_number(value: float) -> int | Decimal:
    """Return a float as an integer or decimal, which usage is counted in."""
    return int(value) if float(value).is_integer() else Decimal(str(value))


def finite_number(text: object) -> float | None:
    """Return a number that the contract lets be any text; None when it is none."""
    try:
        value = float(cast("str", text))
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None
