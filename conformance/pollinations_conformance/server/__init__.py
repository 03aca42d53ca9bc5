"""The reference server: the contract, alive.

    from pollinations_conformance.server import create_app, running

    with running(seed=0) as server:
        httpx.get(server.base_url + "/text/hello", params={"key": server.keys["secret"]})

`create_app` returns an ASGI application, `running` serves one on free loopback ports; options of
both are the fields of `options.Options` (seed, latency, pace, cached, strict, profile, edge_limit,
clock, sleep), and `defects`, `grade` and `record`. The pytest fixture `pollinations_server` comes with the
package.

Keys, by role in `server.keys`:
    secret                    everything allowed, a million pollen
    publishable               the same for pk_: waits as long as its last call cost
    other-account             a second user, with free pollen only, who cannot use paid models
    restricted                only the models openai-fast and flux
    no-models                 no model at all
    no-permissions            no account data
    profile-only              of the account data only the profile
    budgeted                  five pollen of its own
    exhausted-budget          nothing left of its own
    empty-balance             a user without pollen
    restricted-empty-balance  the same user, and only two models
    quoted-name               a display name with a comma and quotation marks
    expiring, expired         in thirty days, an hour ago
    orphan                    its user is gone
    rate-limited              five requests a second

Faults of `faults`, by name in the header X-Contract-Fault or behind a key ("sk_…!edge-524"); defects
of `defects`, by name when the server starts; the report of `grading` at /__contract__/report, and the
contract beside it (`pages`): /__contract__/reference, openapi.yaml and openapi.json.

Start reading at `app` (ASGI), `gateway` (what happens to a request, in order) and `operations` (what
each operation does).

What is remembered is bounded: 10,000 usage records, daily sums of 90 days, 1,000 responses and 8 MiB
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
