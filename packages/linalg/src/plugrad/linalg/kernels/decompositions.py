"""Kernels of matrix factorizations: LAPACK's, on the host.

The standard's `linalg` refuses a batch when one matrix fails, and has neither LU nor reflectors; a
backend with a library of its own overrides these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from plugrad.autograd.modes import mode
from plugrad.backends.array_api.arrays import ArrayKernels
from plugrad.linalg.kernels import lapack, ldl

__all__ = ["DecompositionKernels"]


def _on_host(function: Callable[..., Any], *columns: int) -> Any:
    """Return a kernel that runs a function of NumPy arrays.

    The results whose numbers are `columns` come back column by column, as LAPACK and so PyTorch
    leave them in memory.
    """

    def kernel(self: ArrayKernels, *args: Any) -> Any:
        host = [self.to_host(arg) if isinstance(arg, self.array_type) else arg for arg in args]
        results = function(*host)
        several = isinstance(results, tuple)
        arrays = tuple(
            self.from_host(lapack.by_columns(x) if i in columns else numpy.asarray(x))
            for i, x in enumerate(results if several else (results,))
        )
        return arrays if several else arrays[0]

    return kernel


class DecompositionKernels(ArrayKernels):
    """Kernels of matrix factorizations."""

    inv_ex = _on_host(lapack.inv_ex, 0)
    solve_ex = _on_host(lapack.solve_ex)
    solve_triangular = _on_host(lapack.solve_triangular, 0)
    lu_factor_ex = _on_host(lapack.lu_factor_ex, 0)
    lu_solve = _on_host(lapack.lu_solve)
    ldl_factor_ex = _on_host(ldl.ldl_factor_ex, 0)
    ldl_solve = _on_host(ldl.ldl_solve, 0)
    cholesky_ex = _on_host(lapack.cholesky_ex, 0)
    qr = _on_host(lapack.qr, 0, 1)
    geqrf = _on_host(lapack.geqrf, 0)
    householder_product = _on_host(lapack.reflect_columns, 0)
    ormqr = _on_host(lapack.apply_reflectors, 0)
    svd = _on_host(lapack.svd, 0, 2)
    svdvals = _on_host(lapack.singular_values)
    eigh = _on_host(lapack.eigh, 1)
    eig = _on_host(lapack.eig, 1)
    eigvals = _on_host(lapack.eigvals)
    det = _on_host(lapack.det)
    det_grad = _on_host(lapack.det_grad)
    slogdet = _on_host(lapack.slogdet)
    pinv = _on_host(lapack.pinv)
    matrix_rank = _on_host(lapack.matrix_rank)
    lstsq = _on_host(lapack.lstsq, 0)
    matrix_exp = _on_host(lapack.matrix_exp)

    def pivot_matrix(self, pivots: Any, like: Any) -> Any:
        order = lapack.pivot_matrix(self.to_host(pivots), like.shape[-2], numpy.float64)
        return self.cast(self.from_host(order), self.dtypes[like.dtype])

    def refuse_phase(self, x: Any, what: str) -> Any:
        if mode.arbitrary:
            return x
        host = self.to_host(x)
        if host.size and not numpy.allclose(host.imag, 0, atol=1e-2):
            raise RuntimeError(
                f"the gradient of {what} is not defined here: the vectors are known but for a "
                "phase, and the loss depends on it"
            )
        return x
