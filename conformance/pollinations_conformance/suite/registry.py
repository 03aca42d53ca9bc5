"""The written checks and watches, and the decorators that register them.

A check makes requests of its own through a `Session`; a watch only looks at each exchange of a run.
Both are named after the tag whose part of the contract they belong to: the path of their module
below the package of the checks, then the function, as in `chat.stream.chunks_share_one_id`.
"""

import fnmatch
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pollinations_conformance.suite.exchange import Exchange

CHECKS_PACKAGE = "pollinations_conformance.checks."

Function = Callable[[Any], None]
"""Takes the `Session` of the check."""
Look = Callable[[Exchange], str | None]
"""Return None where the requirement does not apply to an exchange, an empty text where it holds,
and otherwise how the server departs from it."""


@dataclass(frozen=True)
class Check:
    """A written check.

    Args:
        name: tag, module and function.
        function: what it does.
        requirements: the ids it speaks for.
        operations: operationIds that must exist on the server.
        needs: roles of keys without which it cannot run.
        cost: how many paid calls it makes, by kind.
        exclusive: whether nothing else may run beside it.
        description: its docstring.
        lane: checks of the same lane run one after another, beside the others.
        assumes: patterns of the ids whose failure explains that it fails; see `causes`.
    """

    name: str
    function: Function
    requirements: tuple[str, ...]
    operations: tuple[str, ...]
    needs: tuple[str, ...]
    cost: Mapping[str, int]
    exclusive: bool
    description: str
    lane: str = ""
    assumes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Watch:
    """A look at every exchange of a run.

    Args:
        name: tag, module and function.
        requirement: the id it speaks for.
        look: what it does.
        description: its docstring.
        gateway: whether it speaks of the gateway's responses only.
        assumes: ids of requirements; it looks at no response that violates one of them.
    """

    name: str
    requirement: str
    look: Look
    description: str
    gateway: bool
    assumes: tuple[str, ...] = ()


@dataclass(frozen=True)
class MinimalRequest:
    """How to make the simplest valid request of an operation.

    Args:
        make: given the session, the operationId and a form, returns the arguments of `send`; an
            empty form is the usual one.
        forms: of its body that can be requested: raw, multipart/form-data, application/json.
    """

    make: Callable[[Any, str, str], Mapping[str, Any]]
    forms: tuple[str, ...] = ()


@dataclass(frozen=True)
class InvalidRequest:
    """How to make the simplest invalid request of an operation.

    Args:
        make: given the session and the operationId, returns the arguments of `send`.
        requirement: which says that it gets the status 400.
        what: it is, as a noun phrase.
    """

    make: Callable[[Any, str], Mapping[str, Any]]
    requirement: str
    what: str


@dataclass(frozen=True)
class Feature:
    """Something that a server may lack altogether, so that much cannot be tested.

    Args:
        name: of its function.
        requirement: the id that says that it must be there.
        shows: returns whether an exchange shows it.
        absent: what is the case where no exchange of a run shows it.
        assumed_by: patterns of the ids that cannot be tested without it.
        shared_by: patterns of the ids that demand it too; where the requirement fails as well, that
            it is not there is reported once.
    """

    name: str
    requirement: str
    shows: Callable[[Exchange], bool]
    absent: str
    assumed_by: tuple[str, ...]
    shared_by: tuple[str, ...] = ()

    def is_assumed_by(self, requirements: Iterable[str], *, reported: bool = False) -> bool:
        """Return whether one of some requirements cannot be tested without it.

        Args:
            requirements: their ids.
            reported: whether the requirement that says that it must be there fails.
        """
        return any(
            fnmatch.fnmatchcase(requirement, pattern)
            for requirement in requirements
            for pattern in (*self.assumed_by, *(self.shared_by if reported else ()))
        )


REGISTRY: dict[str, Check] = {}
"""The written checks by name."""
WATCHES: dict[str, Watch] = {}
"""The watches by name."""
FEATURES: dict[str, Feature] = {}
"""The features by name."""
MINIMAL_REQUESTS: dict[str, MinimalRequest] = {}
"""By operation; what `controls` sends."""
INVALID_REQUESTS: dict[str, InvalidRequest] = {}
"""By operation; what `controls` sends where an invalid request gets another status than 400."""


