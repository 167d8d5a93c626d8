"""LU decompositions with partial pivoting, and what they solve."""

from __future__ import annotations

from typing import Any

from plugrad import dtypes, return_types
from plugrad.operators.dimensions import apply, require_tensor
from plugrad.operators.squares import (
    columns_of,
    refuse_failures,
    refuse_misfit,
    require_matrices,
    rows_of,
)
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import tensor_table as k

__all__ = [
    "linalg_lu",
    "linalg_lu_solve",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "lu_unpack",
]

_SINGULAR = "the pivot of row {} is zero: U is singular, and cannot be divided by"


def _upper(k: Any, u: Any, y: Any) -> Any:
    """Return ``y @ u^-H``."""
    return k.solve_triangular(k.conj_t(u), y, False, False, False)


def _factors_rule(k: Any, g_l: Any, g_u: Any, p: Any, l: Any, u: Any) -> Any:  # noqa: E741
    """Return the gradient of a matrix by those of its factors.

    What is beyond the square follows from it: ``L2 = A2 U^-1`` and ``U2 = L^-1 A2``.
    """
    rows, columns = l.shape[-2], u.shape[-1]
    size = min(rows, columns)
    l1, u1 = rows_of(k, l, 0, size), columns_of(k, u, 0, size)
    gl1, gu1 = rows_of(k, g_l, 0, size), columns_of(k, g_u, 0, size)
    inner = k.conj_t(l1)
    beyond = None
    if rows > size:
        beyond = _upper(k, u1, rows_of(k, g_l, size, rows))
        gu1 = gu1 - k.matmul(k.conj_t(rows_of(k, l, size, rows)), beyond)
    elif columns > size:
        beyond = k.solve_triangular(inner, columns_of(k, g_u, size, columns), True, True, True)
        gl1 = gl1 - k.matmul(beyond, k.conj_t(columns_of(k, u, size, columns)))
    core = k.tril(k.matmul(inner, gl1), -1) + k.triu(k.matmul(gu1, k.conj_t(u1)), 0)
    core = _upper(k, u1, k.solve_triangular(inner, core, True, True, True))
    if beyond is not None:
        core = k.cat([core, beyond], len(core.shape) - (2 if rows > size else 1))
    return k.matmul(p, core)


_lu = primitive(
    "lu", "x", outputs="P, L, U", node="LinalgLuBackward0", aten="aten::linalg_lu",
    body=lambda k, x: _unpacked(k, *k.lu_factor_ex(x)[:2]),
    x=lambda k, g_L, g_U, P, L, U: _factors_rule(k, g_L, g_U, P, L, U),
)  # fmt: skip


def _unpacked(k: Any, lu: Any, pivots: Any) -> tuple[Any, Any, Any]:
    return (k.pivot_matrix(pivots, lu), *_triangles(k, lu))


def _triangles(k: Any, lu: Any) -> tuple[Any, Any]:
    size = min(lu.shape[-2:])
    low = k.tril(columns_of(k, lu, 0, size), -1)
    return low + k.identity_like(low), k.triu(rows_of(k, lu, 0, size), 0)


def _packed_rule(k: Any, g: Any, LU: Any, pivots: Any) -> Any:
    size = min(LU.shape[-2:])
    g_l, g_u = k.tril(columns_of(k, g, 0, size), -1), k.triu(rows_of(k, g, 0, size), 0)
    return _factors_rule(k, g_l, g_u, *_unpacked(k, LU, pivots))


_lu_factor_ex = primitive(
    "lu_factor_ex", "x", outputs="LU, pivots, info", node="LinalgLuFactorExBackward0",
    aten="aten::linalg_lu_factor_ex", x=_packed_rule,
)  # fmt: skip

# The permutation in a matrix of the dtype of `like`, from which it takes nothing else.
primitive("pivot_matrix", "pivots, like", aten="aten::lu_unpack")


def _unpack_rule(k: Any, g_L: Any, g_U: Any, lu_shape: Any) -> Any:
    rows, columns = lu_shape[-2:]
    low, high = k.tril(g_L, -1), k.triu(g_U, 0)
    last = len(lu_shape) - 1
    if columns > rows:
        rest = k.new_zeros(low, (*lu_shape[:-1], columns - rows))
        low = k.cat([low, rest], last)
    elif rows > columns:
        rest = k.new_zeros(high, (*lu_shape[:-2], rows - columns, columns))
        high = k.cat([high, rest], last - 1)
    return low + high


_lu_unpack = primitive(
    "lu_unpack", "lu, pivots", outputs="P, L, U", differentiable="lu",
    body=lambda k, lu, pivots: _unpacked(k, lu, pivots), lu=_unpack_rule,
)  # fmt: skip


