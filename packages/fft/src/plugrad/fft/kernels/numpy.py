"""Fourier transforms of NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy

from plugrad.backends.array_api.arrays import Dims
from plugrad.backends.numpy.arrays import Array
from plugrad.fft.kernels.array_api import SpectralKernels as Standard
from plugrad.fft.kernels.array_api import norm_of

__all__ = ["SpectralKernels"]


class SpectralKernels(Standard):
    """Fourier transforms, whose results lie in memory as PyTorch's do: transformed dims last.

    Along one dimension, NumPy's functions of one take less time than those of several.
    """

    def fft_c2c(self, x: Array, dims: Dims, scale: str, forward: bool) -> Any:
        if not dims:
            return x.copy()
        order = _order(x, _by_stride(x, dims))
        return _back(_c2c(_turned(x, order), len(dims), scale, forward), order)

    def fft_r2c(self, x: Array, dims: Dims, scale: str, onesided: bool) -> Any:
        order = _order(x, [*_by_stride(x, dims[:-1]), dims[-1]])
        turned, count, norm = _turned(x, order), len(dims), norm_of(scale, True)
        if not onesided:
            return _back(_c2c(turned, count, scale, True), order)
        if count == 1:
            return _back(numpy.fft.rfft(turned, None, -1, norm), order)  # type: ignore[arg-type]
        return _back(numpy.fft.rfftn(turned, None, range(-count, 0), norm), order)  # type: ignore[arg-type]

    def fft_c2r(self, x: Array, dims: Dims, scale: str, size: int) -> Any:
        if dims[:-1]:
            x = self.fft_c2c(x, dims[:-1], scale, False)
        order = _order(x, [dims[-1]])
        norm: Any = norm_of(scale, False)
        return _back(numpy.fft.irfft(_turned(x, order), size, -1, norm), order)

    def scale_paired(self, x: Array, dim: int, size: int, factor: float) -> Array:
        result = x.copy()
        result[(slice(None),) * dim + (slice(1, (size + 1) // 2),)] *= factor
        return result


def _c2c(x: Array, count: int, scale: str, forward: bool) -> Array:
    """Transform the last `count` dimensions."""
    norm: Any = norm_of(scale, forward)
    if count == 1:
        return (numpy.fft.fft if forward else numpy.fft.ifft)(x, None, -1, norm)
    return (numpy.fft.fftn if forward else numpy.fft.ifftn)(x, None, range(-count, 0), norm)


def _by_stride(x: Array, dims: Any) -> list[int]:
    return sorted(dims, key=lambda dim: -x.strides[dim])


def _order(x: Array, last: list[int]) -> list[int]:
    """Return the dimensions in the order in which the result has them in memory."""
    return [*_by_stride(x, [d for d in range(x.ndim) if d not in last]), *last]


def _turned(x: Array, order: list[int]) -> Array:
    # NumPy's results lie in memory as what they are made of.
    return numpy.ascontiguousarray(x.transpose(order))


def _back(x: Array, order: list[int]) -> Array:
    return x.transpose(sorted(range(len(order)), key=order.__getitem__))
