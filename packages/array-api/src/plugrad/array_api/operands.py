"""What the functions of the standard do to their arguments before they call plugrad's.

Three things differ throughout. Promotion: the standard looks at dtypes alone, PyTorch gives way to
an operand that has dimensions; and the standard promotes all unsigned integers. Scalars: any
operand may be a Python number. Axes: ``axis=()`` names no axis, where PyTorch takes it for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import plugrad
from plugrad import Tensor
from plugrad.array_api.promotion import result_type

__all__ = ["Axes", "axis_of", "dims_of", "laid_out", "promoted", "together"]

Axes: TypeAlias = int | tuple[int, ...] | None
Number: TypeAlias = bool | int | float | complex


def promoted(*operands: Tensor | Number) -> list[Tensor]:
    """Return operands as tensors of the dtype and on the device that they have in common.

    Parameters
    ----------
    *operands : Tensor or number
        One of them at least is a tensor.

    Raises
    ------
    TypeError
        If none is a tensor, or one is neither.
    """
    tensors = [each for each in operands if isinstance(each, Tensor)]
    if not tensors:
        raise TypeError("the operands are Python numbers; one of them must be a Tensor")
    kind = tensors[0].dtype
    if len(tensors) == len(operands) and all(each.dtype is kind for each in tensors):
        return tensors
    kind = result_type(*operands)
    return [
        (each if each.dtype is kind else each.to(kind))
        if isinstance(each, Tensor)
        else plugrad.full((), each, dtype=kind, device=tensors[0].device)
        for each in operands
    ]


def together(arrays: Sequence[Tensor]) -> list[Tensor]:
    """Return the arrays of a sequence in their common dtype.

    Raises
    ------
    ValueError
        If there are none.
    """
    if not arrays:
        raise ValueError("an empty sequence of arrays has no result; give at least one array")
    return promoted(*arrays)


def axis_of(x: Tensor, axis: int) -> int:
    """Return an axis counted from the first.

    Raises
    ------
    IndexError
        If the array has no such axis.
    """
    if not -x.ndim <= axis < x.ndim:
        raise IndexError(f"axis {axis} of an array of {x.ndim} dimensions, {tuple(x.shape)}")
    return axis % x.ndim


def dims_of(x: Tensor, axis: Axes) -> tuple[int, ...]:
    """Return axes counted from the first; None means all of them.

    Raises
    ------
    IndexError
        If the array has no such axis.
    ValueError
        If one is named twice.
    """
    if axis is None:
        return tuple(range(x.ndim))
    dims = tuple(axis_of(x, each) for each in ((axis,) if isinstance(axis, int) else axis))
    if len(set(dims)) < len(dims):
        raise ValueError(f"axis={axis} names an axis twice")
    return dims


def laid_out(x: Tensor, axis: Axes, keepdims: bool) -> dict[str, Any]:
    """Return the arguments with which plugrad's reductions reduce `x` over `axis`.

    Where no axis is reduced, over one of size one that is added: PyTorch would take an empty tuple
    for all axes.
    """
    dims = dims_of(x, axis)
    if dims:
        return {"input": x, "dim": dims, "keepdim": keepdims}
    return {"input": x.unsqueeze(-1), "dim": (-1,), "keepdim": False}
