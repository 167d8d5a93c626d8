"""Exponentials, reflectors, and systems of more than two dimensions."""

from __future__ import annotations

import math
from typing import Any

from plugrad import dtypes, return_types
from plugrad.operators.decompositions import linalg_qr, linalg_svd
from plugrad.operators.dimensions import apply, require_tensor
from plugrad.operators.operands import undifferentiable
from plugrad.operators.solving import inv, solve
from plugrad.operators.squares import as_columns, columns_of, conjugate, require_matrices, rows_of
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import functions
from plugrad.vocabulary.registry import tensor_table as k

__all__ = [
    "diagonal",
    "householder_product",
    "matrix_exp",
    "orgqr",
    "ormqr",
    "pca_lowrank",
    "svd_lowrank",
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


# ----------------------------------------------------------------------------------- reflectors

_geqrf = primitive("geqrf", "x", outputs="a, tau", x=undifferentiable("geqrf"))


@function()
def geqrf(input: Any, *, out: Any = None) -> Any:
    """Return a QR decomposition as LAPACK keeps it: reflectors below R, and their factors.

    Parameters
    ----------
    input : Tensor of shape (..., m, n)
    out : tuple of Tensor, optional

    Examples
    --------
    >>> import plugrad
    >>> plugrad.geqrf(plugrad.tensor([[3.0], [4.0]])).tau
    tensor([1.6000])
    """
    require_matrices("geqrf", input)
    return return_types.geqrf(apply("geqrf", (input,), (), out))


def _steps(k: Any, x: Any, tau: Any, transpose: bool) -> list[tuple[Any, Any, int]]:
    """Return the vectors and factors of reflectors, in the order in which they are applied."""
    count = tau.shape[-1]
    low = k.tril(columns_of(k, x, 0, count), -1)
    vectors = low + k.identity_like(low)
    factors = conjugate(k, tau) if transpose else tau
    return [
        (
            columns_of(k, vectors, i, i + 1),
            as_columns(k, k.slice(factors, len(tau.shape) - 1, i, i + 1, 1)),
            i,
        )
        for i in range(count)[:: 1 if transpose else -1]
    ]


def _reflected(k: Any, v: Any, factor: Any, y: Any) -> Any:
    return y - factor * k.matmul(v, k.matmul(k.conj_t(v), y))


def _reflectors_rule(
    k: Any, g: Any, x: Any, tau: Any, y: Any, transpose: bool
) -> tuple[Any, Any, Any]:
    """Return the gradients of reflectors, their factors and what they are applied to."""
    steps = _steps(k, x, tau, transpose)
    inputs = []
    for v, factor, _ in steps:
        inputs.append(y)
        y = _reflected(k, v, factor, y)
    found: dict[int, tuple[Any, Any]] = {}
    for (v, factor, i), before in zip(reversed(steps), reversed(inputs), strict=True):
        inner, back = k.matmul(k.conj_t(v), before), k.matmul(k.conj_t(v), g)
        turned = conjugate(k, factor)
        g_factor = -k.sum_dim(back * conjugate(k, inner), (len(back.shape) - 1,), True)
        g_v = -turned * k.matmul(g, k.conj_t(inner)) - factor * k.matmul(before, k.conj_t(back))
        found[i] = (g_v, conjugate(k, g_factor) if transpose else g_factor)
        g = g - turned * k.matmul(v, back)
    columns = [found[i][0] for i in range(len(found))]
    last = len(x.shape) - 1
    rest = x.shape[-1] - len(columns)
    if rest:
        columns.append(k.new_zeros(g, (*x.shape[:-1], rest)))
    if not found:
        return k.zeros_like(x), k.zeros_like(tau), g
    numbers = [k.squeeze_dim(found[i][1], last) for i in range(len(found))]
    return k.tril(k.cat(columns, last), -1), k.cat(numbers, last - 1), g


_householder = primitive(
    "householder_product", "x, tau", node="LinalgHouseholderProductBackward0",
    aten="aten::linalg_householder_product",
    joint=lambda k, g, x, tau: _reflectors_rule(k, g, x, tau, k.identity_like(x), False)[:2],
)  # fmt: skip


def _ormqr_rule(
    k: Any, g: Any, x: Any, tau: Any, y: Any, left: bool, transpose: bool
) -> tuple[Any, Any, Any]:
    if left:
        return _reflectors_rule(k, g, x, tau, y, transpose)
    # y Q is the adjoint of Q^H y^H.
    back, turned = k.conj_t(g), k.conj_t(y)
    g_x, g_tau, g_y = _reflectors_rule(k, back, x, tau, turned, not transpose)
    return g_x, g_tau, k.conj_t(g_y)


_ormqr = primitive("ormqr", "x, tau, y; left, transpose", joint=_ormqr_rule)


def _check_reflectors(name: str, A: Any, tau: Any) -> None:
    require_matrices(name, A)
    require_tensor(name, tau, "tau")
    if tau._dtype is not A._dtype:
        raise RuntimeError(f"{name}(): expected one dtype, but found {A._dtype} and {tau._dtype}")
    one, two = A._array.shape, tau._array.shape
    if len(two) != len(one) - 1 or one[:-2] != two[:-1] or two[-1] > one[-1]:
        raise RuntimeError(
            f"{name}(): factors of shape {list(two)} do not fit reflectors of shape {list(one)}"
        )


def householder_product(A: Any, tau: Any, *, out: Any = None) -> Any:
    """Return the first columns of a product of Householder reflectors.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
        Whose columns hold the reflectors below the diagonal, as `geqrf` returns them; m >= n.
    tau : Tensor of shape (..., k)
        Their factors, n at most.
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (..., m, n)

    Examples
    --------
    >>> import plugrad
    >>> a, tau = plugrad.geqrf(plugrad.tensor([[3.0], [4.0]]))
    >>> plugrad.linalg.householder_product(a, tau)
    tensor([[-0.6000],
            [-0.8000]])
    """
    _check_reflectors("linalg.householder_product", A, tau)
    if A._array.shape[-2] < A._array.shape[-1]:
        raise RuntimeError(
            f"linalg.householder_product(): needs as many rows as columns, or more, not shape "
            f"{list(A._array.shape)}"
        )
    return apply("householder_product", (A, tau), (), out)


@function()
def orgqr(input: Any, input2: Any, *, out: Any = None) -> Any:
    """Return the columns of a product of reflectors: see `plugrad.linalg.householder_product`."""
    return householder_product(input, input2, out=out)


@function()
def ormqr(
    input: Any, input2: Any, input3: Any, left: bool = True, transpose: bool = False, *,
    out: Any = None,
) -> Any:  # fmt: skip
    """Return a product Q of Householder reflectors times a matrix.

    Parameters
    ----------
    input : Tensor of shape (..., m, k)
        The reflectors, as `geqrf` returns them.
    input2 : Tensor of shape (..., k)
        Their factors.
    input3 : Tensor
        The other matrix.
    left : bool
        Whether Q stands on the left of it.
    transpose : bool
        Whether to multiply by the adjoint of Q.
    out : Tensor, optional

    Examples
    --------
    >>> import plugrad
    >>> a, tau = plugrad.geqrf(plugrad.tensor([[3.0], [4.0]]))
    >>> plugrad.ormqr(a, tau, plugrad.tensor([[3.0], [4.0]]), transpose=True)
    tensor([[-5.],
            [ 0.]])
    """
    _check_reflectors("ormqr", input, input2)
    require_matrices("ormqr", input, input3)
    if input3._array.shape[-2 if left else -1] != input._array.shape[-2]:
        raise RuntimeError(
            f"ormqr(): reflectors of shape {list(input._array.shape)} do not fit a matrix of shape "
            f"{list(input3._array.shape)}"
        )
    return apply("ormqr", (input, input2, input3), (bool(left), bool(transpose)), out)


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
    from plugrad.operators.contraction import into

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
    return into("linalg.tensorinv", out, result, A)


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
    from plugrad.operators.contraction import into

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
    return into("linalg.tensorsolve", out, k.reshape(result, tuple(rest)), A, B)


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
    return functions["sum"](conjugated * y, dim, out=out)


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


# --------------------------------------------------------------------------- low-rank approximation


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
