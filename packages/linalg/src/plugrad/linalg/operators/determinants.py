"""Determinants, and their logarithms."""

from __future__ import annotations

from typing import Any

from plugrad import return_types
from plugrad.operators.dimensions import apply
from plugrad.operators.squares import as_columns, conjugate, require_matrices
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["det", "linalg_det", "linalg_slogdet", "logdet", "slogdet"]


def _scale(k: Any, s: Any) -> Any:
    """Return numbers in the shape in which they multiply matrices."""
    return as_columns(k, as_columns(k, s))


_det = primitive(
    "det", "x", node="LinalgDetBackward0", aten="aten::_linalg_det",
    x=lambda k, g, x, out: k.det_grad(g, x, out),
)  # fmt: skip


# Near a singular matrix only the kernel is exact: it multiplies singular values.
primitive(
    "det_grad", "grad, x, det", aten="aten::linalg_det_backward",
    joint=lambda k, g, grad, x, det: _second(k, g, grad, x, det),
)  # fmt: skip


def _second(k: Any, g: Any, grad: Any, x: Any, det: Any) -> tuple[Any, Any, Any]:
    """Return the gradients of ``grad * conj(det) * inverse(x)^H``."""
    inverse = k.inv_ex(x)[0]
    adjoint = k.conj_t(inverse)
    total = k.sum_dim(g * conjugate(k, adjoint), (len(x.shape) - 2, len(x.shape) - 1), False)
    weight = _scale(k, conjugate(k, grad) * det)
    inner = k.conj_t(weight * g)
    through = -k.matmul(adjoint, k.matmul(inner, adjoint))
    return total * det, through, conjugate(k, total) * grad


def _slog_rule(k: Any, g_sign: Any, g_logabsdet: Any, x: Any, sign: Any) -> Any:
    # The sign of a real matrix is constant; that of a complex one turns with the phase.
    factor = g_logabsdet
    if k.is_complex(x):
        turn = g_sign * conjugate(k, sign)
        factor = factor + (turn - conjugate(k, turn)) / 2
    return _scale(k, factor) * k.conj_t(k.inv_ex(x)[0])


_slogdet = primitive(
    "slogdet", "x", outputs="sign, logabsdet", node="LinalgSlogdetBackward0",
    aten="aten::_linalg_slogdet", x=_slog_rule,
)  # fmt: skip


def linalg_det(A: Any, *, out: Any = None) -> Any:
    """Return the determinant of square matrices.

    Parameters
    ----------
    A : Tensor of shape (..., n, n)
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (...)
        Its gradient is exact for singular matrices too.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.det(plugrad.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor(8.)
    """
    require_matrices("linalg.det", A, square=True)
    return apply("det", (A,), (), out)


@function()
def det(input: Any) -> Any:
    """Return the determinant of square matrices: see `plugrad.linalg.det`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.det(plugrad.tensor([[2.0, 1.0], [0.0, 4.0]]))
    tensor(8.)
    """
    return linalg_det(input)


def linalg_slogdet(A: Any, *, out: Any = None) -> Any:
    """Return the sign of determinants, and the logarithm of their absolute values.

    Parameters
    ----------
    A : Tensor of shape (..., n, n)
    out : tuple of Tensor, optional

    Returns
    -------
    sign : Tensor of shape (...)
    logabsdet : Tensor of shape (...)
        Real; minus infinity for a singular matrix, whose sign is 0.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.slogdet(plugrad.tensor([[-1.0]])).sign
    tensor(-1.)
    """
    require_matrices("linalg.slogdet", A, square=True)
    return return_types.linalg_slogdet(apply("slogdet", (A,), (), out))


@function()
def slogdet(input: Any, *, out: Any = None) -> Any:
    """Return sign and logarithm of determinants: see `plugrad.linalg.slogdet`.

    Examples
    --------
    >>> import plugrad
    >>> sign, logarithm = plugrad.slogdet(plugrad.tensor([[0.0, 1.0], [1.0, 0.0]]))
    >>> sign, logarithm.abs()
    (tensor(-1.), tensor(0.))
    """
    return return_types.slogdet(linalg_slogdet(input, out=out))


@function()
def logdet(input: Any) -> Any:
    """Return the logarithm of determinants: NaN for a negative one.

    Parameters
    ----------
    input : Tensor of shape (..., n, n)

    Examples
    --------
    >>> import plugrad
    >>> plugrad.logdet(plugrad.eye(2))
    tensor(0.)
    """
    sign, logarithm = linalg_slogdet(input)
    if input._dtype.is_complex:
        return k.log(sign) + logarithm
    return k.where(sign == -1.0, float("nan"), logarithm)
