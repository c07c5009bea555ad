"""How Sphinx builds the documentation: ``make docs``."""

from __future__ import annotations

import inspect
import os

# Before anything imports Keras: of the backends it is the quickest to be there.
os.environ.setdefault("KERAS_BACKEND", "jax")

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
    (r"py:.*", r"(keras|np|numpy|npt|go|plotly|pd|pandas|os|collections)\..*"),
    (r"py:.*", r"(Any|Callable|Final|FloatArray|Iterator|Literal|Mapping|NotRequired|TypedDict)"),
]

html_theme = "pydata_sphinx_theme"
html_title = "kwidgets"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
}

# Pages that answer programs otherwise than browsers.
linkcheck_ignore: list[str] = []
