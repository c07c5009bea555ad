"""How Sphinx builds the documentation: ``make docs``."""

from __future__ import annotations

import inspect
import os
import re
from pathlib import Path

# Before anything imports Keras: of the backends it is the quickest to be there.
os.environ.setdefault("KERAS_BACKEND", "jax")

from sphinx.application import Sphinx

import kwidgets
from kwidgets import magics

project = "kwidgets"
author = "kwidgets contributors"
copyright = author
release = version = kwidgets.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["images"]

# Markdown. The same files are read on GitHub, whose anchors these are.
myst_heading_anchors = 4
myst_enable_extensions = ["substitution"]
# What %kwidgets says of itself: a magic is no object that autodoc could name.
myst_substitutions = {"magic": inspect.getdoc(magics._kwidgets)}

# The reference, from docstrings in Google's style.
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
maximum_signature_line_length = 90
napoleon_numpy_docstring = False
napoleon_use_rtype = False
# Names of other packages, and of ours that no page describes: there is nothing to link to. Where
# they are described would be asked of their sites, and the build needs no network.
nitpick_ignore_regex = [
    (r"py:.*", r"(keras|np|numpy|npt|go|plotly|pd|pandas|os|collections|pathlib|datetime)\..*"),
    # A type variable, and the type of a text that is translated later.
    (r"py:.*", r"kwidgets\.(live\.loop\.live_loop\.T|language\.Message)"),
    (
        r"py:.*",
        r"(Any|Callable|Final|FloatArray|Iterator|Literal|Mapping|NotRequired|Scope|TypedDict)",
    ),
]

html_theme = "pydata_sphinx_theme"
html_title = "kwidgets"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_sourcelink = False
# Pages that have no others beside them need no list of those.
ALONE = ("architecture", "changelog", "contributing", "getting-started", "index")
html_sidebars: dict[str, list[str]] = {page: [] for page in ALONE}
# Beside a page stands what it holds, without its class's name before each method's.
toc_object_entries_show_parents = "hide"
html_theme_options = {
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
}


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-signature", _without_refused)
    app.connect("source-read", _add_links_of_other_texts)


def _without_refused(
    app: Sphinx, what: str, name: str, thing: object, options: object, signature: str, old: object
) -> tuple[str, None] | None:
    """Leave out of LivePlot's signature what is there only to be refused."""
    if thing is not kwidgets.LivePlot:
        return None
    return signature.replace("*args: object", "*").replace(", **unknown: object", ""), None


def _add_links_of_other_texts(app: Sphinx, page: str, source: list[str]) -> None:
    """Let ``make docs-links`` try the links of texts that are no pages, too."""
    if app.builder.name == "linkcheck" and page == "index":
        repository = Path(app.srcdir).parent
        for path in [*repository.glob("README*.md"), *repository.glob("examples/*.ipynb")]:
            for address in re.findall(r"https?://[^\s)>\"'`\\]+", path.read_text(encoding="utf-8")):
                source[0] += f"\n\n<{address}>"
