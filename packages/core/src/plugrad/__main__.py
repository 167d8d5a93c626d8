"""The command line, ``python -m plugrad``: which plugins are installed, and in what state."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from plugrad import __version__, plugins

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        ``plugins list`` (done without any, too) or ``plugins list --json``; by default those that
        the process was started with.

    Examples
    --------
    >>> main(["plugins", "list"])
    PLUGIN ...
    """
    parser = argparse.ArgumentParser(
        prog="python -m plugrad", description="Without arguments: plugins list."
    )
    parser.add_argument("--version", action="version", version=f"plugrad {__version__}")
    parser.set_defaults(json=False)
    topics = parser.add_subparsers(metavar="plugins")
    commands = topics.add_parser("plugins", help="ask about plugins").add_subparsers(metavar="list")
    listing = commands.add_parser(
        "list", help="load all plugins; show where each comes from, what it provides, its state"
    )
    listing.add_argument("--json", action="store_true", help="print JSON instead of a table")
    wanted = parser.parse_args(arguments)
    rows = _rows()
    print(json.dumps(rows, indent=2) if wanted.json else _table(rows))


def _rows() -> list[dict[str, Any]]:
    """Return what is known of each plugin, ready for JSON."""
    found = plugins.installed()
    disputed = plugins.collisions()
    return [
        {
            "plugin": plugin.provider.name,
            "distribution": plugin.provider.distribution,
            "version": plugin.provider.version,
            "target": plugin.target,
            "device": plugin.device,
            "state": plugin.state,
            "cause": plugin.cause,
            "provides": {
                kind: names
                for kind in plugins.KINDS
                if (names := sorted(offer.name for offer in plugin.offers if offer.kind == kind))
            },
            "collisions": [
                {
                    "kind": claim.kind,
                    "name": claim.name,
                    "with": [str(other.provider) for other in claims if other is not claim],
                }
                for claims in disputed
                for claim in claims
                if claim.provider == plugin.provider
            ],
        }
        for plugin in found
    ]


def _table(rows: list[dict[str, Any]]) -> str:
    """Lay `rows` out in columns; the last is of any length."""
    lines = [("PLUGIN", "DISTRIBUTION", "VERSION", "PROVIDES", "STATE")]
    for row in rows:
        provides = ", ".join(f"{kind} {len(names)}" for kind, names in row["provides"].items())
        cells = (row["plugin"], row["distribution"], row["version"], provides or "-", _state(row))
        lines.append(cells)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _state(row: dict[str, Any]) -> str:
    if row["collisions"]:
        clashes = "; ".join(
            f"{clash['kind'].removesuffix('s')} {clash['name']!r} with "
            + " and ".join(clash["with"])
            for clash in row["collisions"]
        )
        return f"{row['state']}, but collides: {clashes}"
    return f"{row['state']}: {row['cause']}" if row["cause"] else str(row["state"])


if __name__ == "__main__":
    main()
