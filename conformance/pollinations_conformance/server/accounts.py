"""Users, keys and billing: who may call, what a call costs, and the records it leaves.

What is kept is bounded: the last `MAX_RECORDS` usage records of all users together, daily sums of
the last 90 days, and one waiting time for each publishable key and IP address.
"""

import hashlib
import re
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

MAX_RECORDS = 10_000
MAX_WAITS = 10_000
DAYS = 90
DEMO_KEY = "sk_demo1234"
"""A key that every reference server accepts, whatever its seed; worthless anywhere else."""

DAILY_CACHE_SECONDS = 3600
PUBLISHABLE_POLLEN_PER_HOUR = Decimal(1)

RECORD_COLUMNS = (
    "timestamp", "type", "model", "api_key", "api_key_type", "meter_source",
    "input_text_tokens", "input_cached_tokens", "input_audio_tokens", "input_image_tokens",
    "output_text_tokens", "output_reasoning_tokens", "output_audio_tokens", "output_image_tokens",
    "cost_usd", "response_time_ms",
)  # fmt: skip
DAILY_COLUMNS = ("date", "model", "meter_source", "requests", "cost_usd")

# Usage as responses count it -> the column of the record.
_COLUMNS = {
    "promptTextTokens": "input_text_tokens",
    "promptCachedTokens": "input_cached_tokens",
    "promptAudioTokens": "input_audio_tokens",
    "promptImageTokens": "input_image_tokens",
    "completionTextTokens": "output_text_tokens",
    "completionReasoningTokens": "output_reasoning_tokens",
    "completionAudioTokens": "output_audio_tokens",
    "completionImageTokens": "output_image_tokens",
}


@dataclass(slots=True)
class User:
    """An account; balances in pollen."""

    name: str | None
    email: str | None = None
    github: str | None = None
    image: str | None = None
    tier: str = "seed"
    created: str = "2025-03-01T09:30:00.000Z"
    balances: dict[str, Decimal] = field(
        default_factory=lambda: dict.fromkeys(("tier", "crypto", "pack"), Decimal(0))
    )

    @property
    def total(self) -> Decimal:
        """All pollen of the account."""
        return sum(self.balances.values(), Decimal(0))


@dataclass(slots=True)
class Key:
    """An API key and what it may do.

    Attributes:
        role: what the key is for; unique.
        name: display name.
        secret: the key itself; not part of the repr.
        user: None when the account behind the key is gone.
        models: ids it may use; None for all.
        account: account permissions it has; None for none.
        budget: pollen it may still spend; None for no limit of its own.
        expires: POSIX time in seconds; None for never.
        per_second: requests a second the key store lets through; None for no limit.
    """

    role: str
    name: str
    secret: str = field(repr=False)
    user: User | None
    models: tuple[str, ...] | None = None
    account: tuple[str, ...] | None = None
    budget: Decimal | None = None
    expires: float | None = None
    per_second: int | None = None
    window: int = 0
    used: int = 0

    @property
    def type(self) -> str:
        """`publishable` or `secret`, by the key's prefix."""
        return "publishable" if self.secret.startswith("pk_") else "secret"


@dataclass(slots=True)
class Record:
    """One billed call; `usage` has the registry's names for what was used."""

    user: User
    timestamp: str
    type: str
    model: str
    key: str
    key_type: str
    meter: str
    usage: Mapping[str, int | Decimal]
    cost: Decimal
    milliseconds: int

    def row(self) -> dict[str, Any]:
        """Return the record as `/account/usage` shows it."""
        tokens = {column: int(self.usage.get(name, 0)) for name, column in _COLUMNS.items()}
        return {
            "timestamp": self.timestamp,
            "type": self.type,
            "model": self.model,
            "api_key": self.key,
            "api_key_type": self.key_type,
            "meter_source": self.meter,
            **tokens,
            "cost_usd": float(self.cost),
            "response_time_ms": self.milliseconds,
        }


