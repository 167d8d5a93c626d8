"""What is given in place of a tensor is refused with PyTorch's exception type."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from behaviour import caught

import plugrad
from plugrad.vocabulary.registry import functions

GIVEN: dict[str, Any] = {
    "number": lambda t: (3.0,),
    "None": lambda t: (None,),
    "text": lambda t: ("a",),
    "list": lambda t: ([1.0],),
    "nothing": lambda t: (),
}
# Not called with these, each for a reason.
APART = {
    "load": "reads a file",
    "save": "writes a file",
    "seed": "takes none",
    "set_num_threads": "changes what other tests run in",
}
DIFFERENT = {
    "broadcast_shapes": "takes the size of a vector as an int only, PyTorch as a list of one too",
    "einsum": "the equation is looked at before the operands",
    "norm": "PyTorch's fails within: AttributeError",
}


def _names() -> Iterator[str]:
    for name in sorted(functions):
        if hasattr(torch, name) and hasattr(plugrad, name) and name not in APART:
            yield name


@pytest.mark.parametrize("name", list(_names()))
def test_it_is_refused_alike(name: str) -> None:
    found = {}
    for kind, made in GIVEN.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ours = caught(lambda made=made: getattr(plugrad, name)(*made(plugrad)))
            theirs = caught(lambda made=made: getattr(torch, name)(*made(torch)))
        if ours != theirs:
            found[kind] = (ours, theirs)
    assert bool(found) == (name in DIFFERENT), found
