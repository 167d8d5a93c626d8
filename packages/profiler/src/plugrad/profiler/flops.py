"""How many floating-point operations an operator does, where PyTorch's profiler says so too."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, Final

__all__ = ["flops_of"]

Shapes = list[list[int]]


def _product(shapes: Shapes, first: int) -> int:
    left, right = shapes[first], shapes[first + 1]
    return 2 * prod(left) * right[-1]


_FLOPS: Final[dict[str, Callable[[Shapes], int]]] = {
    "aten::mm": lambda shapes: _product(shapes, 0),
    "aten::bmm": lambda shapes: _product(shapes, 0),
    "aten::addmm": lambda shapes: _product(shapes, 1),
    "aten::baddbmm": lambda shapes: _product(shapes, 1),
    "aten::add": lambda shapes: prod(shapes[0]),
    "aten::mul": lambda shapes: prod(shapes[0]),
}


def flops_of(name: str, shapes: list[Any]) -> int:
    """Return the number of operations: 0 for an operator that is not counted.

    A product of an (m, k) and a (k, n) matrix counts 2 m k n, a sum or a product of elements one
    for each element of the first argument.

    Parameters
    ----------
    name : str
        Such as ``"aten::mm"``.
    shapes : list
        Of the inputs.

    Examples
    --------
    >>> flops_of("aten::mm", [[2, 3], [3, 4]])
    48
    """
    count = _FLOPS.get(name)
    return count(shapes) if count is not None and shapes else 0
