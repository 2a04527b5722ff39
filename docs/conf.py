"""How the documentation becomes a site: `make site`."""

import re
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

_ABOUT = metadata("nlot")
_SOURCE = Path(__file__).parents[1] / "src" / "nlot"

project = _ABOUT["Name"]
release = _ABOUT["Version"]
html_title = f"{project} {release}"
html_theme = "furo"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.apidoc"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence"]
# Headings that links in the documents may point at.
myst_heading_anchors = 4

# Docstrings quote code as Markdown does.
default_role = "code"
apidoc_modules = [
    {
        "path": _SOURCE,
        "destination": "api",
        "separate_modules": True,
        "module_first": True,
        "max_depth": 3,
    }
]
autodoc_default_options = {"members": True, "member-order": "bysource"}
# What a package imports is described where it is defined.
autodoc_default_options["ignore-module-all"] = True
autodoc_typehints_format = "short"


def _escape(app: Sphinx, what: str, name: str, obj: Any, o: Any, lines: list) -> None:
    """Outside of code, `|v|` and `T_#` are what they are in Markdown."""
    parts = re.split(r"(`+[^`]*`+)", "\n".join(lines))
    parts[::2] = (re.sub(r"\||_(?!\w)", r"\\\g<0>", part) for part in parts[::2])
    lines[:] = "".join(parts).split("\n")


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-docstring", _escape)