def _lu_solve_y(k: Any, g: Any, lu: Any, pivots: Any, left: bool, adjoint: bool) -> Any:
    return k.lu_solve(lu, pivots, g, left, not adjoint)


def _lu_solve_lu(k: Any, g: Any, lu: Any, pivots: Any, out: Any, left: bool, adjoint: bool) -> Any:
    g = _lu_solve_y(k, g, lu, pivots, left, adjoint)
    one, two = (g, out) if left != adjoint else (out, g)
    g = -(k.matmul(one, k.conj_t(two)) if left else k.matmul(k.conj_t(one), two))
    p, low, high = _unpacked(k, lu, pivots)
    g = k.matmul(k.transpose(p, -2, -1), g)
    return k.tril(k.matmul(g, k.conj_t(high)), -1) + k.triu(k.matmul(k.conj_t(low), g), 0)


_lu_solve = primitive(
    "lu_solve", "lu, pivots, y; left, adjoint", node="LinalgLuSolveBackward0",
    aten="aten::linalg_lu_solve", lu=_lu_solve_lu, y=_lu_solve_y,
)  # fmt: skip


def _require_pivot(name: str, pivot: bool) -> None:
    if not pivot:
        raise RuntimeError(f"{name}(): rows are always exchanged here; leave pivot=True")


def linalg_lu(A: Any, *, pivot: bool = True, out: Any = None) -> Any:
    """Return the factors of ``A = P @ L @ U``.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
    pivot : bool
        Only True.
    out : tuple of Tensor, optional

    Returns
    -------
    P : Tensor of shape (..., m, m)
        A permutation.
    L : Tensor of shape (..., m, k)
        With ones on its diagonal.
    U : Tensor of shape (..., k, n)

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.lu(plugrad.tensor([[0.0, 1.0], [2.0, 0.0]])).U
    tensor([[2., 0.],
            [0., 1.]])
    """
    require_matrices("linalg.lu", A)
    _require_pivot("linalg.lu", pivot)
    p, *factors = apply("lu", (A,), (), out)
    return return_types.linalg_lu((p if out is not None else p.detach(), *factors))


def lu_factor_ex(
    A: Any, *, pivot: bool = True, check_errors: bool = False, out: Any = None
) -> Any:  # fmt: skip
    """Return L and U in one matrix, the exchanges of rows, and where a pivot is zero.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
    pivot : bool
        Only True.
    check_errors : bool
        Whether to raise where a pivot is zero.
    out : tuple of Tensor, optional

    Returns
    -------
    LU : Tensor of shape (..., m, n)
    pivots : Tensor of shape (..., k)
        The row, from 1, that each was exchanged for.
    info : Tensor of shape (...)

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.lu_factor_ex(plugrad.tensor([[0.0, 1.0], [2.0, 0.0]])).pivots
    tensor([2, 2], dtype=plugrad.int32)
    """
    require_matrices("linalg.lu_factor_ex", A)
    _require_pivot("linalg.lu_factor_ex", pivot)
    result = apply("lu_factor_ex", (A,), (), out)
    if check_errors:
        refuse_failures("linalg.lu_factor_ex", result[2], _SINGULAR)
    return return_types.linalg_lu_factor_ex(result)


def lu_factor(A: Any, *, pivot: bool = True, out: Any = None) -> Any:
    """Return L and U in one matrix, and the exchanges of rows.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
    pivot : bool
        Only True.
    out : tuple of Tensor, optional

    Returns
    -------
    LU : Tensor of shape (..., m, n)
    pivots : Tensor of shape (..., k)
        The row, from 1, that each was exchanged for.

    Raises
    ------
    RuntimeError
        If a pivot is zero.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.lu_factor(plugrad.tensor([[0.0, 1.0], [2.0, 0.0]])).pivots
    tensor([2, 2], dtype=plugrad.int32)
    """
    require_matrices("linalg.lu_factor", A)
    _require_pivot("linalg.lu_factor", pivot)
    result = _lu_factor_ex(A)
    refuse_failures("linalg.lu_factor", result[2], _SINGULAR, RuntimeError)
    if out is not None:
        result = apply("lu_factor_ex", (A,), (), (*out, k.zeros_like(result[2])))
    return return_types.linalg_lu_factor(result[:2])


