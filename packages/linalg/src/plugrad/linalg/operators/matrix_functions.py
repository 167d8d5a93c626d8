"""Exponentials, and functions of tensors that are taken for matrices or vectors."""

from __future__ import annotations

import math
from typing import Any

from plugrad import dtypes
from plugrad.linalg.operators.solving import inv, solve
from plugrad.operators.dimensions import into, require_tensor
from plugrad.operators.squares import columns_of, require_matrices, rows_of
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import functions
from plugrad.vocabulary.registry import tensor_table as k

__all__ = [
    "diagonal",
    "matrix_exp",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
]

# -------------------------------------------------------------------------------- exponentials


def _exp_rule(k: Any, g: Any, x: Any) -> Any:
    """Read the gradient off the exponential of a block matrix.

    Source: N. Higham, Functions of Matrices, 2008, theorem 3.6.
    """
    size, ndim = x.shape[-1], len(x.shape)
    adjoint = k.conj_t(x)
    above = k.cat([adjoint, g], ndim - 1)
    below = k.cat([k.zeros_like(adjoint), adjoint], ndim - 1)
    both = k.matrix_exp(k.cat([above, below], ndim - 2))
    return columns_of(k, rows_of(k, both, 0, size), size, 2 * size)


_matrix_exp = primitive(
    "matrix_exp", "x", node="LinalgMatrixExpBackward0", aten="aten::linalg_matrix_exp", x=_exp_rule
)


@function()
def matrix_exp(input: Any) -> Any:
    """Return the exponential of square matrices.

    Parameters
    ----------
    input : Tensor of shape (..., n, n)

    Returns
    -------
    Tensor of shape (..., n, n)

    Examples
    --------
    >>> import plugrad
    >>> plugrad.matrix_exp(plugrad.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    require_matrices("linalg.matrix_exp", input, square=True, low=True)
    return _matrix_exp(input)


# -------------------------------------------------------------------- tensors taken for matrices


def tensorinv(A: Any, ind: int = 2, *, out: Any = None) -> Any:
    """Return the inverse with respect to `tensordot`.

    Parameters
    ----------
    A : Tensor
        Whose first `ind` sizes have the product of the others.
    ind : int
    out : Tensor, optional

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.tensorinv(plugrad.eye(4).reshape(2, 2, 4)).shape
    plugrad.Size([4, 2, 2])
    """
    require_tensor("linalg.tensorinv", A)
    if ind <= 0:
        raise RuntimeError(f"linalg.tensorinv(): ind must be positive, not {ind}")
    first, last = A._array.shape[:ind], A._array.shape[ind:]
    if math.prod(first) != math.prod(last):
        raise RuntimeError(
            f"linalg.tensorinv(): sizes {list(first)} and {list(last)} have different products"
        )
    flat = k.reshape(A, (math.prod(first), math.prod(last)))
    result = k.reshape(inv(flat), (*last, *first))
    return into("linalg.tensorinv", out, result, A, casts=True)


def tensorsolve(A: Any, B: Any, dims: Any = None, *, out: Any = None) -> Any:
    """Return the X with ``tensordot(A, X, X.ndim) == B``.

    Parameters
    ----------
    A : Tensor
    B : Tensor
    dims : sequence of int, optional
        Dimensions of A to move to the end first.
    out : Tensor, optional

    Examples
    --------
    >>> import plugrad
    >>> A = plugrad.eye(4).reshape(2, 2, 4)
    >>> plugrad.linalg.tensorsolve(A, plugrad.ones(2, 2))
    tensor([1., 1., 1., 1.])
    """
    for tensor in (A, B):
        require_tensor("linalg.tensorsolve", tensor)
    moved = A
    if dims is not None:
        ndim = len(A._array.shape)
        moved = functions["movedim"](A, tuple(dims), tuple(range(ndim - len(dims), ndim)))
    rest = moved._array.shape[len(B._array.shape) :]
    size = math.prod(rest)
    if math.prod(B._array.shape) != size or moved.numel() != size * size:
        raise RuntimeError(
            f"linalg.tensorsolve(): shapes {list(A._array.shape)} and {list(B._array.shape)} make "
            "no square system"
        )
    matrix = k.reshape(moved, (size, size))
    result = solve(matrix, B.flatten() if len(B._array.shape) != 1 else B)
    return into("linalg.tensorsolve", out, k.reshape(result, tuple(rest)), A, B, casts=True)


def vecdot(x: Any, y: Any, *, dim: int = -1, out: Any = None) -> Any:
    """Return the sums of the products of `y` and the conjugate of `x` along a dimension.

    Parameters
    ----------
    x, y : Tensor
    dim : int
    out : Tensor, optional

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.vecdot(plugrad.ones(2, 3), plugrad.ones(3))
    tensor([3., 3.])
    """
    for tensor in (x, y):
        require_tensor("linalg.vecdot", tensor)
        kind = tensor._dtype
        if not (kind.is_floating_point or kind.is_complex):
            raise RuntimeError(f"linalg.vecdot() needs floating-point numbers, not {kind}")
    if x._dtype is not y._dtype:
        raise RuntimeError(f"linalg.vecdot(): found two dtypes: {x._dtype} and {y._dtype}")
    conjugated = k.conj(x) if x._dtype.is_complex else x
    return into("linalg.vecdot", out, functions["sum"](conjugated * y, dim), x, y)


def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Return diagonals of matrices, as a view.

    Parameters
    ----------
    A : Tensor
    offset : int
        0 for the main diagonal; positive above it.
    dim1, dim2 : int

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.diagonal(plugrad.eye(2))
    tensor([1., 1.])
    """
    return functions["diagonal"](A, offset, dim1, dim2)


def vander(x: Any, *, N: int | None = None) -> Any:
    """Return Vandermonde matrices: the powers of each element, from 0.

    Parameters
    ----------
    x : Tensor of shape (..., n)
    N : int, optional
        How many powers; by default n.

    Returns
    -------
    Tensor of shape (..., n, N)

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.vander(plugrad.tensor([1, 2, 3]))
    tensor([[1, 1, 1],
            [1, 2, 4],
            [1, 3, 9]])
    """
    require_tensor("linalg.vander", x)
    if not x._array.shape:
        x = k.reshape(x, (1,))
    *lead, size = x._array.shape
    count = size if N is None else N
    if N is not None and N <= 1:
        raise RuntimeError(f"linalg.vander(): N must be greater than 1, not {N}")
    if x._dtype.low_precision or x._dtype is dtypes.bool_:
        raise RuntimeError(f"linalg.vander() does not work on {x._dtype}; convert with .float()")
    x = k.unsqueeze(x, len(lead) + 1)
    ones = functions["ones_like"](x.detach())
    powers = functions["cumprod"](x.expand(*lead, size, count - 1), -1)
    return functions["cat"]([ones, powers], -1)
