"""Facts the server works from, as YAML: models, dialects, errors, faults."""

import copy
import functools
from importlib.resources import files
from typing import Any

from pollinations_conformance.contract.yaml import parse


def load(name: str) -> Any:
    """Return what one of the files beside this module holds, for the caller to keep."""
    return copy.deepcopy(_read(name))


@functools.cache
def _read(name: str) -> Any:
    return parse(files(__name__).joinpath(name).read_bytes())
