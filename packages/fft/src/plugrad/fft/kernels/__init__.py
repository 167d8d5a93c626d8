"""The kernels of Fourier transforms: a family for every table, and what NumPy does better."""

from __future__ import annotations

from plugrad.backends.array_api import ArrayApiKernels
from plugrad.backends.numpy import NumpyKernels
from plugrad.fft.kernels import array_api, numpy

ArrayApiKernels.add_families(array_api.SpectralKernels)
NumpyKernels.add_families(numpy.SpectralKernels)
