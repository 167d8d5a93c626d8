"""``.. members:: plugrad.optim``: a table of a module's public names, then each in full.

The names are those of its ``__all__``, or those that follow as arguments. Every object stands on
the page of its module, which keeps the site small enough to search.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any, ClassVar

import operators
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Members(SphinxDirective):
    """Document the public members of a module."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        "except": directives.unchanged,
        "no-table": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Write the reStructuredText for them and parse it."""
        self.env.note_reread()  # what it shows does not stand on the page
        path, *names = self.arguments[0].split()
        module = import_module(path)
        left_out = self.options.get("except", "").split()
        found = [
            name
            for name in names or module.__all__
            if name not in left_out and not inspect.ismodule(getattr(module, name))
        ]
        lines = [] if "no-table" in self.options else _table(path, found)
        for name in found:
            lines += [*_entry(path, name, getattr(module, name)), ""]
        return self.parse_text_to_nodes("\n".join(lines))


def _table(path: str, names: list[str]) -> list[str]:
    # Short names, found in the current module: what is shown is what is imported.
    here = [f".. py:currentmodule:: {path}", "", ".. autosummary::", ""]
    return [*here, *(f"   {name}" for name in names), ""]


def _entry(path: str, name: str, value: Any) -> list[str]:
    if inspect.isclass(value):
        lines = [f".. autoclass:: {path}.{name}"]
        members = sorted(_documented(value))
        return [*lines, f"   :members: {', '.join(members)}"] if members else lines
    if callable(value) and not inspect.getdoc(value):  # declared in one line
        return operators.entry(f"{path}.{name}".removeprefix("plugrad."), value, [])
    if callable(value):
        return [f".. autofunction:: {path}.{name}"]
    return [f".. autodata:: {path}.{name}", "   :no-value:"]


def _documented(cls: type) -> list[str]:
    """Return the public members that the class itself brings, and documents."""
    found = []
    for name, member in vars(cls).items():
        if name.startswith("_") or any(hasattr(base, name) for base in cls.__bases__):
            continue
        member = getattr(member, "__func__", member)
        described = inspect.isfunction(member) or isinstance(member, property)
        borrowed = inspect.isfunction(member) and member.__name__ != name
        if described and not borrowed and inspect.getdoc(member):
            found.append(name)
    return found


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directive."""
    app.add_directive("members", Members)
    return {"parallel_read_safe": True}
