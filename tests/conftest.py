"""Fixtures for the tests of every package."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Return a function that puts a distribution on ``sys.path``, as pip would leave it.

    ``install("name", {"group": {"entry": "module"}}, module="its source")`` returns the directory.
    """
    place = tmp_path / "site"
    place.mkdir()
    monkeypatch.syspath_prepend(place)

    def install(
        name: str,
        entry_points: Mapping[str, Mapping[str, str]] | str,
        version: str = "1.0",
        **sources: str,
    ) -> Path:
        metadata = place / f"{name.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        if not isinstance(entry_points, str):
            entry_points = "\n".join(
                f"[{group}]\n" + "\n".join(f"{entry} = {value}" for entry, value in entries.items())
                for group, entries in entry_points.items()
            )
        (metadata / "entry_points.txt").write_text(entry_points)
        for module, source in sources.items():
            (place / f"{module}.py").write_text(source)
        importlib.invalidate_caches()
        return place

    yield install
    for module, loaded in list(sys.modules.items()):
        if str(getattr(loaded, "__file__", None)).startswith(str(place)):
            del sys.modules[module]


@pytest.fixture
def run_python() -> Callable[..., Any]:
    """Return a function that runs Python code or a module in a process of its own."""
    import os
    import subprocess

    def run_python(
        *arguments: str, path: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        places = [str(path)] if path else []
        places += filter(None, [os.environ.get("PYTHONPATH")])
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PLUGRAD_")}
        return subprocess.run(
            [sys.executable, *arguments],
            env={**inherited, "PYTHONPATH": os.pathsep.join(places), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run_python
