"""Jinja2 as every page of this package uses it: escaping everything, loading nothing from elsewhere."""

import functools

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

_HERE = "pollinations_conformance.reports"


@functools.cache
def environment(package: str = _HERE) -> Environment:
    """Return the templates of a package.

    Args:
        package: with a folder `templates`; those of the reports, such as `page.html`, are there too.
    """
    made = Environment(
        loader=_loader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals["asset"] = functools.partial(asset, package)
    return made


def _loader(package: str) -> ChoiceLoader:
    return ChoiceLoader([PackageLoader(name) for name in dict.fromkeys((package, _HERE))])


@functools.cache
def asset(package: str, name: str) -> Markup:
    """Return a style sheet or a script of a package, for a page to hold.

    Args:
        package: with a folder `templates`; what those of the reports hold is there too.
        name: of the file there.
    """
    # Ours, and free of what would end the element that holds it.
    return Markup(_loader(package).get_source(Environment(), name)[0])
