"""Kernels of matrix factorizations: LAPACK's, on the host.

The standard's `linalg` refuses a batch when one matrix fails, and has neither LU nor reflectors; a
backend with a library of its own overrides these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from plugrad.backends.array_api import lapack
from plugrad.backends.array_api.arrays import ArrayKernels

__all__ = ["DecompositionKernels"]


def _on_host(function: Callable[..., Any]) -> Any:
    """Return a kernel that runs a function of NumPy arrays."""

    def kernel(self: ArrayKernels, *args: Any) -> Any:
        host = [self.to_host(arg) if isinstance(arg, self.array_type) else arg for arg in args]
        results = function(*host)
        if isinstance(results, tuple):
            return tuple(self.from_host(numpy.asarray(result)) for result in results)
        return self.from_host(numpy.asarray(results))

    return kernel


class DecompositionKernels(ArrayKernels):
    """Kernels of matrix factorizations."""

    inv_ex = _on_host(lapack.inv_ex)
    solve_ex = _on_host(lapack.solve_ex)
    solve_triangular = _on_host(lapack.solve_triangular)
    lu_factor_ex = _on_host(lapack.lu_factor_ex)
    lu_solve = _on_host(lapack.lu_solve)
    cholesky_ex = _on_host(lapack.cholesky_ex)
    qr = _on_host(lapack.qr)
    geqrf = _on_host(lapack.geqrf)
    householder_product = _on_host(lapack.reflect_columns)
    ormqr = _on_host(lapack.apply_reflectors)
    svd = _on_host(lapack.svd)
    svdvals = _on_host(lapack.singular_values)
    eigh = _on_host(lapack.eigh)
    eig = _on_host(lapack.eig)
    eigvals = _on_host(lapack.eigvals)
    det = _on_host(lapack.det)
    det_grad = _on_host(lapack.det_grad)
    slogdet = _on_host(lapack.slogdet)
    pinv = _on_host(lapack.pinv)
    matrix_rank = _on_host(lapack.matrix_rank)
    lstsq = _on_host(lapack.lstsq)
    matrix_exp = _on_host(lapack.matrix_exp)

    def pivot_matrix(self, pivots: Any, like: Any) -> Any:
        order = lapack.pivot_matrix(self.to_host(pivots), like.shape[-2], numpy.float64)
        return self.cast(self.from_host(order), self.dtypes[like.dtype])

    def refuse_phase(self, x: Any, what: str) -> Any:
        host = self.to_host(x)
        if host.size and not numpy.allclose(host.imag, 0, atol=1e-2):
            raise RuntimeError(
                f"the gradient of {what} is not defined here: the vectors are known but for a "
                "phase, and the loss depends on it"
            )
        return x
