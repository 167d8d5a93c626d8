"""Kernels about order on NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy

from plugrad.backends.array_api.ordering import OrderingKernels as Standard
from plugrad.backends.numpy.arrays import Array, largest
from plugrad.backends.numpy.blocks import in_rows
from plugrad.backends.numpy.scans import accumulate
from plugrad.backends.numpy.sums import SMALL

__all__ = ["OrderingKernels"]

# Of this many elements, in rows longer than that, it takes less time to sort in any order, and then
# to look for equal ones, than to keep those in their order.
_MANY, _SHORT = 16384, 32


class OrderingKernels(Standard):
    """Ordering that NumPy does better than in the standard's words."""

    @in_rows
    def order(self, x: Array, dim: int, descending: bool) -> Any:
        rows = dim == x.ndim - 1 and x.shape[-1] > _SHORT
        if rows and x.size >= _MANY and x.dtype.char in "fd":
            quick = _quick_order(x, descending)
            if quick is not None:
                return quick
        if not descending:
            return x.argsort(axis=dim, kind="stable")
        # Turned around twice, equal elements keep their order, and NaN comes first.
        turned = (*(slice(None),) * dim, slice(None, None, -1))
        backwards = x[turned].argsort(axis=dim, kind="stable")[turned]
        return numpy.subtract(x.shape[dim] - 1, backwards)

    def _part(self, x: Array, dim: int, start: int, stop: int) -> Array:
        # A copy: a view would keep all of what it is a part of, and its strides.
        return numpy.ascontiguousarray(super()._part(x, dim, start, stop))

    @in_rows
    def topk(
        self, x: Array, count: int, dim: int, largest: bool, sorted: bool
    ) -> tuple[Array, Array]:
        size = x.shape[dim] if x.shape else 1
        few = x.size < SMALL or 4 * count > size or count == 0
        if few or x.dtype.char not in "bBhHiIlLqQefd":
            return super().topk(x, count, dim, largest, sorted)
        # Only what is picked needs to be sorted.
        place = size - count if largest else count - 1
        order = numpy.argpartition(x, place, axis=dim)
        picked = self._part(order, dim, size - count, size) if largest else self._part(
            order, dim, 0, count
        )  # fmt: skip
        # By index first, so that equal elements keep their order.
        picked = numpy.sort(picked, axis=dim)
        inner = self.order(self.picked(x, picked, dim), dim, largest)
        return self._at(x, self.picked(picked, inner, dim), dim, True)

    @in_rows
    def kthvalue(self, x: Array, rank: int, dim: int, keepdim: bool) -> tuple[Array, Array]:
        if x.size >= SMALL and x.dtype.char in "fd":
            values = self._part(numpy.partition(x, rank - 1, axis=dim), dim, rank - 1, rank)
            places = x == values
            if numpy.count_nonzero(places) == values.size:
                # Each is the only one of its kind, and none is NaN.
                return self._at(x, places.argmax(axis=dim, keepdims=True), dim, keepdim)
        return super().kthvalue(x, rank, dim, keepdim)

    @in_rows
    def median_dim(self, x: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
        if x.size < SMALL or x.dtype.char not in "fd" or numpy.isnan(largest(x, axis=None)):
            return super().median_dim(x, dim, keepdim)
        return self.kthvalue(x, (x.shape[dim] + 1) // 2, dim, keepdim)

    def median(self, x: Array) -> Any:
        if not x.size:
            return super().median(x)
        flat = x.reshape(-1)
        middle = (flat.size - 1) // 2
        ordered = numpy.partition(flat, [middle, flat.size - 1])
        # NaN is sorted to the end: if there is one, it is the median.
        return ordered[-1] if ordered[-1] != ordered[-1] else ordered[middle]

    def cummax(self, x: Array, dim: int) -> tuple[Array, Array]:
        return self._accumulated(numpy.maximum, x, dim)

    def cummin(self, x: Array, dim: int) -> tuple[Array, Array]:
        return self._accumulated(numpy.minimum, x, dim)

    def _accumulated(self, ufunc: Any, x: Array, dim: int) -> tuple[Array, Array]:
        if not x.size or not x.shape:
            return self._running(x, dim, None)
        values = accumulate(ufunc, x, dim)
        # Where an element is the best so far, equal ones and later NaNs included, is its own place.
        best = x == values
        if x.dtype.kind == "f":
            best |= numpy.isnan(x)
        numbers = numpy.arange(x.shape[dim]).reshape(-1, *[1] * (x.ndim - dim - 1))
        places = numpy.multiply(best, numbers)
        return values, accumulate(numpy.maximum, places, dim)

    @in_rows
    def logcumsumexp(self, x: Array, dim: int) -> Any:
        if not x.shape or not x.size:
            return x.copy()
        if x.dtype.kind == "c":
            return super().logcumsumexp(x.astype("D"), dim).astype(x.dtype, copy=False)
        return numpy.logaddexp.accumulate(x, axis=dim, dtype="d").astype(x.dtype, copy=False)

    def unique(self, x: Array) -> tuple[Array, Array, Array]:
        flat = x.reshape(-1)
        order = self.order(flat, 0, False)
        values, groups, counts = self.unique_consecutive(flat[order])
        inverse = numpy.empty_like(groups)
        inverse[order] = groups
        return values, inverse.reshape(x.shape), counts

    def lexical_order(self, rows: Array) -> Any:
        if not rows.shape[1]:
            return numpy.arange(rows.shape[0])
        return numpy.lexsort(rows.T[::-1])

    def searchsorted(self, boundaries: Array, x: Array, right: bool) -> Any:
        side: Any = "right" if right else "left"
        if boundaries.ndim == 1:
            return numpy.searchsorted(boundaries, x, side)
        result = numpy.empty(x.shape, numpy.int64)
        for row in numpy.ndindex(x.shape[:-1]):
            result[row] = numpy.searchsorted(boundaries[row], x[row], side)
        return result

    def bincount(self, x: Array, weights: Array | None, minlength: int) -> Any:
        counts = numpy.bincount(x, weights, minlength)
        if weights is None:
            return counts.astype(numpy.int64, copy=False)
        return counts.astype(weights.dtype if weights.dtype.char in "fd" else numpy.float64)


def _quick_order(x: Array, descending: bool) -> Any:
    """Return the indices that sort rows, equal elements in their order, or None where many are.

    NumPy's sort has vector instructions where it need not keep equal elements in order: a quarter
    of the time. Those are sought out, and put in order afterwards.
    """
    order = x.argsort(axis=-1)
    # Short rows are sorted once more in less time than their elements are looked up.
    short = x.shape[-1] <= 1024
    ordered = numpy.sort(x, axis=-1) if short else numpy.take_along_axis(x, order, -1)
    if descending:
        order, ordered = numpy.ascontiguousarray(order[..., ::-1]), ordered[..., ::-1]
    equal = ordered[..., 1:] == ordered[..., :-1]
    if numpy.isnan(ordered[..., 0 if descending else -1]).any():
        equal |= numpy.isnan(ordered[..., 1:]) & numpy.isnan(ordered[..., :-1])
    count = numpy.count_nonzero(equal)
    if count == 0:
        return order
    if 8 * count > x.size:
        return None
    among = numpy.zeros(x.shape, bool)
    among[..., 1:] |= equal
    first = ~among
    among[..., :-1] |= equal
    indices = order[among]
    order[among] = indices[numpy.lexsort((indices, numpy.cumsum(first[among])))]
    return order
