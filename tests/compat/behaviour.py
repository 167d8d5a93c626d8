"""Small programs that both libraries run: what they return, or raise, must be the same."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

import plugrad

Program = Callable[[Any], Any]


class Numbers:
    """The elements of a tensor, equal to others that differ by rounding."""

    def __init__(self, tensor: Any) -> None:
        whole = tensor.dtype in (plugrad.float64, torch.float64)
        self._rounding = 1e-11 if whole else 1e-5
        self._array = tensor.detach().double().numpy().copy()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Numbers) and np.allclose(
            self._array, other._array, self._rounding, self._rounding, equal_nan=True
        )

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return repr(self._array.tolist())


def plain(value: Any) -> Any:
    """Describe a value of either library without naming the library."""
    if isinstance(value, (plugrad.Tensor, torch.Tensor)):
        kind = type(value).__name__.replace("Buffer", "Tensor")  # which has no type in PyTorch
        if kind.startswith("Uninit"):
            return (kind, value.requires_grad)
        return (
            kind,
            str(value.dtype).rpartition(".")[2],
            tuple(value.shape),
            value.requires_grad,
            Numbers(value),
        )
    if isinstance(value, (plugrad.nn.Module, torch.nn.Module)):
        return repr(value).replace("plugrad.", "torch.")
    if isinstance(value, (plugrad.dtype, torch.dtype)):
        return str(value).rpartition(".")[2]
    if isinstance(value, Mapping):
        return {plain(key): plain(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(held) for held in value]
    if isinstance(value, set):
        return sorted(plain(held) for held in value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return type(value).__name__


def outcome(t: Any, program: Program) -> Any:
    """Run a program under one library; return what it returns, or what kind of error it raises."""
    t.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return plain(program(t))
        except Exception as error:
            return ("raises", type(error).__name__)


def caught(call: Callable[[], Any]) -> str:
    """Return the name of the type of what a call raises, ``""`` if it returns."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return ""