@function()
def lu(
    input: Any, pivot: bool = True, get_infos: bool = False, out: Any = None
) -> Any:  # fmt: skip
    """Return L and U in one matrix, and the exchanges of rows: see `plugrad.linalg.lu_factor`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.lu(plugrad.tensor([[2.0, 1.0], [1.0, 3.0]]))
    (tensor([[2.0000, 1.0000],
            [0.5000, 2.5000]]), tensor([1, 2], dtype=plugrad.int32))
    """
    require_matrices("lu", input)
    _require_pivot("lu", pivot)
    result = tuple(_lu_factor_ex(input))
    if not get_infos:
        refuse_failures("lu", result[2], _SINGULAR)
        result = result[:2]
    if out is not None:
        # Unlike elsewhere, of any dtype: PyTorch copies into them, too.
        for target, value in zip(out, result, strict=True):
            target.resize_(value.shape).copy_(value)
        result = tuple(out)
    return return_types.linalg_lu_factor_ex(result) if get_infos else result


@function("function")
def lu_unpack(
    LU_data: Any, LU_pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True, *,
    out: Any = None,
) -> Any:  # fmt: skip
    """Return P, L and U of what `plugrad.linalg.lu_factor` returned.

    Parameters
    ----------
    LU_data : Tensor of shape (..., m, n)
    LU_pivots : Tensor of shape (..., k)
        Of int32.
    unpack_data, unpack_pivots : bool
        Whether to return L and U, and P; else they have no elements.
    out : tuple of Tensor, optional

    Examples
    --------
    >>> import plugrad
    >>> factors = plugrad.linalg.lu_factor(plugrad.tensor([[0.0, 1.0], [2.0, 0.0]]))
    >>> plugrad.lu_unpack(*factors).P
    tensor([[0., 1.],
            [1., 0.]])
    """
    require_matrices("lu_unpack", LU_data)
    require_tensor("lu_unpack", LU_pivots, "LU_pivots")
    if unpack_pivots and LU_pivots._dtype is not dtypes.int32:
        raise RuntimeError(f"lu_unpack(): pivots are of int32, not {LU_pivots._dtype}")
    if unpack_data and unpack_pivots:
        p, *factors = apply("lu_unpack", (LU_data, LU_pivots), (), out)
        return return_types.lu_unpack((p if out is not None else p.detach(), *factors))
    empty = k.new_zeros(LU_data.detach(), (0,))
    if unpack_data:
        result = _lu_unpack(LU_data, _no_exchange(LU_data))
        return return_types.lu_unpack((empty, *result[1:]))
    first = k.pivot_matrix(LU_pivots, LU_data.detach()) if unpack_pivots else empty
    return return_types.lu_unpack((first, k.clone(empty), k.clone(empty)))


def _no_exchange(x: Any) -> Any:
    return _lu_factor_ex(k.zeros_like(x.detach()))[1]


def linalg_lu_solve(
    LU: Any, pivots: Any, B: Any, *, left: bool = True, adjoint: bool = False, out: Any = None
) -> Any:
    """Return the solution of systems whose matrices `lu_factor` factored.

    Parameters
    ----------
    LU : Tensor of shape (..., n, n)
    pivots : Tensor of shape (..., n)
        Of int32.
    B : Tensor of shape (..., n, m)
    left : bool
        Whether to solve ``A @ X = B``, or ``X @ A = B``.
    adjoint : bool
        Whether to solve with the adjoint of A.
    out : Tensor, optional

    Examples
    --------
    >>> import plugrad
    >>> factors = plugrad.linalg.lu_factor(plugrad.tensor([[0.0, 1.0], [2.0, 0.0]]))
    >>> plugrad.linalg.lu_solve(*factors, plugrad.ones(2, 1))
    tensor([[0.5000],
            [1.0000]])
    """
    require_matrices("linalg.lu_solve", LU, square=True)
    require_matrices("linalg.lu_solve", LU, B)
    refuse_misfit("linalg.lu_solve", LU, B, left)
    require_tensor("linalg.lu_solve", pivots, "pivots")
    if pivots._dtype is not dtypes.int32:
        raise RuntimeError(f"linalg.lu_solve(): pivots are of int32, not {pivots._dtype}")
    if pivots._array.shape != LU._array.shape[:-1]:
        raise RuntimeError(
            f"linalg.lu_solve(): pivots of shape {list(pivots._array.shape)} do not fit LU of "
            f"shape {list(LU._array.shape)}"
        )
    return apply("lu_solve", (LU, pivots, B), (bool(left), bool(adjoint)), out)


@function()
def lu_solve(input: Any, LU_data: Any, LU_pivots: Any, *, out: Any = None) -> Any:
    """Return the solution of factored systems: see `plugrad.linalg.lu_solve`.

    Examples
    --------
    >>> import plugrad
    >>> factored = plugrad.lu(plugrad.tensor([[2.0, 0.0], [0.0, 4.0]]))
    >>> plugrad.lu_solve(plugrad.tensor([[2.0], [2.0]]), *factored)
    tensor([[1.0000],
            [0.5000]])
    """
    return linalg_lu_solve(LU_data, LU_pivots, input, out=out)
