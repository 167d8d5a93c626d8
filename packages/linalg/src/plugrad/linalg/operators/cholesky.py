"""Cholesky factors, and what they solve."""

from __future__ import annotations

from typing import Any

from plugrad import return_types
from plugrad.operators.dimensions import apply, into
from plugrad.operators.squares import (
    diagonal_of,
    product,
    refuse_failures,
    refuse_misfit,
    require_matrices,
)
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import operators
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["cholesky", "cholesky_ex", "cholesky_inverse", "cholesky_solve", "linalg_cholesky"]

_NOT_POSITIVE = "the leading minor of order {} is not positive: the matrix is not positive definite"


def _factor_rule(k: Any, g: Any, factor: Any, upper: bool) -> Any:
    """Return the gradient of a matrix, Hermitian where that of the diagonal is real.

    Source: I. Murray, Differentiation of the Cholesky decomposition, 2016, eq. 10.
    """
    if upper:
        g, factor = k.conj_t(g), k.conj_t(factor)
    inner = k.matmul(k.conj_t(factor), g)
    inner = (k.tril(inner, 0) + k.conj_t(k.tril(inner, -1))) / 2
    half = k.solve_triangular(k.conj_t(factor), inner, True, True, False)
    return k.solve_triangular(factor, half, False, False, False)


_cholesky_ex = primitive(
    "cholesky_ex", "x; upper", outputs="L, info", node="LinalgCholeskyExBackward0",
    aten="aten::linalg_cholesky_ex",
    x=lambda k, g, L, upper: _factor_rule(k, g, L, upper),
)  # fmt: skip

# The same under its older name, which PyTorch's graph shows.
_cholesky = primitive(
    "cholesky", "x; upper", body=lambda k, x, upper: _checked(k, x, upper),
    x=lambda k, g, out, upper: _factor_rule(k, g, out, upper), out="casts",
)  # fmt: skip


def _checked(k: Any, x: Any, upper: bool) -> Any:
    return k.cholesky_ex(x, upper)[0]


def cholesky_ex(
    A: Any, *, upper: bool = False, check_errors: bool = False, out: Any = None
) -> Any:  # fmt: skip
    """Return Cholesky factors of positive definite matrices, and where that failed.

    Parameters
    ----------
    A : Tensor of shape (..., n, n)
        Hermitian; one triangle is read.
    upper : bool
        Whether to return, and read, the upper triangle.
    check_errors : bool
        Whether to raise where a matrix is not positive definite.
    out : tuple of Tensor, optional

    Returns
    -------
    L : Tensor of shape (..., n, n)
    info : Tensor of shape (...)
        0, or the order of the first leading minor that is not positive.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.cholesky_ex(plugrad.tensor([[4.0]])).L
    tensor([[2.]])
    """
    require_matrices("linalg.cholesky_ex", A, square=True)
    result = apply("cholesky_ex", (A,), (bool(upper),), out)
    if check_errors:
        refuse_failures("linalg.cholesky_ex", result[1], _NOT_POSITIVE)
    return return_types.linalg_cholesky_ex(result)


def linalg_cholesky(A: Any, *, upper: bool = False, out: Any = None) -> Any:
    """Return the Cholesky factors of positive definite matrices.

    Parameters
    ----------
    A : Tensor of shape (..., n, n)
        Hermitian; one triangle is read.
    upper : bool
        Whether to return, and read, the upper triangle.
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (..., n, n)

    Raises
    ------
    LinAlgError
        If a matrix is not positive definite.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.cholesky(plugrad.tensor([[4.0, 2.0], [2.0, 2.0]]))
    tensor([[2., 0.],
            [1., 1.]])
    """
    require_matrices("linalg.cholesky", A, square=True)
    result, info = _cholesky_ex(A, bool(upper))
    refuse_failures("linalg.cholesky", info, _NOT_POSITIVE)
    return into("linalg.cholesky", out, result, A)


