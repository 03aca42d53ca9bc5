"""The reference server: the contract, alive.

    from pollinations_conformance.server import create_app, running

    with running(seed=0) as server:
        httpx.get(server.base_url + "/text/hello", params={"key": server.keys["secret"]})

`create_app` returns an ASGI application, `running` serves one on free loopback ports. A pytest
fixture, `pollinations_server`, comes with the package.
"""

from pollinations_conformance.server.run import RunningServer, create_app, running

__all__ = ["RunningServer", "create_app", "running"]
