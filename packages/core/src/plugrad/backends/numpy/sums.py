"""Sums as products with a vector of ones.

``np.add.reduce`` spends a long time on each row of a matrix, adds up columns one row after the
other (which loses digits), and even over one long vector takes four times as long as reading the
memory does. BLAS does better: a sum of 512 elements as the product with 512 ones runs at the
memory's speed, and its error is that of pairwise summation, for the partial sums are added up
pairwise.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy

from plugrad.backends.numpy.arrays import Array

__all__ = ["SMALL", "add_up", "ones_vector", "sum_along", "total"]

# NumPy's annotations want a literal for keepdims.
add_up: Final[Any] = numpy.add.reduce

# What one product adds up: few enough to lose no digits, many enough to pay for the call.
_BLOCK = 512
_LONGEST = 8192
# Below this many elements the call of a reduction costs more than its work.
SMALL = 2048

_vectors: dict[str, Array] = {
    "f": numpy.ones(_LONGEST, "f"),
    "d": numpy.ones(_LONGEST, "d"),
}


def ones_vector(x: Array, size: int) -> Any:
    """Return `size` ones, at most 8192, of the dtype of `x`: float32 or float64."""
    return _vectors[x.dtype.char][:size]


def total(x: Array) -> Any:
    """Return the sum of all elements."""
    if x.size < SMALL or x.dtype.char not in "fd" or not x.flags.forc:
        return add_up(x, axis=None)
    flat = x.ravel(order="K")
    blocked = x.size // _BLOCK * _BLOCK
    sums = numpy.matmul(flat[:blocked].reshape(-1, _BLOCK), ones_vector(x, _BLOCK))
    result = add_up(sums)
    return result if blocked == x.size else result + add_up(flat[blocked:])


def sum_along(x: Array, dim: tuple[int, ...], keepdim: bool) -> Any:
    """Return the sum along the dimensions `dim`, all different and counted from the front."""
    shape = x.shape
    if dim == (len(shape) - 1,) and 0 < shape[-1] <= _LONGEST and x.dtype.char in "fd":
        # Rows, the most usual case, whatever their number: even of few the product is faster.
        multiply: Any = numpy.dot if len(shape) < 3 else numpy.matmul
        sums = multiply(x, ones_vector(x, shape[-1]))
        return sums.reshape((*shape[:-1], 1)) if keepdim else sums
    if x.size < SMALL or x.dtype.char not in "fd" or not x.flags.forc or not dim:
        return add_up(x, axis=dim, keepdims=keepdim)
    ndim = x.ndim
    if not x.flags.c_contiguous:
        mirrored = tuple([ndim - 1 - number for number in dim])
        return sum_along(x.T, mirrored, keepdim).T
    # The last run of adjacent dimensions first, then what is left of the others.
    dims = sorted(dim)
    run = len(dims) - 1
    while run and dims[run - 1] == dims[run] - 1:
        run -= 1
    first, last = dims[run], dims[-1]
    outer, inner = math.prod(shape[:first]), math.prod(shape[last + 1 :])
    sums = _middle(x.reshape(outer, -1, inner))
    kept = (1,) * (len(dims) - run) if keepdim else ()
    sums = sums.reshape(shape[:first] + kept + shape[last + 1 :])
    return sum_along(sums, tuple(dims[:run]), keepdim) if run else sums


def _middle(x: Array) -> Any:
    """Sum a contiguous array of three dimensions along the second."""
    outer, size, inner = x.shape
    if inner == 1:
        return _rows(x.reshape(outer, size))
    if outer == 1:
        return _columns(x.reshape(size, inner))
    if size < _BLOCK // 16:
        return add_up(x, axis=1)
    if size <= _BLOCK:
        return numpy.matmul(ones_vector(x, size), x)
    even = size // _BLOCK * _BLOCK
    blocks = x[:, :even].reshape(outer, -1, _BLOCK, inner)
    sums = add_up(numpy.matmul(ones_vector(x, _BLOCK), blocks), axis=1)
    return sums if even == size else sums + add_up(x[:, even:], axis=1)


def _rows(x: Array) -> Any:
    size = x.shape[1]
    if size <= _LONGEST:
        return numpy.matmul(x, ones_vector(x, size))
    even = size // _BLOCK * _BLOCK
    blocks = x[:, :even].reshape(-1, even // _BLOCK, _BLOCK)
    sums = add_up(numpy.matmul(blocks, ones_vector(x, _BLOCK)), axis=1)
    return sums if even == size else sums + add_up(x[:, even:], axis=1)


def _columns(x: Array) -> Any:
    size, inner = x.shape
    # Short rows are joined to longer ones, and their sums taken apart again.
    joined = 1 << (_BLOCK // inner).bit_length() >> 1
    if joined > 2 and size >= 4 * joined:
        even = size // joined * joined
        sums = _columns(x[:even].reshape(-1, joined * inner)).reshape(joined, inner)
        result = add_up(sums, axis=0)
        return result if even == size else result + add_up(x[even:], axis=0)
    if size <= _BLOCK:
        return numpy.matmul(ones_vector(x, size), x)
    even = size // _BLOCK * _BLOCK
    sums = numpy.matmul(ones_vector(x, _BLOCK), x[:even].reshape(-1, _BLOCK, inner))
    result = add_up(sums, axis=0)
    return result if even == size else result + _columns(x[even:])