@function()
def cholesky(input: Any, upper: bool = False, *, out: Any = None) -> Any:
    """Return the Cholesky factors of positive definite matrices: see `plugrad.linalg.cholesky`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.cholesky(plugrad.tensor([[4.0]]))
    tensor([[2.]])
    """
    require_matrices("cholesky", input, square=True)
    result = apply("cholesky", (input,), (bool(upper),), out)
    last = (len(input._array.shape) - 2,)  # of the diagonal
    lowest = k.amin(diagonal_of(k, k.real(result.detach())), last, False) if input.numel() else None
    if lowest is not None and lowest._table.to_host(lowest._array <= 0).any():
        info = operators["cholesky_ex"].call(input.detach(), bool(upper))[1]
        refuse_failures("cholesky", info, _NOT_POSITIVE)
    return result


_cholesky_inverse = primitive(
    "cholesky_inverse", "x; upper", out="casts",
    body=lambda k, x, upper: k.inv_ex(_gram(k, x, upper))[0],
    x=lambda k, g, x, out, upper: _inverse_rule(k, g, x, out, upper),
)  # fmt: skip


def _gram(k: Any, x: Any, upper: bool) -> Any:
    x = k.triu(x, 0) if upper else k.tril(x, 0)
    return k.matmul(k.conj_t(x), x) if upper else k.matmul(x, k.conj_t(x))


def _inverse_rule(k: Any, g: Any, x: Any, out: Any, upper: bool) -> Any:
    inner = product(k, out, g + k.conj_t(g), out)
    return -(k.matmul(x, inner) if upper else k.matmul(inner, x))


@function()
def cholesky_inverse(input: Any, upper: bool = False, *, out: Any = None) -> Any:
    """Return the inverse of matrices that are given by their Cholesky factors.

    Parameters
    ----------
    input : Tensor of shape (..., n, n)
    upper : bool
        Which triangle the factors are.
    out : Tensor, optional

    Examples
    --------
    >>> import plugrad
    >>> plugrad.cholesky_inverse(plugrad.tensor([[2.0]]))
    tensor([[0.2500]])
    """
    require_matrices("cholesky_inverse", input, square=True)
    return apply("cholesky_inverse", (input,), (bool(upper),), out)


def _both(k: Any, y: Any, x: Any, upper: bool) -> Any:
    x = k.conj_t(x) if upper else x
    half = k.solve_triangular(x, y, False, True, False)
    return k.solve_triangular(k.conj_t(x), half, True, True, False)


def _solve_rule(k: Any, g: Any, x: Any, out: Any, upper: bool) -> Any:
    inner = k.matmul(k.cholesky_solve(g, x, upper), k.conj_t(out))
    inner = inner + k.conj_t(inner)
    return -(k.matmul(x, inner) if upper else k.matmul(inner, x))


_cholesky_solve = primitive(
    "cholesky_solve", "y, x; upper", body=_both, out="casts",
    y=lambda k, g, x, upper: k.cholesky_solve(g, x, upper),
    x=_solve_rule,
)  # fmt: skip


@function()
def cholesky_solve(input: Any, L: Any, upper: bool = False, *, out: Any = None) -> Any:
    """Return the solution of systems whose matrices are given by their Cholesky factors.

    Parameters
    ----------
    input : Tensor of shape (..., n, m)
        The right-hand sides.
    L : Tensor of shape (..., n, n)
    upper : bool
        Which triangle the factors are.
    out : Tensor, optional

    Examples
    --------
    >>> import plugrad
    >>> plugrad.cholesky_solve(plugrad.ones(1, 1), plugrad.tensor([[2.0]]))
    tensor([[0.2500]])
    """
    require_matrices("cholesky_solve", L, square=True)
    require_matrices("cholesky_solve", input, L)
    refuse_misfit("cholesky_solve", L, input)
    return apply("cholesky_solve", (input, L), (bool(upper),), out)
