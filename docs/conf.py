"""How the documentation is built: ``sphinx-build -W -b html docs docs/_build/html``.

Nothing is fetched while it is built, and a warning is an error.
"""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

import matplotlib

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
sys.path.insert(0, str(HERE.parent / "examples" / "plugin" / "src"))  # what write-a-plugin.md tests

matplotlib.use("Agg")

project = "plugrad"
author = "plugrad developers"
copyright = "plugrad developers"
version = release = version_of("plugrad-core")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.doctest",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
    "sphinx_design",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "operators",
    "members",
    "pages",
    "agreement",
]
exclude_patterns = ["_build", "_ext", "gallery/**/*.ipynb", "gallery/**/*.json", "gallery/**/*.py"]
suppress_warnings = ["config.cache"]  # the gallery's settings cannot be pickled, and need not be

# ------------------------------------------------------------------------------------------- prose

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
default_role = "py:obj"
toc_object_entries_show_parents = "hide"

# ------------------------------------------------------------------------------------- docstrings

autodoc_typehints = "none"
autodoc_preserve_defaults = True
autosummary_generate = False  # members stand on the page of their module
numpydoc_show_class_members = False
numpydoc_use_plots = False

# Examples in docstrings may use what their module defines.
doctest_global_setup = """
import plugrad
import plugrad as torch
from plugrad import Size, device, finfo, iinfo, promote_types
from plugrad.dtypes import *
from plugrad.devices import known_device_types, register_device_type
from plugrad.random.generator import Generator
from plugrad.vocabulary.registry import node_name
"""
doctest_test_doctest_blocks = "default"

# ---------------------------------------------------------------------------------------- gallery

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"plot_\w+\.py",  # only these are run; a rerun only if their text changed
    "ignore_pattern": r"[/\\](?!plot_)\w+\.py$",
    "ignore_repr_types": r"list|matplotlib",  # what plotting returns
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "show_signature": False,
    "remove_config_comments": True,
    "reset_modules": ("matplotlib", "pages.seed"),
    "plot_gallery": "True",
}

# ------------------------------------------------------------------------------------------- HTML

html_theme = "pydata_sphinx_theme"
html_title = "plugrad"
html_static_path = ["_static"]
html_css_files = ["plugrad.css"]
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "plugrad"},
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "show_nav_level": 2,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {
    page: [] for page in ("index", "start", "architecture", "array-api", "write-a-plugin")
}
html_sidebars |= {page: [] for page in ("differences", "changes", "gallery/*")}
