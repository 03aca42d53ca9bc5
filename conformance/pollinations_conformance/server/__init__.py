"""The reference server: the contract, alive.

    from pollinations_conformance.server import create_app, running

    with running(seed=0) as server:
        httpx.get(server.base_url + "/text/hello", params={"key": server.keys["secret"]})

`create_app` returns an ASGI application, `running` serves one on free loopback ports; options of
both are the fields of `app.Options` (seed, latency, pace, cached, strict, edge_limit, clock), and
`defects`, `grade` and `record`. The pytest fixture `pollinations_server` comes with the package.

Keys, by name in `server.keys`:
    secret            everything allowed, a million pollen
    publishable       the same for pk_: waits as long as its last call cost
    restricted        only the models openai-fast and flux
    no-models         no model at all
    no-permissions    no account data
    profile-only      of the account data only the profile
    budgeted          five pollen of its own
    exhausted-budget  nothing left of its own
    empty-balance     an owner without pollen
    tier-only         an owner with free pollen, who cannot use paid models
    expiring, expired in thirty days, an hour ago
    orphan            its owner is gone
    rate-limited      five requests a second

Faults of `zoo`, by name in the header X-Contract-Fault or behind a key ("sk_…!edge-524"); defects
of `defects`, by name when the server starts; the report of `grading` at /__contract__/report, and the
contract beside it (`pages`): /__contract__/reference, openapi.yaml and openapi.json.

What is remembered is bounded: 10,000 usage records, daily sums of 90 days, 1,000 answers and 8 MiB
of them, 24 MiB of uploads (and at least the last one); the oldest go first.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pollinations_conformance.server.run import RunningServer, create_app, running

__all__ = ["RunningServer", "create_app", "running"]


def __getattr__(name: str) -> Any:
    # Late, because pytest imports this package in every session, for the fixture alone.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pollinations_conformance.server import run

    return getattr(run, name)
