"""Kernels about order in the standard's words: sorting, ranks, running extremes, uniqueness."""

from __future__ import annotations

import math
from typing import Any

from plugrad import dtypes as types
from plugrad.backends.array_api.reduction import ReductionKernels

__all__ = ["OrderingKernels"]


class OrderingKernels(ReductionKernels):
    """Kernels that compare elements with each other. NaN counts as larger than everything."""

    # ----------------------------------------------------------------------------------- sorting

    def order(self, x: Any, dim: int, descending: bool) -> Any:
        """Return the indices that sort `x`; equal elements keep their order."""
        xp = self.xp
        return xp.argsort(self._numeric(x), axis=dim, descending=descending, stable=True)

    def _alone(self, x: Any) -> tuple[Any, Any]:
        """Return the only element of a 0-d array, and its index."""
        return self.copy(x), self.zeros((), types.int64)

    def _part(self, x: Any, dim: int, start: int, stop: int) -> Any:
        return x[(*(slice(None),) * dim, slice(start, stop), ...)]

    def sort(self, x: Any, dim: int, descending: bool) -> tuple[Any, Any]:
        if not x.shape:
            return self._alone(x)
        index = self.order(x, dim, descending)
        return self.picked(x, index, dim), index

    def topk(self, x: Any, count: int, dim: int, largest: bool, sorted: bool) -> tuple[Any, Any]:
        if not x.shape:
            return self._alone(x)
        return self._at(x, self._part(self.order(x, dim, largest), dim, 0, count), dim, True)

    def kthvalue(self, x: Any, rank: int, dim: int, keepdim: bool) -> tuple[Any, Any]:
        if not x.shape:
            return self._alone(x)
        index = self._part(self.order(x, dim, False), dim, rank - 1, rank)
        return self._at(x, index, dim, keepdim)

    def _is_nan(self, x: Any) -> Any:
        floating = self.dtypes[x.dtype].is_floating_point
        return self.xp.isnan(x) if floating else self.xp.zeros_like(x, dtype=self.xp.bool)

    def median_dim(self, x: Any, dim: int, keepdim: bool) -> tuple[Any, Any]:
        if not x.shape:
            return self._alone(x)
        middle = (x.shape[dim] - 1) // 2
        index = self._part(self.order(x, dim, False), dim, middle, middle + 1)
        missing = self._is_nan(x)
        if bool(self.any(missing)):
            found = self.xp.any(missing, axis=dim, keepdims=True)
            first = self.argmax(self._numeric(missing), dim, True)
            index = self.xp.where(found, first, index)
        return self._at(x, index, dim, keepdim)

    def nanmedian_dim(self, x: Any, dim: int, keepdim: bool) -> tuple[Any, Any]:
        if not x.shape:
            return self._alone(x)
        index_dtype = self.raw_dtype(types.int64)
        present = self.xp.astype(self.xp.logical_not(self._is_nan(x)), index_dtype)
        count = self.xp.sum(present, axis=dim, keepdims=True, dtype=index_dtype)
        middle = self.xp.where(count > 0, count - 1, self.xp.zeros_like(count)) // 2
        index = self.picked(self.order(x, dim, False), middle, dim)
        return self._at(x, index, dim, keepdim)

    def median(self, x: Any) -> Any:
        if 0 in x.shape:
            return self.full((), math.nan, self.dtypes[x.dtype])
        return self.median_dim(self.xp.reshape(x, (-1,)), 0, False)[0]

    def nanmedian(self, x: Any) -> Any:
        if 0 in x.shape:
            return self.full((), math.nan, self.dtypes[x.dtype])
        return self.nanmedian_dim(self.xp.reshape(x, (-1,)), 0, False)[0]

    def mode(self, x: Any, dim: int, keepdim: bool) -> tuple[Any, Any]:
        """Return the most frequent elements, the smallest of several, where they are last."""
        if not x.shape:
            return self._alone(x)
        xp = self.xp
        order = self.order(x, dim, False)
        ordered = self.picked(x, order, dim)
        size = x.shape[dim]
        shape = tuple(size if number == dim else 1 for number in range(len(x.shape)))
        place = xp.reshape(xp.arange(size, dtype=order.dtype), shape)
        changes = self._part(ordered, dim, 1, size) != self._part(ordered, dim, 0, size - 1)
        starts = xp.where(changes, self._part(place, dim, 1, size), self.zeros((), types.int64))
        first = xp.zeros_like(self._part(order, dim, 0, 1))
        starts = self.cummax(xp.concat([first, starts], axis=dim), dim)[0]
        # Of the longest run of equal elements, the end.
        longest = self.argmax(place - starts, dim, True)
        return self._at(x, self.picked(order, longest, dim), dim, keepdim)

    # ---------------------------------------------------------------------------- running extremes

    def cummax(self, x: Any, dim: int) -> tuple[Any, Any]:
        return self._running(x, dim, lambda new, best: new >= best)

    def cummin(self, x: Any, dim: int) -> tuple[Any, Any]:
        return self._running(x, dim, lambda new, best: new <= best)

    def _running(self, x: Any, dim: int, better: Any) -> tuple[Any, Any]:
        if not x.shape:
            return self._alone(x)
        if 0 in x.shape:
            return self.copy(x), self.zeros(x.shape, types.int64)
        xp = self.xp
        best = self._part(x, dim, 0, 1)
        index = xp.zeros_like(best, dtype=self.raw_dtype(types.int64))
        values, indices = [best], [index]
        for position in range(1, x.shape[dim]):
            new = self._part(x, dim, position, position + 1)
            # A NaN is never better, and nothing is better than a NaN.
            taken = xp.logical_or(better(new, best), self._is_nan(new))
            best = xp.where(taken, new, best)
            index = xp.where(taken, xp.full_like(index, position), index)
            values.append(best)
            indices.append(index)
        return xp.concat(values, axis=dim), xp.concat(indices, axis=dim)

    def logcumsumexp(self, x: Any, dim: int) -> Any:
        if 0 in x.shape or not x.shape:
            return self.copy(x)
        add = self.xp.logaddexp
        if self.dtypes[x.dtype].is_complex:
            add, unknown = self._complex_logaddexp, self.xp.isnan(x)
            x = self.xp.where(unknown, self.xp.full_like(x, complex("nan+nanj")), x)
            nothing = self.xp.real(x) == -math.inf
            x = self.xp.where(nothing, self.xp.full_like(x, complex(-math.inf, 0)), x)
        running = [self._part(x, dim, 0, 1)]
        for position in range(1, x.shape[dim]):
            new = self._part(x, dim, position, position + 1)
            running.append(add(running[-1], new))
        return self.xp.concat(running, axis=dim)

    def _complex_logaddexp(self, x: Any, y: Any) -> Any:
        """Return ``log(exp(x) + exp(y))`` near the one of the larger real part."""
        xp = self.xp
        turned = xp.real(x) < xp.real(y)
        low, high = xp.where(turned, x, y), xp.where(turned, y, x)
        even = xp.isinf(xp.real(high))
        apart = xp.where(even, xp.zeros_like(low), low - high)
        total = xp.where(even, high, high + xp.log1p(xp.exp(apart)))
        unknown = xp.isnan(x) | xp.isnan(y)
        return xp.where(unknown, xp.full_like(total, complex("nan+nanj")), total)

    # ---------------------------------------------------------------------------- unique elements

    def unique(self, x: Any) -> tuple[Any, Any, Any]:
        """Return the different elements, where each element is among them, and their counts."""
        flat = self.xp.reshape(x, (-1,))
        order = self.order(flat, 0, False)
        values, groups, counts = self.unique_consecutive(self.xp.take(flat, order, axis=0))
        inverse = self.xp.take(groups, self.order(order, 0, False), axis=0)
        return values, self.xp.reshape(inverse, x.shape), counts

    def unique_consecutive(self, x: Any) -> tuple[Any, Any, Any]:
        flat = self.xp.reshape(x, (-1,))
        changes = flat[1:] != flat[:-1]
        groups, starts, counts = self._groups(changes, flat.shape[0])
        return self.xp.take(flat, starts, axis=0), self.xp.reshape(groups, x.shape), counts

    def _groups(self, changes: Any, size: int) -> tuple[Any, Any, Any]:
        """Return the group of each element, and where each group starts and how long it is.

        `changes` tells where an element differs from the one before.
        """
        xp = self.xp
        if size == 0:
            empty = self.zeros((0,), types.int64)
            return empty, empty, empty
        first = self.zeros((1,), types.int64)
        changes = xp.astype(changes, first.dtype)
        groups = xp.concat([first, xp.cumulative_sum(changes, axis=0, dtype=first.dtype)])
        (starts,) = xp.nonzero(changes)
        starts = xp.concat([first, starts + 1])
        ends = xp.concat([starts[1:], xp.full_like(first, size)])
        return groups, starts, ends - starts

    def unique_dim(self, x: Any, dim: int) -> tuple[Any, Any, Any]:
        xp = self.xp
        rows = self._rows(x, dim)
        order = self.lexical_order(rows)
        groups, starts, counts = self._groups(
            self._row_changes(xp.take(rows, order, axis=0)), rows.shape[0]
        )
        inverse = xp.take(groups, self.order(order, 0, False), axis=0)
        return self._picked(x, xp.take(order, starts, axis=0), dim), inverse, counts

    def unique_consecutive_dim(self, x: Any, dim: int) -> tuple[Any, Any, Any]:
        rows = self._rows(x, dim)
        groups, starts, counts = self._groups(self._row_changes(rows), rows.shape[0])
        return self._picked(x, starts, dim), groups, counts

    def _picked(self, x: Any, places: Any, dim: int) -> Any:
        # One after the other in memory, as they come from PyTorch.
        rows = self.xp.take(self.xp.moveaxis(x, dim, 0), places, axis=0)
        return self.xp.moveaxis(rows, 0, dim)

    def _rows(self, x: Any, dim: int) -> Any:
        rows = self.xp.moveaxis(x, dim, 0)
        columns = 1
        for size in rows.shape[1:]:
            columns *= size
        return self.xp.reshape(rows, (rows.shape[0], columns))

    def _row_changes(self, rows: Any) -> Any:
        return self.xp.any(rows[1:, :] != rows[:-1, :], axis=1)

    def lexical_order(self, rows: Any) -> Any:
        """Return the indices that sort rows by their first column, then the second, and so on."""
        order = self.xp.arange(rows.shape[0], dtype=self.raw_dtype(types.int64))
        for column in reversed(range(rows.shape[1])):
            keys = self.xp.take(rows[:, column], order, axis=0)
            order = self.xp.take(order, self.order(keys, 0, False), axis=0)
        return order

    # -------------------------------------------------------------------------- places and counts

    def searchsorted(self, boundaries: Any, x: Any, right: bool) -> Any:
        """Return how many boundaries of a row, which ascend, are left of each element of `x`."""
        xp = self.xp
        if len(boundaries.shape) > 1:
            boundaries = xp.expand_dims(boundaries, axis=-2)
        x = xp.expand_dims(x, axis=-1)
        # By what is not right of it, so that a NaN comes last.
        beyond = boundaries > x if right else boundaries >= x
        index = self.raw_dtype(types.int64)
        return xp.sum(xp.astype(xp.logical_not(beyond), index), axis=-1, dtype=index)

    def bincount(self, x: Any, weights: Any, minlength: int) -> Any:
        xp = self.xp
        size = max(int(xp.max(x)) + 1 if x.shape[0] else 0, minlength)
        kind = types.int64 if weights is None else self.dtypes[weights.dtype]
        hits = xp.expand_dims(xp.arange(size, dtype=x.dtype), axis=1) == xp.expand_dims(x, axis=0)
        hits = xp.astype(hits, self.raw_dtype(kind))
        return xp.sum(hits if weights is None else hits * weights, axis=1, dtype=hits.dtype)

    def histc(self, x: Any, bins: int, low: float, high: float) -> Any:
        xp = self.xp
        x = xp.reshape(x, (-1,))
        x = x[xp.logical_and(x >= low, x <= high)]
        places = xp.astype((x - low) * bins / (high - low), self.raw_dtype(types.int64))
        places = places - xp.astype(places >= bins, places.dtype)
        return xp.astype(self.bincount(places, None, bins), x.dtype)
