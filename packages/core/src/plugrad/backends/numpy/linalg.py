"""Linear-algebra kernels on NumPy arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy

from plugrad.backends.array_api.linalg import LinalgKernels as Standard
from plugrad.backends.numpy.arrays import Array
from plugrad.threads import WORTH_WAKING, alone

__all__ = ["LinalgKernels"]

# Products of so many multiplications OpenBLAS shares among threads, by its own rule.
_WOKEN = 1 << 18

_dot = numpy.ndarray.dot


class LinalgKernels(Standard):
    """Linear-algebra kernels that NumPy does better than in the standard's words."""

    bmm: Any = staticmethod(numpy.matmul)
    mv: Any = staticmethod(_dot)
    dot: Any = staticmethod(_dot)

    @staticmethod
    def mm(x: Array, y: Array) -> Any:
        # `dot` finds its way to BLAS in a third of the time of `matmul`, but writes zeros first.
        product = _dot if len(x) < 64 else numpy.matmul
        if _WOKEN < len(x) * y.size < WORTH_WAKING:
            return alone(product, x, y)
        return product(x, y)

    def mm_transposed(self, x: Array, y: Array) -> Any:
        inner, columns = y.shape
        if inner < 256 or not 1 < len(x) < columns:
            return self.mm(x, y)
        # BLAS would pack all of the transposed `y`; this way it packs the smaller `x`.
        return self.mm(y.T, x.T).T.copy()

    def affine(self, bias: Array, x: Array, y: Array) -> Any:
        result = self.mm_transposed(x, y)
        result += bias
        return result

    def matmul(self, x: Array, y: Array) -> Any:
        # One tall product is faster than a batch of them.
        if y.ndim == 2 < x.ndim and x.flags.c_contiguous:
            *lead, inner = x.shape
            tall = x.reshape(math.prod(lead), inner)
            return numpy.matmul(tall, y).reshape(*lead, y.shape[1])
        return numpy.matmul(x, y)

    def conj_t(self, x: Array) -> Array:
        x = x.mT if x.ndim > 1 else x
        return x.conj() if x.dtype.kind == "c" else x

    def addmm(self, bias: Array, x: Array, y: Array, beta: complex, alpha: complex) -> Array:
        return _added(self.mm(x, y), bias, beta, alpha)

    def addmv(self, bias: Array, x: Array, y: Array, beta: complex, alpha: complex) -> Array:
        return _added(x.dot(y), bias, beta, alpha)

    def baddbmm(self, bias: Array, x: Array, y: Array, beta: complex, alpha: complex) -> Array:
        return _added(numpy.matmul(x, y), bias, beta, alpha)

    def addr(self, bias: Array, x: Array, y: Array, beta: complex, alpha: complex) -> Array:
        return _added(numpy.multiply.outer(x, y), bias, beta, alpha)

    def addbmm(self, bias: Array, x: Array, y: Array, beta: complex, alpha: complex) -> Array:
        # The sum over the batch is one product too, of a wide matrix and a tall one.
        wide = x.swapaxes(0, 1).reshape(x.shape[1], -1)
        return _added(wide.dot(y.reshape(-1, y.shape[2])), bias, beta, alpha)


def _added(product: Array, bias: Array, beta: complex, alpha: complex) -> Array:
    """Add ``beta * bias`` to ``alpha * product``, in the memory of the product."""
    if alpha != 1:
        product *= alpha
    if beta == 1:
        product += bias
    elif beta != 0:
        product += bias * beta
    return product
