"""Linear-algebra kernels in the standard's words."""

from __future__ import annotations

from typing import Any

from plugrad.backends.array_api.arrays import ArrayKernels, Shape
from plugrad.dtypes import int64

__all__ = ["LinalgKernels"]


class LinalgKernels(ArrayKernels):
    """Linear-algebra kernels."""

    def mm(self, x: Any, y: Any) -> Any:
        return self.xp.matmul(x, y)

    def bmm(self, x: Any, y: Any) -> Any:
        return self.xp.matmul(x, y)

    def mv(self, x: Any, y: Any) -> Any:
        return self.xp.matmul(x, y)

    def dot(self, x: Any, y: Any) -> Any:
        return self.xp.matmul(x, y)

    def matmul(self, x: Any, y: Any) -> Any:
        return self.xp.matmul(x, y)

    def conj_t(self, x: Any) -> Any:
        x = self.xp.matrix_transpose(x) if len(x.shape) > 1 else x
        return self.xp.conj(x) if self.dtypes[x.dtype].is_complex else x

    def trace(self, x: Any) -> Any:
        kind = self.dtypes[x.dtype]
        raw = x.dtype if kind.is_floating_point or kind.is_complex else self.raw_dtype(int64)
        return self.xp.linalg.trace(x, dtype=raw)

    def trace_grad(self, x: Any, shape: Shape) -> Any:
        zeros = self.xp.zeros(shape, dtype=x.dtype, device=self.place)
        return self.xp.where(self._diagonal(shape), x, zeros)

    def identity_like(self, x: Any) -> Any:
        return self.xp.where(
            self._diagonal(x.shape[-2:]), self.xp.ones_like(x), self.xp.zeros_like(x)
        )

    def _diagonal(self, shape: Shape) -> Any:
        return self.xp.eye(*shape, dtype=self.xp.bool, device=self.place)

    def linalg_cross(self, x: Any, y: Any, dim: int) -> Any:
        roll = self.xp.roll
        return roll(x, -1, axis=dim) * roll(y, -2, axis=dim) - (
            roll(x, -2, axis=dim) * roll(y, -1, axis=dim)
        )
