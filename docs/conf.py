"""Settings of the documentation site (`make site`), which Sphinx builds from docs/ and the code."""

from importlib.metadata import version as version_of

project = "pollinations-contract"
author = "the authors of pollinations-contract"
release = version_of("pollinations-contract")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
nitpicky = True
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"pollinations-contract {release}"
templates_path = ["templates"]
html_show_search_summary = False  # a browser reads no other page from a disk
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
