"""Further base URLs of the service in a recording."""

from __future__ import annotations

from dataclasses import dataclass

from pollinations_conformance.contract import Host
from pollinations_conformance.http.query import host_of, split_target


@dataclass(frozen=True, slots=True)
class BaseURL:
    """A base URL under which one of the two hosts, or both, are recorded."""

    host: str
    prefix: str
    side: Host | None  # None: both hosts

    @classmethod
    def parse(cls, url: str, side: Host | None) -> BaseURL:
        """Parse a URL such as `http://127.0.0.1:8000/base`."""
        path, _ = split_target(url if "://" in url else f"//{url}".replace("//", "http://", 1))
        return cls(host_of(url), path.rstrip("/"), side)
