"""Reduction kernels in the standard's words."""

from __future__ import annotations

import math
from typing import Any

from plugrad import dtypes as types
from plugrad.backends.array_api.arrays import ArrayKernels, Dims
from plugrad.dtypes import dtype

__all__ = ["ReductionKernels"]


class ReductionKernels(ArrayKernels):
    """Kernels that reduce dimensions, or scan along them."""

    # ------------------------------------------------------------------------- sums and products

    def sum(self, x: Any, dtype: dtype | None = None) -> Any:
        return self.sum_dim(x, tuple(range(len(x.shape))), False, dtype)

    def sum_dim(self, x: Any, dim: Dims, keepdim: bool = False, dtype: dtype | None = None) -> Any:
        working, result = self.accumulation(x, dtype)
        total = self.xp.sum(self._numeric(x), axis=dim, keepdims=keepdim, dtype=working)
        return total if result is None else self.cast(total, result)

    def mean(self, x: Any, dtype: dtype | None = None) -> Any:
        return self.mean_dim(x, tuple(range(len(x.shape))), False, dtype)

    def mean_dim(self, x: Any, dim: Dims, keepdim: bool = False, dtype: dtype | None = None) -> Any:
        working, result = self.accumulation(x, dtype)
        total = self.xp.sum(x, axis=dim, keepdims=keepdim, dtype=working)
        total = total / math.prod([x.shape[number] for number in dim])
        return total if result is None else self.cast(total, result)

    def prod(self, x: Any, dtype: dtype | None = None) -> Any:
        return self._prod(x, None, False, dtype)

    def prod_dim(self, x: Any, dim: int, keepdim: bool = False, dtype: dtype | None = None) -> Any:
        return self._prod(x, dim if x.shape else (), keepdim, dtype)

    def _prod(self, x: Any, dim: int | Dims | None, keepdim: bool, dtype: dtype | None) -> Any:
        working, result = self.accumulation(x, dtype)
        product = self.xp.prod(self._numeric(x), axis=dim, keepdims=keepdim, dtype=working)
        return product if result is None else self.cast(product, result)

    def cumsum(self, x: Any, dim: int, dtype: dtype | None = None) -> Any:
        return self._accumulate(self.xp.cumulative_sum, x, dim, dtype)

    def cumprod(self, x: Any, dim: int, dtype: dtype | None = None) -> Any:
        return self._accumulate(self.xp.cumulative_prod, x, dim, dtype)

    def _accumulate(self, scan: Any, x: Any, dim: int, dtype: dtype | None) -> Any:
        working, result = self.accumulation(x, dtype)
        if not x.shape:
            return self.cast(self.copy(x), result or self.dtypes[working])
        total = scan(self._numeric(x), axis=dim, dtype=working)
        return total if result is None else self.cast(total, result)

    def _numeric(self, x: Any) -> Any:
        """Return bools as integers: the standard neither adds them up nor orders them."""
        return self.cast(x, types.uint8) if self.dtypes[x.dtype] is types.bool_ else x

    def accumulation(self, x: Any, kind: dtype | None) -> tuple[Any, dtype | None]:
        """Return the raw dtype to add up in, and what to convert to then; None for nothing."""
        if kind is None:
            kind = self.dtypes[x.dtype]
            if not (kind.is_floating_point or kind.is_complex):
                kind = types.int64
        if kind.low_precision:
            return self.raw_dtype(types.float32), kind
        if kind is types.bool_:
            return self.raw_dtype(types.int64), kind
        return self.raw_dtype(kind), None

    # ---------------------------------------------------------------------------------- extremes

    def max(self, x: Any) -> Any:
        return self.amax(x, tuple(range(len(x.shape))))

    def min(self, x: Any) -> Any:
        return self.amin(x, tuple(range(len(x.shape))))

    def amax(self, x: Any, dim: Dims, keepdim: bool = False) -> Any:
        return self.xp.max(x, axis=dim, keepdims=keepdim)

    def amin(self, x: Any, dim: Dims, keepdim: bool = False) -> Any:
        return self.xp.min(x, axis=dim, keepdims=keepdim)

    def argmax(self, x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
        return self._arg(self.xp.argmax, x, dim, keepdim)

    def argmin(self, x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
        return self._arg(self.xp.argmin, x, dim, keepdim)

    def _arg(self, search: Any, x: Any, dim: int | None, keepdim: bool) -> Any:
        shape = x.shape
        if dim is None or not shape:
            found = search(self.xp.reshape(x, (-1,)))
            return self.xp.reshape(found, (1,) * len(shape)) if keepdim else found
        if 0 in shape:
            kept = tuple(1 if number == dim else n for number, n in enumerate(shape))
            found = self.zeros(kept, types.int64)
            return found if keepdim else self.xp.squeeze(found, axis=dim)
        return search(x, axis=dim, keepdims=keepdim)

    def max_dim(self, x: Any, dim: int, keepdim: bool = False) -> tuple[Any, Any]:
        return self._at(x, self.argmax(self._numeric(x), dim, True), dim, keepdim)

    def min_dim(self, x: Any, dim: int, keepdim: bool = False) -> tuple[Any, Any]:
        return self._at(x, self.argmin(self._numeric(x), dim, True), dim, keepdim)

    def _at(self, x: Any, index: Any, dim: int, keepdim: bool) -> tuple[Any, Any]:
        if not x.shape:
            return self.copy(x), index
        values = self.picked(x, index, dim)
        if keepdim:
            return values, index
        return self.xp.squeeze(values, axis=dim), self.xp.squeeze(index, axis=dim)

    def picked(self, x: Any, index: Any, dim: int) -> Any:
        """Return the elements at the places `index`, all in range, along `dim`."""
        return self.xp.take_along_axis(x, index, axis=dim)

    def place_along(self, x: Any, index: Any, shape: Dims, dim: int) -> Any:
        """Return zeros of `shape`, with `x` at the places `index`, all different, along `dim`."""
        if not shape:
            return self.copy(x)
        if x.shape[dim] == shape[dim]:
            return self.picked(x, self.xp.argsort(index, axis=dim), dim)
        # (..., place, ...) against (..., index, ...): all but one of the sum's terms are 0.
        places = [1] * (len(shape) + 1)
        places[dim] = shape[dim]
        position = self.xp.reshape(self.xp.arange(shape[dim], dtype=index.dtype), tuple(places))
        chosen = self.xp.expand_dims(index, axis=dim) == position
        spread = self.xp.where(
            chosen, self.xp.expand_dims(x, axis=dim), self.zeros((), self.dtypes[x.dtype])
        )
        return self.xp.sum(spread, axis=dim + 1, dtype=x.dtype)

    # ------------------------------------------------------------------------------------- truth

    def all(self, x: Any, dim: Dims | None = None, keepdim: bool = False) -> Any:
        return self._truth(self.xp.all, x, dim, keepdim)

    def any(self, x: Any, dim: Dims | None = None, keepdim: bool = False) -> Any:
        return self._truth(self.xp.any, x, dim, keepdim)

    def _truth(self, quantifier: Any, x: Any, dim: Dims | None, keepdim: bool) -> Any:
        found = quantifier(x, axis=dim, keepdims=keepdim)
        return self.cast(found, types.uint8) if self.dtypes[x.dtype] is types.uint8 else found
