"""The kernels of neural networks: this package's families for the tables of core.

In the words of the array API standard for every table, and over them what NumPy does better.
"""

from __future__ import annotations

from plugrad.backends.array_api import ArrayApiKernels
from plugrad.backends.numpy import NumpyKernels
from plugrad.nn.kernels import array_api, numpy

ArrayApiKernels.add_families(*array_api.FAMILIES)
NumpyKernels.add_families(*numpy.FAMILIES)
