"""Products of Householder reflectors, which QR decompositions are made of."""

from __future__ import annotations

from typing import Any

from plugrad import return_types
from plugrad.operators.dimensions import apply, require_tensor
from plugrad.operators.operands import undifferentiable
from plugrad.operators.squares import as_columns, columns_of, conjugate, require_matrices
from plugrad.vocabulary.forms import function, primitive

__all__ = ["geqrf", "householder_product", "orgqr", "ormqr"]

_geqrf = primitive("geqrf", "x", outputs="a, tau", out="casts", x=undifferentiable("geqrf"))


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
    aten="aten::linalg_householder_product", out="casts",
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
    """Return the columns of a product of reflectors: see `plugrad.linalg.householder_product`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.orgqr(plugrad.tensor([[1.0], [1.0]]), plugrad.tensor([1.0]))
    tensor([[ 0.],
            [-1.]])
    """
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
