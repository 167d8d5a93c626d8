"""Reduction kernels on NumPy arrays."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy

from plugrad.backends.array_api import Dims
from plugrad.backends.array_api.reduction import ReductionKernels as Standard
from plugrad.backends.numpy.arrays import Array, largest, smallest
from plugrad.backends.numpy.indexing import places_along
from plugrad.backends.numpy.scans import accumulate
from plugrad.backends.numpy.sums import SMALL, add_up, sum_along, total
from plugrad.dtypes import dtype

__all__ = ["ReductionKernels", "extreme_along"]

multiply_up: Final[Any] = numpy.multiply.reduce

# Up to this many elements a row, rows are searched column by column, if there are many.
_FEW = 16
_MANY = 1024


def extreme_along(ufunc: Any, x: Array, dim: Dims, keepdim: bool) -> Any:
    """Return the largest (`numpy.maximum`) or smallest elements along `dim`.

    ``ufunc.reduce`` spends 60 ns on each row of a matrix: for short rows more than on the work.
    """
    first = min(dim, default=0)
    trailing = len(dim) == x.ndim - first
    if not trailing or not first or x.size < 2048 or not x.flags.c_contiguous:
        return ufunc.reduce(x, axis=dim, keepdims=keepdim)
    shape = x.shape[:first]
    rows = x.reshape(math.prod(shape), -1)
    count, size = rows.shape
    if size <= _FEW and count >= _MANY and size > 1:
        result = ufunc(rows[:, 0], rows[:, 1])
        for column in range(2, size):
            ufunc(result, rows[:, column], out=result)
    elif size <= _MANY:
        result = ufunc.reduceat(rows.reshape(-1), numpy.arange(0, x.size, size))
    else:
        result = ufunc.reduce(rows, axis=1)
    return result.reshape(shape + (1,) * len(dim) if keepdim else shape)


def _product(x: Array, working: Any) -> Any:
    """Return the product of all elements, in 512 products side by side: NumPy's own is scalar."""
    size = x.size
    if size < 2048 or not x.flags.forc:
        return multiply_up(x, axis=None, dtype=working)
    flat = x.ravel(order="K")
    even = size // 512 * 512
    products = multiply_up(flat[:even].reshape(-1, 512), axis=0, dtype=working)
    return multiply_up(products) * multiply_up(flat[even:], dtype=working)


