"""Pseudoinverses, least squares, ranks and condition numbers: what singular values tell."""

from __future__ import annotations

from typing import Any

from plugrad import dtypes, return_types
from plugrad.autograd.tape import TensorBase, new_tensor
from plugrad.linalg.operators.decompositions import svdvals
from plugrad.linalg.operators.matrix_norms import matrix_norm
from plugrad.linalg.operators.solving import inv_ex
from plugrad.operators.dimensions import apply, into
from plugrad.operators.squares import product, require_matrices
from plugrad.shapes import broadcast_shapes
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import functions
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["cond", "lstsq", "matrix_rank", "pinv", "pinverse"]


def _pinv_rule(k: Any, g: Any, x: Any, out: Any) -> Any:
    """Source: G. Golub, V. Pereyra, The differentiation of pseudo-inverses, 1973."""
    adjoint, back = k.conj_t(out), k.conj_t(g)
    result = -product(k, adjoint, g, adjoint)
    left = product(k, back, out, adjoint)
    result = result + left - product(k, x, k.matmul(out, left))
    right = product(k, adjoint, out, back)
    return result + right - k.matmul(product(k, right, out), x)


_pinv = primitive(
    "pinv", "x, atol?, rtol?; hermitian", node="LinalgPinvBackward0", aten="aten::linalg_pinv",
    out="casts", x=_pinv_rule,
)  # fmt: skip
_rank = primitive(
    "matrix_rank", "x, atol?, rtol?; hermitian", aten="aten::linalg_matrix_rank", out="casts",
)  # fmt: skip


def _lstsq_x(k: Any, g: Any, g_residuals: Any, x: Any, y: Any, solution: Any) -> Any:
    p = k.pinv(x, None, None, False)
    rest = k.matmul(x, solution) - y
    pull = _residual_pull(k, g_residuals, rest)
    g = g + k.matmul(k.conj_t(x), pull)
    result = _pinv_rule(k, k.matmul(g, k.conj_t(y)), x, p)
    return result + k.matmul(pull, k.conj_t(solution))


def _residual_pull(k: Any, g_residuals: Any, rest: Any) -> Any:
    if 0 in g_residuals.shape:
        return k.zeros_like(rest)
    return 2 * k.unsqueeze(g_residuals, len(rest.shape) - 2) * rest


def _lstsq_y(k: Any, g: Any, g_residuals: Any, x: Any, y: Any, solution: Any) -> Any:
    p = k.conj_t(k.pinv(x, None, None, False))
    pull = _residual_pull(k, g_residuals, k.matmul(x, solution) - y)
    return k.matmul(p, g + k.matmul(k.conj_t(x), pull)) - pull


_lstsq = primitive(
    "lstsq", "x, y; rcond, driver", outputs="solution, residuals, rank, singular_values",
    node="LinalgLstsqBackward0", aten="aten::linalg_lstsq", x=_lstsq_x, y=_lstsq_y,
)  # fmt: skip


def _tolerance(name: str, x: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, TensorBase):
        tensor: Any = value
        if tensor._dtype.is_complex:
            raise RuntimeError(f"{name}(): a tolerance is real, not {tensor._dtype}")
        return tensor.detach()
    return new_tensor(x._table.scalar(float(value), dtypes.float64), x._table, dtypes.float64)


