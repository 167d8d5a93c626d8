"""The interfaces of modules beside PyTorch's: which there are, and what they take."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch

import plugrad

# Modules that PyTorch has and we have not, each with its reason.
MISSING = {
    "Container": "an empty name that PyTorch keeps for old programs",
    "CrossMapLRN2d": "an early form of LocalResponseNorm",
    "DataParallel": "for several devices in one process: not yet",
    "LinearCrossEntropyLoss": "new in PyTorch 2.13: not yet",
    "NLLLoss2d": "an old name of NLLLoss",
    "SyncBatchNorm": "for several processes, which are out of scope",
}
# What PyTorch's constructors do not tell, or tell otherwise.
TOLD = {
    **dict.fromkeys(
        ("LogSigmoid", "Sigmoid", "Softmax2d", "Softsign", "Tanh", "Tanhshrink"),
        "PyTorch's say that they take anything, but take nothing",
    ),
    **dict.fromkeys(("GRU", "LSTM", "RNN"), "PyTorch's say that they take anything"),
    "Hardtanh": "min_value and max_value are old names that PyTorch warns of",
}
# Methods of PyTorch's that serve its own kernels.
INTERNAL = {"T_destination", "merge_masks"}


def _taken(t: Any, name: str) -> list[tuple[str, str, str]]:
    """Return the parameters of a module's constructor: name, kind and default."""
    parameters = inspect.signature(getattr(t.nn, name)).parameters.values()
    return [
        (each.name, each.kind.name, getattr(each.default, "__name__", repr(each.default)))
        for each in parameters
    ]


def test_every_module_of_pytorch_is_there() -> None:
    theirs = {
        name
        for name, value in vars(torch.nn).items()
        if inspect.isclass(value) and issubclass(value, torch.nn.Module)
    }
    assert theirs - set(dir(plugrad.nn)) == set(MISSING)


@pytest.mark.parametrize("name", [name for name in plugrad.nn.LAYERS if name not in TOLD])
def test_constructors_take_what_pytorchs_take(name: str) -> None:
    assert _taken(plugrad, name) == _taken(torch, name)


def _public(t: Any, name: str) -> set[str]:
    return {each for each in dir(getattr(t.nn, name)) if not each.startswith("_")} - INTERNAL


@pytest.mark.parametrize("name", ["Module", *plugrad.nn.LAYERS])
def test_methods_are_pytorchs(name: str) -> None:
    assert _public(torch, name) - _public(plugrad, name) == set()
