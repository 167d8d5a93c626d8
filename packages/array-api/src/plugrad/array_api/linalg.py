"""The standard's extension for linear algebra, which needs plugrad-linalg."""

from __future__ import annotations

from typing import Any, NamedTuple

from plugrad import Tensor, dtype, linalg
from plugrad.array_api.operands import Axes, laid_out, promoted
from plugrad.array_api.products import matmul, matrix_transpose, tensordot, vecdot
from plugrad.array_api.reductions import sum as _sum

__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]


class EighResult(NamedTuple):
    """What `eigh` returns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class QRResult(NamedTuple):
    """What `qr` returns."""

    Q: Tensor
    R: Tensor


class SlogdetResult(NamedTuple):
    """What `slogdet` returns."""

    sign: Tensor
    logabsdet: Tensor


class SVDResult(NamedTuple):
    """What `svd` returns."""

    U: Tensor
    S: Tensor
    Vh: Tensor


def cholesky(x: Tensor, /, *, upper: bool = False) -> Tensor:
    """Return the triangular factors of positive definite matrices: `plugrad.linalg.cholesky`.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.cholesky(xp.asarray([[4.0, 2.0], [2.0, 2.0]]))
    tensor([[2., 0.],
            [1., 1.]])
    """
    return linalg.cholesky(x, upper=upper)


def cross(x1: Tensor, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """Return the cross products of vectors of three elements along an axis.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.cross(xp.asarray([1, 0, 0]), xp.asarray([0, 1, 0]))
    tensor([0, 0, 1])
    """
    left, right = promoted(x1, x2)
    return linalg.cross(left, right, dim=axis)


def det(x: Tensor, /) -> Tensor:
    """Return the determinants of matrices: `plugrad.linalg.det`.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.det(xp.asarray([[2.0, 0.0], [1.0, 3.0]]))
    tensor(6.)
    """
    return linalg.det(x)


def diagonal(x: Tensor, /, *, offset: int = 0) -> Tensor:
    """Return a diagonal of matrices: `plugrad.linalg.diagonal`.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.diagonal(xp.asarray([[1, 2], [3, 4]]), offset=1)
    tensor([2])
    """
    return linalg.diagonal(x, offset=offset)


def eigh(x: Tensor, /) -> EighResult:
    """Return eigenvalues and eigenvectors of Hermitian matrices: `plugrad.linalg.eigh`.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.eigh(xp.asarray([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([1., 2.])
    """
    return EighResult(*linalg.eigh(x))


def eigvalsh(x: Tensor, /) -> Tensor:
    """Return the eigenvalues of Hermitian matrices: `plugrad.linalg.eigvalsh`.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.eigvalsh(xp.asarray([[2.0, 0.0], [0.0, 1.0]]))
    tensor([1., 2.])
    """
    return linalg.eigvalsh(x)


def inv(x: Tensor, /) -> Tensor:
    """Return the inverses of matrices: `plugrad.linalg.inv`.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.inv(xp.asarray([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return linalg.inv(x)


def matrix_norm(x: Tensor, /, *, keepdims: bool = False, ord: Any = "fro") -> Tensor:
    """Return the norms of matrices: `plugrad.linalg.matrix_norm`; ``ord=None`` is ``"fro"``.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.matrix_norm(xp.asarray([[3.0, 0.0], [0.0, 4.0]]))
    tensor(5.)
    """
    return linalg.matrix_norm(x, "fro" if ord is None else ord, keepdim=keepdims)


def matrix_power(x: Tensor, n: int, /) -> Tensor:
    """Return square matrices to the power of an integer: `plugrad.linalg.matrix_power`.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.matrix_power(xp.asarray([[2.0, 0.0], [0.0, 3.0]]), 2)
    tensor([[4., 0.],
            [0., 9.]])
    """
    return linalg.matrix_power(x, n)


def matrix_rank(x: Tensor, /, *, rtol: float | Tensor | None = None) -> Tensor:
    """Return the ranks of matrices: how many singular values exceed `rtol` of the largest.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.matrix_rank(xp.asarray([[1.0, 2.0], [2.0, 4.0]]))
    tensor(1)
    """
    return linalg.matrix_rank(x, rtol=rtol)


def outer(x1: Tensor, x2: Tensor, /) -> Tensor:
    """Return the products of each element of one vector with each of another.

    Raises
    ------
    ValueError
        If one is no vector.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.outer(xp.asarray([1, 2]), xp.asarray([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    left, right = promoted(x1, x2)
    if left.ndim != 1 or right.ndim != 1:
        raise ValueError(f"outer() is for vectors, not {tuple(x1.shape)} and {tuple(x2.shape)}")
    return left.unsqueeze(1) * right


def pinv(x: Tensor, /, *, rtol: float | Tensor | None = None) -> Tensor:
    """Return the pseudoinverses of matrices: `plugrad.linalg.pinv`.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.pinv(xp.asarray([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    return linalg.pinv(x, rtol=rtol)


def qr(x: Tensor, /, *, mode: str = "reduced") -> QRResult:
    """Return orthogonal and triangular factors of matrices: `plugrad.linalg.qr`.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> Q, R = xp.linalg.qr(xp.asarray([[3.0, 1.0], [4.0, 2.0]]))
    >>> xp.round(xp.abs(xp.matmul(xp.matrix_transpose(Q), Q)))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return QRResult(*linalg.qr(x, mode=mode))


def slogdet(x: Tensor, /) -> SlogdetResult:
    """Return the signs, and the logarithms of the magnitudes, of determinants.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.slogdet(xp.asarray([[-1.0, 0.0], [0.0, 1.0]])).sign
    tensor(-1.)
    """
    return SlogdetResult(*linalg.slogdet(x))


def solve(x1: Tensor, x2: Tensor, /) -> Tensor:
    """Return what matrices `x1` multiply to give `x2`.

    Parameters
    ----------
    x1 : Tensor
        Square matrices.
    x2 : Tensor
        A vector if it has one dimension, else matrices; PyTorch's rule looks at sizes.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.solve(xp.asarray([[2.0, 0.0], [0.0, 4.0]]), xp.asarray([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    left, right = promoted(x1, x2)
    matrices = right.unsqueeze(-1) if right.ndim == 1 else right
    if matrices.ndim == left.ndim - 1:  # where PyTorch might see vectors
        matrices = matrices.unsqueeze(0)
    solved: Tensor = linalg.solve(left, matrices)
    return solved.squeeze(-1) if right.ndim == 1 else solved


def svd(x: Tensor, /, *, full_matrices: bool = True) -> SVDResult:
    """Return the singular values and vectors of matrices: `plugrad.linalg.svd`.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.svd(xp.asarray([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    return SVDResult(*linalg.svd(x, full_matrices=full_matrices))


def svdvals(x: Tensor, /) -> Tensor:
    """Return the singular values of matrices: `plugrad.linalg.svdvals`.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.svdvals(xp.asarray([[3.0, 0.0], [0.0, 4.0]]))
    tensor([4., 3.])
    """
    return linalg.svdvals(x)


def trace(x: Tensor, /, *, offset: int = 0, dtype: dtype | None = None) -> Tensor:
    """Return the sums of diagonals of matrices, in the dtype of `sum`.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.trace(xp.asarray([[1, 2], [3, 4]]))
    tensor(5)
    """
    return _sum(linalg.diagonal(x, offset=offset), axis=-1, dtype=dtype)


def vector_norm(x: Tensor, /, *, axis: Axes = None, keepdims: bool = False, ord: Any = 2) -> Tensor:
    """Return the norms of vectors along axes: `plugrad.linalg.vector_norm`.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linalg.vector_norm(xp.asarray([3.0, 4.0]))
    tensor(5.)
    """
    arguments = laid_out(x, axis, keepdims)
    return linalg.vector_norm(arguments.pop("input"), ord, **arguments)
