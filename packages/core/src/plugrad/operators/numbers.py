"""Python numbers as elements of tensors: which are taken, and whether a dtype can hold them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy

from plugrad.autograd.tape import TensorBase
from plugrad.dtypes import Category, dtype
from plugrad.limits import finfo, iinfo

__all__ = ["fitting", "number_given"]

Number = bool | int | float | complex


def number_given(caller: str, name: str, value: Any) -> Number:
    """Return a Python number: `value`, or what it stands for.

    Parameters
    ----------
    caller, name : str
        The function and its argument, for the error message.
    value : bool, int, float, complex, NumPy number or Tensor
        A tensor must have no dimensions, and not require grad.

    Raises
    ------
    TypeError
        If it is none.
    OverflowError
        If it is an integer of more than 64 bits.
    """
    kind = value.__class__
    if kind is float or kind is bool or kind is complex:
        return value  # type: ignore[no-any-return]
    if kind is int:
        if not -(2**63) <= value < 2**64:
            raise OverflowError(f"{caller}(): {name} does not fit into 64 bits: {value}")
        return value  # type: ignore[no-any-return]
    if isinstance(value, TensorBase):
        tensor: Any = value
        if not tensor._array.shape and tensor._edge is None:
            return tensor.item()  # type: ignore[no-any-return]
        raise TypeError(
            f"{caller}(): {name} must be a number, or a 0-d tensor that does not require grad"
        )
    if isinstance(value, numpy.generic) and value.dtype.kind in "biufc":
        return value.item()  # type: ignore[no-any-return]
    if isinstance(value, (int, float, complex)):
        return value
    raise TypeError(f"{caller}(): {name} must be a number, not {type(value).__name__}")


def fitting(caller: str, value: Number, kind: dtype) -> Number:
    """Return `value` as a number of the category of `kind`, which holds it.

    A negative integer counts as ``2**bits`` more in an unsigned dtype, as in PyTorch.

    Raises
    ------
    RuntimeError
        If `kind` cannot hold it: it is too large, nan or infinite for integers, or complex for
        reals.

    Examples
    --------
    >>> from plugrad.dtypes import int64, uint8
    >>> fitting("full", -1, uint8), fitting("full", 2.7, int64)
    (255, 2)
    """
    if value.__class__ is float and kind.weak_scalar and _holds(value, kind):
        return value
    if kind.category is Category.BOOL:
        return bool(value)
    if kind.is_complex:
        number = complex(value)
        if _holds(number.real, kind) and _holds(number.imag, kind):
            return number
    else:
        if isinstance(value, complex) and value.imag == 0:
            value = value.real
        if isinstance(value, complex):
            pass
        elif kind.is_floating_point:
            if _holds(value, kind):
                # PyTorch rounds to half precision by way of float32.
                return float(numpy.float32(value) if kind.low_precision else value)
        else:
            lowest, highest = _integer_range(kind)
            if isinstance(value, int) and lowest == 0 and -highest <= value < 0:
                return value + highest + 1
            if lowest <= value <= highest:
                return int(value)
    raise RuntimeError(f"{caller}(): {kind} cannot hold the value {value!r}")


def _holds(value: float, kind: dtype) -> bool:
    return abs(value) <= _largest(kind) or value - value != 0.0


@cache
def _largest(kind: dtype) -> float:
    largest: float = finfo(kind).max
    return largest


@cache
def _integer_range(kind: dtype) -> tuple[int, int]:
    info = iinfo(kind)
    return int(info.min), int(info.max)
