"""Decompositions ``L D L^T`` of symmetric matrices, and what they solve."""

from __future__ import annotations

from typing import Any

from plugrad import return_types
from plugrad.operators.dimensions import apply, require_tensor
from plugrad.operators.operands import undifferentiable
from plugrad.operators.squares import refuse_failures, require_matrices
from plugrad.vocabulary.forms import primitive
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["ldl_factor", "ldl_factor_ex", "ldl_solve"]

_SINGULAR = "the block of D that begins in row {} is zero: D has no inverse"

_ldl_factor_ex = primitive(
    "ldl_factor_ex", "x; hermitian", outputs="LD, pivots, info", node="NotImplemented",
    aten="aten::linalg_ldl_factor_ex", x=undifferentiable("linalg.ldl_factor"),
)  # fmt: skip
primitive(
    "ldl_solve", "ld, pivots, y; hermitian", node="NotImplemented", aten="aten::linalg_ldl_solve",
    ld=undifferentiable("linalg.ldl_solve"), y=undifferentiable("linalg.ldl_solve"),
)  # fmt: skip


def ldl_factor_ex(
    A: Any, *, hermitian: bool = False, check_errors: bool = False, out: Any = None
) -> Any:
    """Return L and D of ``A = L @ D @ L.T`` in one matrix, the pivots, and where D is singular.

    Parameters
    ----------
    A : Tensor of shape (..., n, n)
        Symmetric or, if `hermitian`, Hermitian; only its lower half counts.
    hermitian : bool
    check_errors : bool
        Whether to raise where D is singular.
    out : tuple of Tensor, optional

    Returns
    -------
    LD : Tensor of shape (..., n, n)
    pivots : Tensor of shape (..., n)
        LAPACK's.
    info : Tensor of shape (...)

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.ldl_factor_ex(plugrad.tensor([[0.0, 1.0], [1.0, 0.0]])).pivots
    tensor([-2, -2], dtype=plugrad.int32)
    """
    name = "linalg.ldl_factor_ex"
    require_matrices(name, A, square=True)
    result = apply("ldl_factor_ex", (A,), (bool(hermitian),), out)
    if check_errors:
        refuse_failures(name, result[2], _SINGULAR, RuntimeError)
    return return_types.linalg_ldl_factor_ex(result)


def ldl_factor(A: Any, *, hermitian: bool = False, out: Any = None) -> Any:
    """Return L and D in one matrix, and the pivots: see `ldl_factor_ex`.

    Raises
    ------
    RuntimeError
        If D is singular.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.ldl_factor(plugrad.tensor([[4.0, 2.0], [2.0, 3.0]])).LD
    tensor([[4.0000, 0.0000],
            [0.5000, 2.0000]])
    """
    name = "linalg.ldl_factor"
    require_matrices(name, A, square=True)
    result = _ldl_factor_ex(A, bool(hermitian))
    refuse_failures(name, result[2], _SINGULAR, RuntimeError)
    if out is not None:
        spare = k.zeros_like(result[2])
        result = apply("ldl_factor_ex", (A,), (bool(hermitian),), (*out, spare))
    return return_types.linalg_ldl_factor(result[:2])


def ldl_solve(LD: Any, pivots: Any, B: Any, *, hermitian: bool = False, out: Any = None) -> Any:
    """Return the solution of ``A @ X = B``, for a matrix that `ldl_factor` has factored.

    Parameters
    ----------
    LD, pivots : Tensor
        What `ldl_factor` returned.
    B : Tensor of shape (..., n, p)
    hermitian : bool
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (..., n, p)

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> factors = plugrad.linalg.ldl_factor(plugrad.tensor([[0.0, 2.0], [2.0, 0.0]]))
    >>> plugrad.linalg.ldl_solve(*factors, plugrad.tensor([[2.0], [4.0]]))
    tensor([[2.],
            [1.]])
    """
    name = "linalg.ldl_solve"
    require_matrices(name, LD, square=True)
    require_tensor(name, pivots, "pivots")
    require_matrices(name, B)
    if pivots.shape != LD.shape[:-1] or B.shape[-2] != LD.shape[-1]:
        raise RuntimeError(
            f"{name}(): LD of shape {list(LD.shape)} needs pivots of shape {list(LD.shape[:-1])} "
            f"and as many rows of B, not {list(pivots.shape)} and {list(B.shape)}"
        )
    if pivots.is_floating_point() or pivots.is_complex() or B.dtype is not LD.dtype:
        raise RuntimeError(
            f"{name}(): pivots must be integers and B of {LD.dtype}, not {pivots.dtype} and "
            f"{B.dtype}"
        )
    return apply("ldl_solve", (LD, pivots, B), (bool(hermitian),), out)
