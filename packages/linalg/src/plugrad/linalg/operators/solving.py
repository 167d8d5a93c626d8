"""Inverses, and systems of linear equations."""

from __future__ import annotations

from typing import Any

from plugrad import return_types
from plugrad.operators.dimensions import apply, into
from plugrad.operators.squares import (
    as_columns,
    refuse_failures,
    refuse_misfit,
    require_matrices,
)
from plugrad.shapes import broadcast_shapes
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import tensor_table as k

__all__ = [
    "inv",
    "inv_ex",
    "inverse",
    "solve",
    "solve_ex",
    "solve_triangular",
    "triangular_solve",
]

SINGULAR = "the pivot of row {} is zero: the matrix is singular"

_inv_ex = primitive(
    "inv_ex", "x", outputs="inverse, info", node="LinalgInvExBackward0",
    aten="aten::linalg_inv_ex",
    x=lambda k, g, inverse: -k.matmul(k.conj_t(inverse), k.matmul(g, k.conj_t(inverse))),
)  # fmt: skip


def _solve_y(k: Any, g: Any, x: Any, left: bool, vector: bool) -> Any:
    return k.solve_ex(k.conj_t(x), g, left, vector)[0]


def _solve_x(k: Any, g: Any, x: Any, result: Any, left: bool, vector: bool) -> Any:
    g = _solve_y(k, g, x, left, vector)
    if vector:
        g, result = as_columns(k, g), as_columns(k, result)
    return -(k.matmul(g, k.conj_t(result)) if left else k.matmul(k.conj_t(result), g))


_solve_ex = primitive(
    "solve_ex", "x, y; left, vector", outputs="result, info", node="LinalgSolveExBackward0",
    aten="aten::linalg_solve_ex", x=_solve_x, y=_solve_y,
)  # fmt: skip


def _triangular_y(
    k: Any, g: Any, x: Any, upper: bool, left: bool, unitriangular: bool
) -> Any:  # fmt: skip
    return k.solve_triangular(k.conj_t(x), g, not upper, left, unitriangular)


def _triangular_x(
    k: Any, g: Any, x: Any, out: Any, upper: bool, left: bool, unitriangular: bool
) -> Any:
    g = _triangular_y(k, g, x, upper, left, unitriangular)
    g = -(k.matmul(g, k.conj_t(out)) if left else k.matmul(k.conj_t(out), g))
    return k.triu(g, int(unitriangular)) if upper else k.tril(g, -int(unitriangular))


_solve_triangular = primitive(
    "solve_triangular", "x, y; upper, left, unitriangular",
    node="LinalgSolveTriangularBackward0", aten="aten::linalg_solve_triangular",
    x=_triangular_x, y=_triangular_y,
)  # fmt: skip

# PyTorch's older form, which also returns the matrix.
_triangular_solve = primitive(
    "triangular_solve", "y, x; upper, transpose, unitriangular", outputs="solution, matrix",
    body=lambda k, y, x, upper, transpose, unitriangular: (
        k.solve_triangular(
            k.transpose(x, -2, -1) if transpose else x, y, upper != transpose, True, unitriangular
        ),
        k.transpose(k.clone_contiguous(k.transpose(x, -2, -1)), -2, -1),
    ),
    joint=lambda k, g_solution, g_matrix, x, solution, upper, transpose, unitriangular: (
        _older_rule(k, g_solution, g_matrix, x, solution, upper, transpose, unitriangular)
    ),
)  # fmt: skip


def _older_rule(
    k: Any, g: Any, g_matrix: Any, x: Any, solution: Any, upper: bool, transpose: bool, unit: bool
) -> tuple[Any, Any]:
    turned = k.transpose(x, -2, -1) if transpose else x
    gx = _triangular_x(k, g, turned, solution, upper != transpose, True, unit)
    gx = k.transpose(gx, -2, -1) if transpose else gx
    return _triangular_y(k, g, turned, upper != transpose, True, unit), gx + g_matrix


# ------------------------------------------------------------------------------------- inverses


def inv_ex(A: Any, *, check_errors: bool = False, out: Any = None) -> Any:
    """Return the inverse of square matrices, and where it failed.

    Parameters
    ----------
    A : Tensor of shape (..., n, n)
    check_errors : bool
        Whether to raise where one is singular.
    out : tuple of Tensor, optional

    Returns
    -------
    inverse : Tensor of shape (..., n, n)
    info : Tensor of shape (...)
        0, or the number, from 1, of a pivot that is zero.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.inv_ex(plugrad.tensor([[2.0]])).inverse
    tensor([[0.5000]])
    """
    require_matrices("linalg.inv_ex", A, square=True)
    result = apply("inv_ex", (A,), (), out)
    if check_errors:
        refuse_failures("linalg.inv_ex", result[1], SINGULAR)
    return return_types.linalg_inv_ex(result)


def _inverse(name: str, x: Any, out: Any) -> Any:
    require_matrices(name, x, square=True)
    result, info = _inv_ex(x)
    refuse_failures(name, info, SINGULAR)
    if out is None:
        return result
    return into(name, out, result, x)


