"""Norms and layer normalization in the standard's words; the rest is composed by the operators."""

from __future__ import annotations

import math
from typing import Any

from plugrad.backends.array_api.arrays import ArrayKernels, Dims
from plugrad.dtypes import dtype

__all__ = ["NormalizationKernels"]


class NormalizationKernels(ArrayKernels):
    """Norms of vectors."""

    def vector_norm(
        self, x: Any, ord: float, dim: Dims, keepdim: bool = False, dtype: dtype | None = None
    ) -> Any:
        xp = self.xp
        x = xp.abs(x if dtype is None else self.cast(x, dtype))
        if ord == 0:
            return xp.sum(xp.astype(x != 0, x.dtype), axis=dim, keepdims=keepdim)
        if math.isinf(ord):
            extreme = xp.max if ord > 0 else xp.min
            return extreme(x, axis=dim, keepdims=keepdim) if dim else x
        if ord == 1 or not dim:
            return xp.sum(x, axis=dim, keepdims=keepdim)
        powers = x * x if ord == 2 else xp.pow(x, xp.asarray(ord, dtype=x.dtype))
        total = xp.sum(powers, axis=dim, keepdims=keepdim)
        if ord == 2:
            return xp.sqrt(total)
        return xp.pow(total, xp.asarray(1 / ord, dtype=total.dtype))