def check(
    *requirements: str,
    operations: str | Sequence[str] = (),
    needs: str | Sequence[str] = (),
    cost: Mapping[str, int] | None = None,
    exclusive: bool = False,
    lane: str = "",
    assumes: str | Sequence[str] = (),
) -> Callable[[Function], Function]:
    """Register a check for one or more requirements.

    Args:
        requirements: ids of the contract.
        operations: operationIds that it cannot do without.
        needs: roles of keys that it cannot do without.
        cost: how many paid calls of each kind (text, image, audio, transcription) it makes.
        exclusive: whether other requests at the same time would disturb it.
        lane: role of a key that only one check at a time may use.
        assumes: patterns of the ids that it takes for granted.

    Raises:
        ValueError: it cites no requirement, has no sentence, or its name is taken.
    """
    if not requirements:
        raise ValueError("a check must cite at least one requirement")

    def register(function: Function) -> Function:
        name = _new_name(function)
        REGISTRY[name] = Check(
            name=name,
            function=function,
            requirements=requirements,
            operations=_tuple(operations),
            needs=_tuple(needs),
            cost=dict(cost or {}),
            exclusive=exclusive,
            description=_description(function),
            lane=lane,
            assumes=_tuple(assumes),
        )
        return function

    return register


def watch(
    requirement: str, gateway: bool = True, assumes: str | Sequence[str] = ()
) -> Callable[[Look], Look]:
    """Register a watch for a requirement.

    Args:
        requirement: id of the contract.
        gateway: whether it speaks of the gateway's responses only.
        assumes: ids that it takes for granted of each response.

    Raises:
        ValueError: it has no sentence, or its name is taken.
    """

    def register(look: Look) -> Look:
        name = _new_name(look)
        WATCHES[name] = Watch(name, requirement, look, _description(look), gateway, _tuple(assumes))
        return look

    return register


Shows = TypeVar("Shows", bound=Callable[[Exchange], bool])


def feature(
    requirement: str, *, absent: str, assumed_by: Sequence[str], shared_by: Sequence[str] = ()
) -> Callable[[Shows], Shows]:
    """Register a feature that a server may lack; see `Feature`."""

    def register(shows: Shows) -> Shows:
        name = shows.__name__
        FEATURES[name] = Feature(
            name, requirement, shows, absent, tuple(assumed_by), tuple(shared_by)
        )
        return shows

    return register


Maker = TypeVar("Maker", bound=Callable[..., Mapping[str, Any]])


def minimal_request(*operations: str, forms: Sequence[str] = ()) -> Callable[[Maker], Maker]:
    """Register how the simplest valid request of some operations is made.

    Args:
        operations: operationIds.
        forms: of their body; see `MinimalRequest`.
    """

    def register(make: Maker) -> Maker:
        for operation in operations:
            MINIMAL_REQUESTS[operation] = MinimalRequest(make, tuple(forms))
        return make

    return register


def invalid_request(operation: str, requirement: str, what: str) -> Callable[[Maker], Maker]:
    """Register how the simplest invalid request of an operation is made; see `InvalidRequest`."""

    def register(make: Maker) -> Maker:
        INVALID_REQUESTS[operation] = InvalidRequest(make, requirement, what)
        return make

    return register


def _new_name(function: Callable[..., object]) -> str:
    """Return the name of a check or watch by its place, which no other has."""
    module = function.__module__
    below = module.removeprefix(CHECKS_PACKAGE)
    place = module.rpartition(".")[2] if below == module else below
    name = f"{place}.{function.__name__}"
    if name in REGISTRY or name in WATCHES:
        raise ValueError(f"two checks are called {name}")
    return name


def _description(function: Callable[..., object]) -> str:
    description = " ".join((function.__doc__ or "").split())
    if not description.endswith("."):
        raise ValueError(f"{function.__name__}: the docstring of a check is a sentence")
    return description


def _tuple(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