def inv(A: Any, *, out: Any = None) -> Any:
    """Return the inverse of square matrices.

    Parameters
    ----------
    A : Tensor of shape (..., n, n)
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (..., n, n)

    Raises
    ------
    LinAlgError
        If a matrix is singular.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.inv(plugrad.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return _inverse("linalg.inv", A, out)


@function()
def inverse(input: Any, *, out: Any = None) -> Any:
    """Return the inverse of square matrices: see `plugrad.linalg.inv`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.inverse(plugrad.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return _inverse("inverse", input, out)


# -------------------------------------------------------------------------------------- systems


def _solved(name: str, A: Any, B: Any, left: bool, out: Any) -> Any:
    require_matrices(name, A, square=True)
    vector = False
    if hasattr(B, "_array"):
        one, two = A._array.shape, B._array.shape
        vector = len(two) == 1 or (len(one) - 1 == len(two) and two == one[:-1])
    if vector:
        if not left:
            raise RuntimeError(f"{name}(): vectors are solved for with left=True alone")
        require_matrices(name, A, k.unsqueeze(B, len(two)))
        if one[-1] != two[-1]:
            raise RuntimeError(f"{name}(): shapes {list(one)} and {list(two)} do not fit")
        broadcast_shapes(one[:-1], two)
    else:
        require_matrices(name, A, B)
        refuse_misfit(name, A, B, left)
    return apply("solve_ex", (A, B), (bool(left), vector), out)


def solve_ex(
    A: Any, B: Any, *, left: bool = True, check_errors: bool = False, out: Any = None
) -> Any:
    """Return the solution of square systems, and where it failed.

    Parameters
    ----------
    A : Tensor of shape (..., n, n)
    B : Tensor of shape (..., n, m) or (..., n)
    left : bool
        Whether to solve ``A @ X = B``, or ``X @ A = B``.
    check_errors : bool
        Whether to raise where a matrix is singular.
    out : tuple of Tensor, optional

    Returns
    -------
    result : Tensor
    info : Tensor
        0, or the number, from 1, of a pivot that is zero.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.solve_ex(plugrad.tensor([[2.0]]), plugrad.tensor([4.0])).result
    tensor([2.])
    """
    result = _solved("linalg.solve_ex", A, B, left, out)
    if check_errors:
        refuse_failures("linalg.solve_ex", result[1], SINGULAR)
    return return_types.linalg_solve_ex(result)


def solve(A: Any, B: Any, *, left: bool = True, out: Any = None) -> Any:
    """Return the solution of square systems of linear equations.

    Parameters
    ----------
    A : Tensor of shape (..., n, n)
    B : Tensor of shape (..., n, m) or (..., n)
    left : bool
        Whether to solve ``A @ X = B``, or ``X @ A = B``.
    out : Tensor, optional

    Returns
    -------
    Tensor

    Raises
    ------
    LinAlgError
        If a matrix is singular.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.solve(plugrad.tensor([[2.0]]), plugrad.tensor([4.0]))
    tensor([2.])
    """
    result, info = _solved("linalg.solve", A, B, left, None)
    refuse_failures("linalg.solve", info, SINGULAR)
    return into("linalg.solve", out, result, A, B)


def _broadcast(A: Any, B: Any) -> tuple[Any, Any]:
    """Expand two batches of matrices to one, as PyTorch does before it solves."""
    one, two = A._array.shape, B._array.shape
    batch = tuple(broadcast_shapes(one[:-2], two[:-2]))
    A = A if one[:-2] == batch else k.expand(A, (*batch, *one[-2:]))
    return A, B if two[:-2] == batch else k.expand(B, (*batch, *two[-2:]))


def solve_triangular(
    A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False, out: Any = None
) -> Any:
    """Return the solution of triangular systems; infinite where the diagonal has a zero.

    Parameters
    ----------
    A : Tensor of shape (..., n, n)
        Of which only one triangle is read.
    B : Tensor of shape (..., n, m)
    upper : bool
        Which one.
    left : bool
        Whether to solve ``A @ X = B``, or ``X @ A = B``.
    unitriangular : bool
        Whether to take the diagonal for ones.
    out : Tensor, optional

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> A = plugrad.tensor([[2.0, 0.0], [1.0, 1.0]])
    >>> plugrad.linalg.solve_triangular(A, plugrad.ones(2, 1), upper=False)
    tensor([[0.5000],
            [0.5000]])
    """
    require_matrices("linalg.solve_triangular", A, square=True)
    require_matrices("linalg.solve_triangular", A, B)
    refuse_misfit("linalg.solve_triangular", A, B, left)
    params = (bool(upper), bool(left), bool(unitriangular))
    return apply("solve_triangular", (A, B), params, out)


@function()
def triangular_solve(
    input: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False,
    *, out: Any = None,
) -> Any:  # fmt: skip
    """Return the solution of triangular systems, and the matrices: see `linalg.solve_triangular`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.triangular_solve(plugrad.ones(1, 1), plugrad.tensor([[2.0]])).solution
    tensor([[0.5000]])
    """
    require_matrices("triangular_solve", A, square=True)
    require_matrices("triangular_solve", input, A)
    refuse_misfit("triangular_solve", A, input)
    A, input = _broadcast(A, input)
    params = (bool(upper), bool(transpose), bool(unitriangular))
    return return_types.triangular_solve(apply("triangular_solve", (input, A), params, out))
