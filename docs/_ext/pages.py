"""What pages take from elsewhere in the repository: change logs, the list of differences.

Also the seed of the gallery, which needs a function that Sphinx can find by name.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "core", "linalg", "fft", "nn", "optim", "data", "profiler", "checkpoints", "array-api",
    "testing", "backend-cuda",
)  # fmt: skip
_ON_PURPOSE = "deliberate: "
TYPES = ("feature", "bugfix", "doc", "removal", "misc")


def seed(config: dict[str, Any], name: str) -> None:
    """Give every example of the gallery the seed that its test has."""
    import plugrad

    plugrad.manual_seed(0)


class Changes(SphinxDirective):
    """``{changes}``: for each package what is not released yet, then its change log."""

    def run(self) -> list[nodes.Node]:
        """Read the files, and write a section for each package."""
        self.env.note_reread()  # what it shows does not stand on the page
        lines: list[str] = []
        for package in PACKAGES:
            place = ROOT / "packages" / package
            log = (place / "CHANGELOG.md").read_text(encoding="utf-8")
            released = log.partition("<!-- towncrier release notes start -->")[2].strip()
            lines += [f"## plugrad-{package}", ""]
            fragments = sorted(
                place.glob("changelog.d/*.*.md"),
                key=lambda path: (TYPES.index(path.stem.rpartition(".")[2]), path.name),
            )
            if fragments:
                lines += ["**Not released yet**", ""]
            for fragment in fragments:
                lines += ["- " + fragment.read_text(encoding="utf-8").strip().replace("\n", "\n  ")]
            lines += ["", released.replace("\n## ", "\n### ").replace("## ", "### ", 1), ""]
            self.env.note_dependency(str(place / "CHANGELOG.md"))
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


class Differences(SphinxDirective):
    """``{differences}``: what the comparisons with PyTorch expect to differ, and why."""

    def run(self) -> list[nodes.Node]:
        """Read the lists in ``tests/compat``, and make tables of them."""
        samples = self._read("differences.toml")
        cases = self._read("database_differences.toml")
        on_purpose = [each for each in cases if each["reason"].startswith(_ON_PURPOSE)]
        lines = [
            *_table(
                "Sample by sample",
                "The comparison expects these differences, and fails where one has gone.",
                samples,
                "aspects",
            ),
            *_table(
                "PyTorch's own cases",
                "PyTorch ships a database of operators with inputs to try them on. These results "
                "differ on purpose.",
                on_purpose,
                "columns",
            ),
            *_table(
                "Known faults",
                "These results of the same database are to be mended, or to be settled.",
                [each for each in cases if each not in on_purpose],
                "columns",
            ),
        ]
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)

    def _read(self, name: str) -> list[dict[str, Any]]:
        path = ROOT / "tests" / "compat" / name
        if not path.exists():
            return []
        self.env.note_dependency(str(path))
        found: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8")).get(
            "difference", []
        )
        return found


def _table(title: str, said: str, found: list[dict[str, Any]], where: str) -> list[str]:
    """Write a section with a row for each difference; nothing, if there is none."""
    if not found:
        return []
    lines = [f"## {title}", "", said, "", "| what | in | why |", "|---|---|---|"]
    for each in found:
        names = ", ".join(f"`{name}`" for name in each["names"])
        lines.append(f"| {names} | {', '.join(each.get(where, []))} | {_cell(each)} |")
    return [*lines, ""]


def _cell(difference: dict[str, Any]) -> str:
    reason = str(difference["reason"]).removeprefix(_ON_PURPOSE)
    return " ".join(reason.split()).replace("|", "\\|")


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directives."""
    app.add_directive("changes", Changes)
    app.add_directive("differences", Differences)
    return {"parallel_read_safe": True}
