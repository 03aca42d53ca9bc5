"""The API keys of a run, by role.

Everything that leaves the suite for a report, a log or an exception goes through `Keyring.redact`.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pollinations_conformance.http.json import is_object
from pollinations_conformance.http.text import BEFORE_KEY, key_pattern
from pollinations_conformance.suite.errors import TargetError, reason_of
from pollinations_conformance.suite.keys_file import current_role

MAIN = "secret"
"""The role of the key that ordinary requests carry."""

ROLES: Mapping[str, str] = {
    MAIN: "an ordinary secret key with all account permissions and all models",
    "other-account": "a second secret key, with pollen of its own",
    "restricted": "a secret key that may use only some models",
    "no-permissions": "a secret key without any account permission",
    "publishable": "a publishable (pk_) key",
    "budgeted": "a secret key with a remaining budget of its own",
    "exhausted-budget": "a key whose own budget is used up",
    "empty-balance": "a key whose user has no pollen",
    "restricted-empty-balance": "a key that may use only some models, whose user has no pollen",
    "expiring": "a secret key that will expire",
    "quoted-name": "a secret key whose name holds a comma and quotation marks",
    "expired": "a key that is no longer valid",
}

NOT_A_KEY = "sk_ThisIsNotAKeyOfAnybodyAtAll00000"
UNPAID = "unpaid"
"""Instead of a role: the budget did not allow for sending the key."""


class Keyring:
    """The keys of a run, by role. Its repr shows no key."""

    def __init__(self, keys: Mapping[str, str] | None = None) -> None:
        self._keys = dict(keys or {})
        for role, key in self._keys.items():
            if not key or re.search(r"[\s\x00-\x1f\x7f]|[^\x21-\x7e]", key):
                raise TargetError(
                    f"the key for {role!r} is empty or holds characters that no header can carry"
                )
        by_length = sorted(self._keys.items(), key=lambda item: -len(item[1]))
        self._secrets = [(key_pattern(key), role) for role, key in by_length]

    def __repr__(self) -> str:
        return f"Keyring({', '.join(sorted(self._keys)) or 'no keys'})"

    def __contains__(self, role: object) -> bool:
        return role in self._keys

    def get(self, role: str) -> str | None:
        """Return the key of a role, or None."""
        return self._keys.get(role)

    def roles(self) -> list[str]:
        """List the roles that have a key."""
        return sorted(self._keys)

    def redact(self, text: str) -> str:
        """Return a text without any key; what stays says which role it was."""
        for pattern, role in self._secrets:
            text = pattern.sub(variable(role), text)
        return re.sub(
            BEFORE_KEY + r"(sk|pk)_[A-Za-z0-9]{8,}",
            lambda found: found[0] if found[0] == NOT_A_KEY else f"{found[1]}_***",
            text,
        )


def variable(role: str) -> str:
    """Name the shell variable that stands for a role's key in a curl line."""
    if role == MAIN:
        return "$POLLINATIONS_API_KEY"
    return f"$POLLINATIONS_{role.upper().replace('-', '_')}_KEY"


def read_keys(path: Path) -> dict[str, str]:
    """Read a keys file: TOML with a table `keys` (role = "key"), or one bare key for role secret.

    Args:
        path: the file.

    Raises:
        TargetError: it cannot be read, or names a role that nobody knows.
    """
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TargetError(
            f"cannot read the keys file {path}: {reason_of(error)}; name another with --api-key-file"
        ) from None
    if not text:
        raise TargetError(f"the keys file {path} is empty; put a key in it, or a [keys] table")
    if re.fullmatch(r"[^\s=\[\]\"]+", text):
        return {MAIN: text}
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The parser's message may quote the line, and the line may be a key.
        place = re.search(r"\(at .*?\)", str(error))
        raise TargetError(
            f"the keys file {path} is neither one bare key nor valid TOML {place[0] if place else ''}".rstrip()
        ) from None
    table = document.get("keys")
    if not is_object(table) or set(document) != {"keys"}:
        raise TargetError(f'the keys file {path} must hold one table, [keys], with role = "key"')
    keys: dict[str, str] = {}
    for name, key in table.items():
        role = current_role(name, path)
        if role not in ROLES:
            raise TargetError(
                f"the keys file {path} names a role {role!r}; roles are: {', '.join(ROLES)}"
            )
        if role in keys:
            raise TargetError(f"the keys file {path} has two keys for the role {role!r}")
        if not isinstance(key, str):
            raise TargetError(f"the keys file {path} gives {role} something that is not a string")
        keys[role] = key
    return keys


class KeyUse:
    """Which keys a server has accepted or refused, by role and host."""

    def __init__(self) -> None:
        self._accepted: set[tuple[str, str]] = set()
        self._refused: set[tuple[str, str]] = set()

    def accept(self, role: str, host: str) -> None:
        """Record that a host knows a key."""
        self._accepted.add((role, host))
        self._refused.discard((role, host))

    def refuse(self, role: str, host: str) -> None:
        """Record that a host does not know a key; one that it once accepted stays accepted."""
        if (role, host) not in self._accepted:
            self._refused.add((role, host))

    def is_accepted(self, role: str, host: str = "gateway") -> bool:
        """Return whether a host accepted a key at least once."""
        return (role, host) in self._accepted

    def is_refused(self, role: str, host: str = "gateway") -> bool:
        """Return whether a host refused a key with 401 and never accepted it."""
        return (role, host) in self._refused