def pinv(
    A: Any, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None,
    out: Any = None,
) -> Any:  # fmt: skip
    """Return the pseudoinverse of matrices.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
    rcond : float or Tensor, optional
        The same as `rtol`.
    hermitian : bool
        Whether A equals its adjoint.
    atol, rtol : float or Tensor, optional
        Singular values up to ``max(atol, rtol * largest)`` count as zero.
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (..., n, m)

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.pinv(plugrad.tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    require_matrices("linalg.pinv", A, square=bool(hermitian))
    rtol = rcond if rtol is None else rtol
    atol, rtol = (_tolerance("linalg.pinv", A, value) for value in (atol, rtol))
    return apply("pinv", (A, atol, rtol), (bool(hermitian),), out)


@function()
def pinverse(input: Any, rcond: float = 1e-15) -> Any:
    """Return the pseudoinverse of matrices: see `plugrad.linalg.pinv`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.pinverse(plugrad.tensor([[2.0, 0.0], [0.0, 0.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.0000]])
    """
    return pinv(input, rcond)


def matrix_rank(
    A: Any, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None,
    out: Any = None,
) -> Any:  # fmt: skip
    """Return how many singular values are not zero.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
    tol : float or Tensor, optional
        The same as `atol`, but without `rtol`.
    hermitian : bool
        Whether A equals its adjoint.
    atol, rtol : float or Tensor, optional
        Singular values up to ``max(atol, rtol * largest)`` count as zero.
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (...)
        Of int64.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.matrix_rank(plugrad.eye(3))
    tensor(3)
    """
    require_matrices("linalg.matrix_rank", A, square=bool(hermitian))
    if tol is not None:
        atol, rtol = tol, 0.0
    atol, rtol = (_tolerance("linalg.matrix_rank", A, value) for value in (atol, rtol))
    return apply("matrix_rank", (A.detach(), atol, rtol), (bool(hermitian),), out)


def lstsq(
    A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None, out: Any = None
) -> Any:  # fmt: skip
    """Return the least squares solutions of systems of linear equations.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
    B : Tensor of shape (..., m, k) or (..., m)
    rcond : float, optional
        Singular values up to so many times the largest count as zero.
    driver : {"gelsy", "gels", "gelsd", "gelss"}, optional
        As in PyTorch it settles what else is returned: singular values by the last two.
    out : tuple of Tensor, optional

    Returns
    -------
    solution : Tensor
    residuals : Tensor
        Sums of squares, where A is tall and of full rank.
    rank : Tensor
    singular_values : Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.lstsq(plugrad.tensor([[2.0], [0.0]]), plugrad.tensor([[4.0], [1.0]]))[0]
    tensor([[2.]])
    """
    name = "linalg.lstsq"
    require_matrices(name, A)
    driver = "gelsy" if driver is None else driver
    if driver not in ("gelsy", "gels", "gelsd", "gelss"):
        raise RuntimeError(
            f'{name}(): driver is "gelsy", "gels", "gelsd" or "gelss", not {driver!r}'
        )
    one, two = A._array.shape, B._array.shape
    vector = len(one) - 1 == len(two) and one[:-1] == two
    columns = k.unsqueeze(B, len(two)) if vector else B
    require_matrices(name, A, columns)
    if columns._array.shape[-2] != one[-2]:
        raise RuntimeError(f"{name}(): shapes {list(one)} and {list(two)} do not fit")
    broadcast_shapes(one[:-2], columns._array.shape[:-2])
    solution, *rest, values = _lstsq(A, columns, rcond, driver)
    if vector:
        solution = k.squeeze_dim(solution, len(solution.shape) - 1)
    result = (solution, *rest, values.detach())
    return return_types.linalg_lstsq(into(name, out, result, A, B, casts=True))


def cond(A: Any, p: Any = None, *, out: Any = None) -> Any:
    """Return the condition number of matrices.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
    p : None, 2, -2, 1, -1, inf, -inf, "fro" or "nuc"
        The norm, by default 2; others than 2 and -2 are for square matrices.
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (...)
        Infinity for a singular matrix.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.cond(plugrad.tensor([[1.0, 0.0], [0.0, 2.0]]))
    tensor(2.)
    """
    name = "linalg.cond"
    if p is None or p in (2, -2):
        require_matrices(name, A)
        if 0 in A._array.shape:
            real = k.real(A.detach()) if A._dtype.is_complex else A.detach()
            zeros = k.new_zeros(real, tuple(A._array.shape[:-2]))
            return into(name, out, zeros, A, casts=True)
        values = svdvals(A)
        first, last = values[..., :1], values[..., -1:]
        result = (last / first if p == -2 else first / last).squeeze(-1)
        return into(name, out, result, A, casts=True)
    require_matrices(name, A, square=True)
    inverse, info = inv_ex(A)
    failed = info != 0
    inverse = k.masked_fill(inverse, failed.unsqueeze(-1).unsqueeze(-1), float("inf"))
    infinity = float("inf")
    result = matrix_norm(A, p) * matrix_norm(inverse, p)
    result = functions["nan_to_num"](result, infinity, infinity, -infinity)
    return into(name, out, result, A, casts=True)
