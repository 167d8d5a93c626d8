"""Decompositions of low rank by random projections."""

from __future__ import annotations

from typing import Any

from plugrad.linalg.operators.decompositions import linalg_qr, linalg_svd
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.registry import functions

__all__ = ["pca_lowrank", "svd_lowrank"]


def _range(A: Any, q: int, niter: int) -> Any:
    """Return an orthonormal basis that spans nearly what A does.

    Source: N. Halko et al., Finding structure with randomness, 2009, algorithm 4.4.
    """
    draw = functions["randn"](A.shape[-1], q, dtype=A.dtype, device=A.device)
    basis = linalg_qr(A @ draw)[0]
    for _ in range(niter):
        basis = linalg_qr(A.mH @ basis)[0]
        basis = linalg_qr(A @ basis)[0]
    return basis


@function("function")
def svd_lowrank(A: Any, q: int | None = 6, niter: int | None = 2, M: Any = None) -> Any:
    """Return an approximate singular value decomposition by random projections.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
    q : int
        How many singular values.
    niter : int
        How many times to sharpen the projection.
    M : Tensor, optional
        What to subtract from A.

    Returns
    -------
    U, S, V : Tensor

    Examples
    --------
    >>> import plugrad
    >>> U, S, V = plugrad.svd_lowrank(plugrad.eye(3), 2)
    >>> U.shape, S.shape, V.shape
    (plugrad.Size([3, 2]), plugrad.Size([2]), plugrad.Size([3, 2]))
    """
    q, niter = 6 if q is None else q, 2 if niter is None else niter
    A = A if M is None else A - M.expand(A.shape)
    turned = A.shape[-2] < A.shape[-1]
    A = A.mH if turned else A
    basis = _range(A, q, niter)
    u, s, vh = linalg_svd(basis.mH @ A, full_matrices=False)
    u = basis @ u
    return (vh.mH, s, u) if turned else (u, s, vh.mH)


@function("function")
def pca_lowrank(A: Any, q: int | None = None, center: bool = True, niter: int = 2) -> Any:
    """Return principal components: `svd_lowrank` of the centred rows.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
        Observations in the rows.
    q : int, optional
        How many components, by default six at most.
    center : bool
    niter : int

    Examples
    --------
    >>> import plugrad
    >>> plugrad.pca_lowrank(plugrad.eye(3), 2)[1].shape
    plugrad.Size([2])
    """
    rows, columns = A.shape[-2:]
    q = min(6, rows, columns) if q is None else q
    if not 0 <= q <= min(rows, columns):
        raise ValueError(f"pca_lowrank(): q lies between 0 and {min(rows, columns)}, but is {q}")
    if niter < 0:
        raise ValueError(f"pca_lowrank(): niter must not be negative, but is {niter}")
    return svd_lowrank(A - A.mean(-2, keepdim=True) if center else A, q, niter)
