"""The kernels of linear algebra: one family, LAPACK's on the host, for every table."""

from __future__ import annotations

from plugrad.backends.array_api import ArrayApiKernels
from plugrad.linalg.kernels.decompositions import DecompositionKernels

ArrayApiKernels.add_families(DecompositionKernels)
