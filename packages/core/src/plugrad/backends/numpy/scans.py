"""Running sums, products and extremes on NumPy arrays.

``ufunc.accumulate`` waits for each sum before it begins the next. Along a dimension of many rows,
all rows take a step at a time.
"""

from __future__ import annotations

import math
from typing import Any

import numpy

from plugrad.backends.numpy.arrays import Array

__all__ = ["accumulate"]

# So many rows at least, of which so many bytes at most are worked on at a time.
_MANY = 512
_BYTES = 1 << 22


def accumulate(ufunc: Any, x: Array, dim: int, working: Any = None, final: Any = None) -> Any:
    """Return the running results of a ufunc along a dimension, all of them in an array of its own.

    Parameters
    ----------
    ufunc : numpy.ufunc
    x : ndarray
    dim : int
    working, final : dtype, optional
        What is computed in, and the dtype of the result; by default that of `x`.
    """
    working = x.dtype if working is None else numpy.dtype(working)
    final = working if final is None else final
    size = x.shape[dim]
    if x.size < size * max(_MANY, size) or not x.flags.c_contiguous or size < 2:
        return ufunc.accumulate(x, axis=dim, dtype=working).astype(final, copy=False)
    inner = math.prod(x.shape[dim + 1 :])
    outer = x.size // (size * inner)
    rows = x.reshape(outer, size, inner)
    result = numpy.empty(rows.shape, final)
    step = max(_BYTES // (size * inner * working.itemsize), 1)
    for start in range(0, outer, step):
        part = rows[start : start + step].astype(working)
        for place in range(1, size):
            ufunc(part[:, place - 1], part[:, place], out=part[:, place])
        result[start : start + step] = part
    return result.reshape(x.shape)
