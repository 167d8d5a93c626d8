"""Fourier transforms of NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy

from plugrad.backends.array_api.arrays import Dims
from plugrad.backends.array_api.spectral import SpectralKernels as Standard
from plugrad.backends.array_api.spectral import norm_of
from plugrad.backends.numpy.arrays import Array

__all__ = ["SpectralKernels"]


class SpectralKernels(Standard):
    """Fourier transforms: along one dimension, NumPy's functions of one take less time."""

    def fft_c2c(self, x: Array, dims: Dims, scale: str, forward: bool) -> Any:
        if len(dims) != 1:
            return super().fft_c2c(x, dims, scale, forward)
        function = numpy.fft.fft if forward else numpy.fft.ifft
        return function(x, None, dims[0], norm_of(scale, forward))  # type: ignore[arg-type]

    def fft_r2c(self, x: Array, dims: Dims, scale: str, onesided: bool) -> Any:
        if len(dims) != 1:
            return super().fft_r2c(x, dims, scale, onesided)
        function = numpy.fft.rfft if onesided else numpy.fft.fft
        return function(x, None, dims[0], norm_of(scale, True))  # type: ignore[arg-type]

    def fft_c2r(self, x: Array, dims: Dims, scale: str, size: int) -> Any:
        if len(dims) != 1:
            return super().fft_c2r(x, dims, scale, size)
        return numpy.fft.irfft(x, size, dims[0], norm_of(scale, False))  # type: ignore[arg-type]

    def scale_paired(self, x: Array, dim: int, size: int, factor: float) -> Array:
        result = x.copy()
        result[(slice(None),) * dim + (slice(1, (size + 1) // 2),)] *= factor
        return result