class Accounts:
    """All keys, balances and usage records of one running server."""

    def __init__(self, seed: int, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.keys: dict[str, Key] = {}
        self.records: deque[Record] = deque(maxlen=MAX_RECORDS)
        self.days: dict[tuple[int, str, str, str], list[Any]] = {}
        self._daily: dict[int, tuple[float, list[dict[str, Any]]]] = {}
        self._waits: OrderedDict[tuple[str, str], float] = OrderedDict()
        self.seed = seed
        self._examples()

    def _examples(self) -> None:
        ada = User(
            "Ada Example", "ada@example.com", "ada-example",
            "https://avatars.example.com/ada.png", tier="flower",
            balances={"tier": Decimal(1), "crypto": Decimal(1), "pack": Decimal(1_000_000)},
        )  # fmt: skip
        poor = User("Penny Example", "penny@example.com", tier="microbe")
        free = User(None, tier="spore")
        free.balances["tier"] = Decimal(1000)
        every = ("profile", "balance", "usage")
        now = self.clock()
        demo = User("Demo Example", tier="flower")
        demo.balances["pack"] = Decimal(1_000_000)
        self.create("secret", ada, account=every)
        self.create("publishable", ada, "pk", account=every)
        self.create("restricted", ada, models=("openai-fast", "flux"), account=every)
        self.create("no-models", ada, models=(), account=every)
        self.create("no-permissions", ada)
        self.create("profile-only", ada, account=("profile",))
        self.create("budgeted", ada, account=every, budget=Decimal(5))
        self.create("exhausted-budget", ada, account=every, budget=Decimal(0))
        self.create("empty-balance", poor, account=every)
        self.create("other-account", free, account=every)
        self.create("expiring", ada, account=every, expires=now + 30 * 86400)
        self.create("expired", ada, account=every, expires=now - 3600)
        self.create("demo", demo, account=every, secret=DEMO_KEY)
        self.create("orphan", None, account=every)
        self.create("rate-limited", ada, account=every, per_second=5)
        self.create("restricted-empty-balance", poor, models=("openai-fast", "flux"))
        self.create("quoted-name", ada, account=("usage",), name='Ada, "the first"')

    def create(
        self, role: str, user: User | None, prefix: str = "sk", *, name: str | None = None,
        models: tuple[str, ...] | None = None, account: tuple[str, ...] | None = None,
        budget: Decimal | None = None, expires: float | None = None, per_second: int | None = None,
        secret: str | None = None,
    ) -> Key:  # fmt: skip
        """Add a key; the same seed and role give the same key.

        Args:
            role: see `Key`, and so for the rest.
            user: owner, or None for a key whose account is gone.
            prefix: `sk` or `pk`.
            name: display name; None for the role.
            models: see `Key`.
            account: see `Key`.
            budget: see `Key`.
            expires: see `Key`.
            per_second: see `Key`.
            secret: the key itself, when it is not to be made up.
        """
        digest = hashlib.sha256(f"{self.seed}/{role}".encode()).hexdigest()
        secret = secret or f"{prefix}_{digest[: 16 if prefix == 'pk' else 32]}"
        key = Key(role, name or role, secret, user, models, account, budget, expires, per_second)
        self.keys[secret] = key
        return key

    def create_from(self, spec: str) -> Key:
        """Add a key from a text such as `name=mine,type=pk,models=openai+flux,budget=2`.

        Args:
            spec: parts name, type (sk or pk), models, account, budget, balance (of an owner of its
                own), expires (seconds from now) and secret (the key itself, otherwise made up),
                with commas between them.

        Raises:
            ValueError: a part is not understood.
        """
        parts: dict[str, str] = {}
        for part in spec.split(","):
            name, _, value = part.partition("=")
            parts[name] = value
        spec = re.sub(r"\bsecret=[^,]*", "secret=***", spec)  # from here on for messages only
        unknown = parts.keys() - {
            "name", "type", "models", "account", "budget", "balance", "expires", "secret",
        }  # fmt: skip
        if unknown or not parts.get("name"):
            raise ValueError(
                f"key {spec!r}: " + (f"unknown part {min(unknown)!r}" if unknown else "no name")
                + "; write for example name=mine,type=pk,models=openai+flux,budget=2"
            )  # fmt: skip
        if parts["name"] in self.examples:
            raise ValueError(f"key {spec!r}: there is a key of that name; choose another name")
        owner = User(parts["name"], tier="flower")
        owner.balances["pack"] = _decimal(spec, parts.get("balance", "1000"))
        kind = parts.get("type", "sk")
        if kind not in ("sk", "pk"):
            raise ValueError(f"key {spec!r}: type is {kind!r}; write sk or pk")
        secret = parts.get("secret")
        if secret is not None and not re.fullmatch(rf"{kind}_[A-Za-z0-9]{{8,}}", secret):
            raise ValueError(
                f"key {parts['name']!r}: its secret must be {kind}_ and 8 or more letters or digits"
            )
        if secret in self.keys:
            raise ValueError(f"key {parts['name']!r}: another key has its secret; choose another")
        names = {
            name: tuple(filter(None, parts[name].split("+")))
            for name in ("models", "account")
            if name in parts
        }
        return self.create(
            parts["name"], owner, kind,
            models=names.get("models"), account=names.get("account"),
            budget=_decimal(spec, parts["budget"]) if "budget" in parts else None,
            expires=self.clock() + float(_decimal(spec, parts["expires"]))
            if "expires" in parts
            else None,
            secret=secret,
        )  # fmt: skip

    @property
    def examples(self) -> dict[str, str]:
        """Every key by its role."""
        return {key.role: secret for secret, key in self.keys.items()}

    def find(self, secret: str) -> Key | None:
        """Return a key that is valid now; None when it is not."""
        key = self.keys.get(secret)
        if key is None or (key.expires is not None and key.expires <= self.clock()):
            return None
        return key

    def may_upload(self, secret: str) -> bool:
        """Return whether a key is valid, which is all that the media host requires."""
        key = self.find(secret)
        return key is not None and key.user is not None

    def admit(self, key: Key) -> bool:
        """Count a call against the key's requests per second; False when there are too many."""
        if key.per_second is None:
            return True
        second = int(self.clock())
        if key.window != second:
            key.window, key.used = second, 0
        key.used += 1
        return key.used <= key.per_second

    def wait(self, key: Key, client: str) -> float:
        """Return the seconds until a publishable key may be used again from that IP address."""
        if key.type != "publishable":
            return 0.0
        return max(0.0, self._waits.get((key.secret, client), 0.0) - self.clock())

    def charge(
        self, key: Key, client: str, kind: str, model: str,
        usage: Mapping[str, int | Decimal], price: Mapping[str, Decimal], milliseconds: int,
    ) -> Decimal:  # fmt: skip
        """Take a call's price from the balance and leave a record.

        Args:
            key: that made the call; its user exists.
            client: IP address the call came from.
            kind: `generate.text` and the like.
            model: provider's model id.
            usage: amounts by the registry's names.
            price: pollen per unit by the same names.
            milliseconds: the call took.

        Returns:
            The price in pollen.
        """
        user = key.user
        cost = sum((amount * _price(price, name) for name, amount in usage.items()), Decimal(0))
        if user is None or cost <= 0:
            return Decimal(0)
        meter = next((name for name, left in user.balances.items() if left > 0), "pack")
        user.balances[meter] -= cost
        if key.budget is not None:
            key.budget -= cost
        now = self.clock()
        moment = datetime.fromtimestamp(now, UTC)
        stamp = moment.strftime("%Y-%m-%d %H:%M:%S")
        self.records.append(
            Record(user, stamp, kind, model, key.name, key.type, meter, usage, cost, milliseconds)
        )
        self._add_to_day(user, moment, model, meter, cost)
        if key.type == "publishable":
            seconds = float(cost / PUBLISHABLE_POLLEN_PER_HOUR * 3600)
            self._waits[key.secret, client] = now + seconds
            self._waits.move_to_end((key.secret, client))
            while len(self._waits) > MAX_WAITS:
                self._waits.popitem(last=False)
        return cost

    def _add_to_day(
        self, user: User, moment: datetime, model: str, meter: str, cost: Decimal
    ) -> None:
        entry = (id(user), moment.strftime("%Y-%m-%d"), model, meter)
        if entry not in self.days:
            oldest = (moment - timedelta(days=DAYS)).strftime("%Y-%m-%d")
            self.days = {e: sums for e, sums in self.days.items() if e[1] > oldest}
            self.days[entry] = [0, Decimal(0)]
        self.days[entry][0] += 1
        self.days[entry][1] += cost

    def usage(self, user: User, limit: int, before: str | None) -> list[dict[str, Any]]:
        """List a user's records, newest first.

        Args:
            user: whose.
            limit: records at most.
            before: only records strictly older than this moment, an ISO 8601 text.
        """
        border = None if before is None else _stamp(before)
        rows: list[dict[str, Any]] = []
        for record in reversed(self.records):
            if len(rows) >= limit:
                break
            if record.user is user and (border is None or record.timestamp < border):
                rows.append(record.row())
        return rows

    def daily(self, user: User) -> list[dict[str, Any]]:
        """List a user's daily sums, newest first; the same list for an hour."""
        now = self.clock()
        cached = self._daily.get(id(user))
        if cached is not None and now - cached[0] < DAILY_CACHE_SECONDS:
            return cached[1]
        rows = [
            {
                "date": date,
                "model": model,
                "meter_source": meter,
                "requests": sums[0],
                "cost_usd": float(sums[1]),
            }
            for (owner, date, model, meter), sums in self.days.items()
            if owner == id(user)
        ]
        rows.sort(key=lambda row: (row["date"], row["cost_usd"]), reverse=True)
        self._daily[id(user)] = (now, rows)
        return rows


def _decimal(spec: str, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise ValueError(f"key {spec!r}: {text!r} is no number")
    return value


def _price(price: Mapping[str, Decimal], name: str) -> Decimal:
    # Thinking is billed like the text it precedes unless the registry says otherwise.
    if name == "completionReasoningTokens" and name not in price:
        name = "completionTextTokens"
    return price.get(name, Decimal(0))


def _stamp(text: str) -> str:
    """Return an ISO 8601 moment in the records' form, so that text compares as time does."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return text.replace("T", " ")
    if moment.tzinfo is not None:
        try:
            moment = moment.astimezone(UTC)
        except OverflowError:  # beyond the first or the last day there is, where no record is
            moment = moment.replace(tzinfo=None)
    stamp = moment.replace(tzinfo=None).isoformat(" ", "seconds")
    # A record of the same second is older than a border with a fraction.
    return stamp + "." if moment.microsecond else stamp


def csv(columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as the service writes its CSV: LF between lines and none at the end."""
    names = list(columns)
    lines = [",".join(names)]
    lines += [",".join(_cell(name, row[name]) for name in names) for row in rows]
    return "\n".join(lines).encode()


def _cell(name: str, value: object) -> str:
    if value is None or (name == "response_time_ms" and value == 0):
        return ""
    if isinstance(value, float):
        return _number(value)
    text = str(value)
    if any(mark in text for mark in ',"\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
