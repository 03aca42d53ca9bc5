"""Jinja2 as every page of this package uses it: escaping everything, loading nothing from elsewhere."""

import functools
import hashlib
from base64 import b64encode

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


def page_headers(package: str, style: str) -> list[tuple[str, str]]:
    """Return the headers of a page without scripts: it may use its own style, and nothing else.

    Args:
        package: that has the style.
        style: name of the file.
    """
    digest = b64encode(hashlib.sha256(str(asset(package, style)).encode()).digest()).decode()
    policy = (
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", "; ".join(policy)),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
    ]


def wants_page(accept: str) -> bool:
    """Return whether an Accept header is that of a browser, not of a program that reads JSON."""
    kinds = [part.partition(";")[0].strip() for part in accept.split(",")]
    return "text/html" in kinds and "application/json" not in kinds
