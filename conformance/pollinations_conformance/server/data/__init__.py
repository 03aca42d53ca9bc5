"""Facts the server works from, as YAML: models, dialects, errors, faults."""

from importlib.resources import files
from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(name: str) -> Any:
    """Read one of the files beside this module."""
    return yaml.load(files(__name__).joinpath(name).read_text("utf-8"), Loader=_Loader)
