"""Facts the server works from, as YAML: models, dialects, errors, faults."""

from importlib.resources import files
from typing import Any

from pollinations_conformance.contract.yaml import parse


def load(name: str) -> Any:
    """Read one of the files beside this module."""
    return parse(files(__name__).joinpath(name).read_bytes())
