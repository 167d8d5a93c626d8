"""The reference names every public name: each module's on one page, in one section."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

import plugrad
from plugrad.vocabulary.registry import functions

PAGES: Final = Path(__file__).parents[2] / "docs" / "api"
MODULES: Final = (
    "plugrad.amp",
    "plugrad.array_api",
    "plugrad.array_api.fft",
    "plugrad.array_api.linalg",
    "plugrad.autograd",
    "plugrad.autograd.forward_ad",
    "plugrad.autograd.functional",
    "plugrad.autograd.gradcheck",
    "plugrad.autograd.graph",
    "plugrad.checkpoints.safetensors",
    "plugrad.compiler",
    "plugrad.cuda",
    "plugrad.cuda.amp",
    "plugrad.fft",
    "plugrad.func",
    "plugrad.linalg",
    "plugrad.nn",
    "plugrad.nn.functional",
    "plugrad.nn.init",
    "plugrad.nn.utils",
    "plugrad.nn.utils.rnn",
    "plugrad.optim",
    "plugrad.optim.lr_scheduler",
    "plugrad.optim.swa_utils",
    "plugrad.plugins",
    "plugrad.profiler",
    "plugrad.serialization",
    "plugrad.settings",
    "plugrad.signal.windows",
    "plugrad.special",
    "plugrad.threads",
    "plugrad.utils.checkpoint",
    "plugrad.utils.data",
)
KINDS: Final = (plugrad.dtype, plugrad.layout, plugrad.memory_format, plugrad.tensortype)
"""Whose instances are told of where the class is."""

_MEMBERS: Final = re.compile(r"^\.\. members:: (.*(?:\n   (?!:).*)*)((?:\n   :.*)*)", re.M)
_AUTO: Final = re.compile(r"^\.\. auto(?:class|function|data):: (\S+)", re.M)


def _named() -> Counter[str]:
    """Return how often the pages document each name."""
    found: Counter[str] = Counter()
    for page in PAGES.glob("*.rst"):
        text = page.read_text(encoding="utf-8")
        for arguments, options in _MEMBERS.findall(text):
            path, *names = arguments.split()
            left_out = re.findall(r":except: (.*)", options)
            for name in names or import_module(path).__all__:
                found[f"{path}.{name}"] += name not in " ".join(left_out).split()
        found.update(_AUTO.findall(text))
    return found


def _value(name: str) -> object:
    path, _, last = name.rpartition(".")
    return getattr(import_module(path), last)


def _is_data(value: object) -> bool:
    """Return whether a value is a dtype, number or version, which the page names in a sentence."""
    return not callable(value)


NAMED: Final = _named()


@pytest.mark.parametrize("path", MODULES)
def test_each_name_of_a_module_stands_in_one_section(path: str) -> None:
    module = import_module(path)
    told = inspect.ismodule if path != "plugrad.array_api" else _is_data
    names = [name for name in module.__all__ if not told(getattr(module, name))]
    assert {name: count for name in names if (count := NAMED[f"{path}.{name}"]) != 1} == {}


def test_each_name_of_plugrad_is_documented() -> None:
    # Functions are found by their registry: a page shows those that no other one claims.
    documented = {id(_value(name)) for name in NAMED if NAMED[name]}
    lazy = plugrad._ELSEWHERE
    names = [name for name in (*vars(plugrad), *lazy) if not name.startswith("_")]
    missed = [
        name
        for name in names
        if name not in functions
        and str(getattr(value := getattr(plugrad, name), "__module__", "")).startswith("plugrad")
        and not isinstance(value, KINDS)
        and id(value) not in documented
    ]
    assert missed == ["default_generator"]  # a Generator, which is documented
