"""Settings of the documentation site (`make site`), which Sphinx builds from docs/ and the code."""

import sys
from pathlib import Path

from pollinations_conformance.contract import load

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

project = "pollinations-contract"
author = "the authors of pollinations-contract"
release = load().version

extensions = ["myst_parser", "sphinx.ext.autodoc", "directives"]
source_suffix = {".md": "markdown"}
nitpicky = True
# Names outside this project; their pages are elsewhere, and nothing is fetched while building.
nitpick_ignore_regex = [
    (r"py:.*", r"(anyio|builtins|collections|datetime|enum|httpx|os|pathlib|types|typing)\..*"),
    # Twins of resources; what they return stands at the property.
    (r"py:class", r"pollinations_client\.resources\..*With(Raw|Streaming)Response"),
    (r"py:.*", r"Timeout|(Sync|Async)HTTPClient|PathLike|Path|(.*\.)?(Item|Final_|Self|T_co)"),
]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_typehints_format = "short"
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"pollinations-contract {release}"
templates_path = ["templates"]
html_show_search_summary = False  # a browser reads no other page from a disk
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_search_scorer = str(
    Path(__file__).parent / "static/scorer.js"
)  # guides before properties of models
html_theme_options: dict[str, list[str]] = {"top_of_page_buttons": []}
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
