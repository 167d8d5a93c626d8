"""``{array-api-coverage}``: how much of the array API standard agrees, family by family.

The figures are counted from what the tests read: the functions of the standard, and the list of
those expected to differ. A test fails where a function differs that is not listed, and where a
listed one does not.
"""

from __future__ import annotations

import tomllib
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

PLACE: Final = Path(__file__).parents[2] / "tests" / "array_api"


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((PLACE / name).read_text(encoding="utf-8"))


def table(families: dict[str, str], differences: list[dict[str, Any]]) -> list[str]:
    """Return a row for each family, and the sum, as Markdown.

    Parameters
    ----------
    families : dict
        The names in each.
    differences : list of dict
        Those expected to differ: ``names``, ``aspect`` and ``reason``.
    """
    from plugrad import array_api

    differing = {name for each in differences for name in each["names"]}
    lines = ["| family | in the standard | in `plugrad.array_api` | equal |", "|---|--:|--:|--:|"]
    total = [0, 0, 0]
    for family, names in families.items():
        asked = names.split()
        there = [name for name in asked if _has(array_api, name)]
        row = [len(asked), len(there), len([name for name in there if name not in differing])]
        total = [sum(pair) for pair in zip(total, row, strict=True)]
        lines.append(f"| {family} | {' | '.join(map(str, row))} |")
    return [*lines, f"| **All** | {' | '.join(f'**{each}**' for each in total)} |"]


def _has(namespace: Any, name: str) -> bool:
    try:
        attrgetter(name)(namespace)
    except AttributeError:
        return False
    return True


class Coverage(SphinxDirective):
    """``{array-api-coverage}``: a table of the figures, then what differs and why."""

    def run(self) -> list[nodes.Node]:
        """Count, and write the table."""
        for name in ("standard.toml", "differences.toml"):
            self.env.note_dependency(str(PLACE / name))
        differences = _read("differences.toml").get("difference", [])
        lines = [
            "Of each function the signature (names, kinds and defaults of parameters) and the",
            "results of generated calls (all dtypes of its category, shapes from 0-d to empty,",
            "axes and keywords) are compared with those of array-api-strict, in value, dtype and",
            "shape. Equal are those that differ in neither.",
            "",
            *table(_read("standard.toml")["families"], differences),
            "",
        ]
        if differences:
            lines += ["| what | in | why |", "|---|---|---|"]
        for each in differences:
            names = ", ".join(f"`{name}`" for name in each["names"])
            lines.append(f"| {names} | {each['aspect']} | {' '.join(each['reason'].split())} |")
        return self.parse_text_to_nodes("\n".join(lines))


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directive."""
    app.add_directive("array-api-coverage", Coverage)
    return {"parallel_read_safe": True}