class ReductionKernels(Standard):
    """Reductions that NumPy does better than in the standard's words."""

    # ------------------------------------------------------------------------- sums and products

    def sum(self, x: Array, dtype: dtype | None = None) -> Any:
        if dtype is None:
            char = x.dtype.char
            if char in "fd":
                return add_up(x, axis=None) if x.size < SMALL else total(x)
            if char == "?":
                return numpy.asarray(numpy.count_nonzero(x), "q")
        return self.sum_dim(x, tuple(range(x.ndim)), False, dtype)

    def sum_dim(
        self, x: Array, dim: Dims, keepdim: bool = False, dtype: dtype | None = None
    ) -> Any:
        if dtype is None and x.dtype.char in "fd":
            return sum_along(x, dim, keepdim)
        working, result = self.accumulation(x, dtype)
        sums = add_up(x, axis=dim, keepdims=keepdim, dtype=working)
        return sums if result is None else sums.astype(result.np)

    def sum_to(self, x: Array, shape: Dims) -> Any:
        lead = x.ndim - len(shape)
        dim = (*range(lead), *(
            lead + i for i, n in enumerate(shape) if n == 1 and x.shape[lead + i] != 1
        ))  # fmt: skip
        if dim:
            x = self._float_sum(x, dim)
        return numpy.asarray(x).reshape(shape)

    def _float_sum(self, x: Array, dim: Dims) -> Any:
        if x.dtype.char in "fd":
            return sum_along(x, dim, False)
        return add_up(x, axis=dim, dtype=x.dtype)

    def mean(self, x: Array, dtype: dtype | None = None) -> Any:
        if dtype is None and x.dtype.char in "fd":
            return total(x) / x.size
        return self.mean_dim(x, tuple(range(x.ndim)), False, dtype)

    def mean_dim(
        self, x: Array, dim: Dims, keepdim: bool = False, dtype: dtype | None = None
    ) -> Any:
        count = math.prod([x.shape[number] for number in dim])
        if dtype is None and x.dtype.char in "fd":
            return sum_along(x, dim, keepdim) / count
        return super().mean_dim(x, dim, keepdim, dtype)

    def _prod(self, x: Array, dim: Any, keepdim: bool, dtype: dtype | None) -> Any:
        working, result = self.accumulation(x, dtype)
        if dim is None:
            product = _product(x, working)
        else:
            product = multiply_up(x, axis=dim, keepdims=keepdim, dtype=working)
        return product if result is None else product.astype(result.np)

    def prod_grad(self, g: Array, x: Array, out: Array, dim: int) -> Any:
        # Without zeros a division does; the body, by which the standard has it, is right with them.
        if x.all():
            return g * (out / x).conj()
        return self.composed("prod_grad", g, x, out, dim)

    # ------------------------------------------------------------------------------------- scans

    def cumprod_grad(self, g: Array, x: Array, out: Array, dim: int) -> Any:
        if not x.shape or x.dtype.char not in "fd" or g.dtype != x.dtype or not x.all():
            return self.composed("cumprod_grad", g, x, out, dim)
        # Without zeros, the sum from each place on of g * out, in double, divided by x.
        terms = numpy.multiply(g, out, dtype="d")
        sums = numpy.flip(accumulate(numpy.add, self.flip(terms, (dim,)), dim), dim)
        return numpy.divide(sums, x).astype(x.dtype, copy=False)

    def cumsum(self, x: Array, dim: int, dtype: dtype | None = None) -> Any:
        return self._accumulate(numpy.add, x, dim, dtype)

    def cumprod(self, x: Array, dim: int, dtype: dtype | None = None) -> Any:
        return self._accumulate(numpy.multiply, x, dim, dtype)

    def _accumulate(self, scan: Any, x: Array, dim: int, dtype: dtype | None) -> Any:
        working, result = self.accumulation(x, dtype)
        final = result.np if result is not None else working
        if not x.shape:
            return x.astype(final)
        # Like PyTorch, carry the running value in double precision.
        wide = {"f": "d", "F": "D"}.get(numpy.dtype(working).char, working)
        return accumulate(scan, x, dim, wide, final)

    # ---------------------------------------------------------------------------------- extremes

    def max(self, x: Array) -> Any:
        return largest(x, axis=None)

    def min(self, x: Array) -> Any:
        return smallest(x, axis=None)

    def amax(self, x: Array, dim: Dims, keepdim: bool = False) -> Any:
        return extreme_along(numpy.maximum, x, dim, keepdim)

    def amin(self, x: Array, dim: Dims, keepdim: bool = False) -> Any:
        return extreme_along(numpy.minimum, x, dim, keepdim)

    def place_along(self, x: Array, index: Array, shape: Dims, dim: int) -> Any:
        result = numpy.zeros(shape, x.dtype)
        result.reshape(-1)[places_along(shape, dim, index)] = x
        return result

    def picked(self, x: Array, index: Array, dim: int) -> Any:
        if not x.flags.c_contiguous:
            return numpy.take_along_axis(x, index, dim)
        # They are in range: "clip" only spares another look at them.
        return x.reshape(-1).take(places_along(x.shape, dim, index), mode="clip")

    # ------------------------------------------------------------------------------------- truth

    def all(self, x: Array, dim: Dims | None = None, keepdim: bool = False) -> Any:
        return self._truth(numpy.logical_and.reduce, x, dim, keepdim)

    def any(self, x: Array, dim: Dims | None = None, keepdim: bool = False) -> Any:
        return self._truth(numpy.logical_or.reduce, x, dim, keepdim)

    def count_nonzero(self, x: Array, dim: Dims) -> Any:
        if x.size < SMALL and len(dim) == x.ndim:
            return numpy.count_nonzero(x)
        counted = x if x.dtype.char == "?" else x != 0
        if len(dim) == x.ndim:
            return numpy.count_nonzero(counted)
        return add_up(counted, axis=dim, dtype="q")
