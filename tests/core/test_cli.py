"""``python -m plugrad plugins list``: what is installed, from where, and in what state."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

GOOD = """
from plugrad.plugins import hookimpl
PLUGRAD_API = (1, 0)

@hookimpl
def plugrad_register_layers(register):
    register("Wobble", load="wobble:Wobble")
    register("Wave", load="wobble:Wave")

@hookimpl
def plugrad_register_exporters(register):
    register("wob", load="wobble:export")
"""


@pytest.fixture
def place(install: Callable[..., Path]) -> Path:
    install("good-dist", {"plugrad.plugins": {"good": "cli_good"}}, "2.1", cli_good=GOOD)
    install("twin-dist", {"plugrad.plugins": {"twin": "cli_twin"}}, cli_twin=GOOD)
    install("off-dist", {"plugrad.plugins": {"off": "cli_off"}}, cli_off="raise SystemExit")
    return install(
        "bad-dist", {"plugrad.backends": {"abacus": "cli_bad"}}, cli_bad="import no_such_module"
    )


def test_the_table_shows_every_plugin_and_its_state(
    place: Path, run_python: Callable[..., Any]
) -> None:
    done = run_python("-m", "plugrad", "plugins", "list", path=place, PLUGRAD_DISABLE_PLUGINS="off")
    assert (done.returncode, done.stderr) == (0, "")
    rows = {line.split()[0]: " ".join(line.split()) for line in done.stdout.splitlines()}
    assert rows["PLUGIN"] == "PLUGIN DISTRIBUTION VERSION PROVIDES STATE"
    assert rows["numpy"].startswith("numpy plugrad-core")
    assert rows["numpy"].endswith("backends 1 ok")
    assert rows["off"] == "off off-dist 1.0 - disabled: named in PLUGRAD_DISABLE_PLUGINS"
    assert rows["abacus"] == (
        "abacus bad-dist 1.0 - failed: ModuleNotFoundError: No module named 'no_such_module'"
    )
    assert rows["good"].startswith(
        "good good-dist 2.1 layers 2, exporters 1 ok, but collides: "
        "layer 'Wobble' with plugin 'twin' of twin-dist 1.0; layer 'Wave' with"
    )


def test_json_says_the_same(place: Path, run_python: Callable[..., Any]) -> None:
    done = run_python("-m", "plugrad", "plugins", "list", "--json", path=place)
    assert (done.returncode, done.stderr) == (0, "")
    rows = {row["plugin"]: row for row in json.loads(done.stdout)}
    assert rows["good"] == {
        "plugin": "good",
        "distribution": "good-dist",
        "version": "2.1",
        "target": "cli_good",
        "device": None,
        "state": "ok",
        "cause": "",
        "provides": {"layers": ["Wave", "Wobble"], "exporters": ["wob"]},
        "collisions": [
            {"kind": kind, "name": name, "with": ["plugin 'twin' of twin-dist 1.0"]}
            for kind, name in (("layers", "Wobble"), ("layers", "Wave"), ("exporters", "wob"))
        ],
    }
    assert rows["numpy"]["provides"] == {"backends": ["cpu"]}
    assert rows["off"]["cause"] == "SystemExit"
    assert rows["abacus"]["device"] == "abacus"


def test_the_listing_is_shown_in_strict_mode_too(
    place: Path, run_python: Callable[..., Any]
) -> None:
    done = run_python("-m", "plugrad", path=place, PLUGRAD_STRICT_PLUGINS="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "failed: ModuleNotFoundError" in done.stdout


def test_unknown_commands_are_refused(run_python: Callable[..., Any]) -> None:
    done = run_python("-m", "plugrad", "plugins", "dance")
    assert done.returncode == 2
    assert "dance" in done.stderr
