"""Products of matrices and vectors added to a tensor: ``beta * input + alpha * product``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.autograd.views import rebase
from plugrad.dtypes import bool_
from plugrad.operators.linalg import dims_of, refuse_misfits
from plugrad.vocabulary.dispatch import dispatch
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.inplace import changed, inplace, refuse_change
from plugrad.vocabulary.registry import operators

__all__ = ["addbmm", "addmm", "addmv", "addr", "affine", "baddbmm"]


def _added(name: str, subscripts: str) -> Callable[..., None]:
    """Return the check of a product that is added to something."""
    return lambda bias, x, y, *_: refuse_misfits(name, subscripts, x, y, bias)


def _times(x: Any, factor: complex) -> Any:
    """Return `x` times a parameter, which mostly is 1."""
    return x if factor == 1 else x * factor


def _sum(k: Any, bias: Any, product: Any, beta: complex, alpha: complex) -> Any:
    """Return ``beta * bias + alpha * product``; a `bias` times 0 does not count, even if nan."""
    product = _times(product, alpha)
    return product if beta == 0 else _times(bias, beta) + product


def _bias_grad(k: Any, g: Any, beta: complex) -> Any:
    return _times(g, beta.conjugate())


affine = primitive(
    "affine", "bias, x, y", node="AddmmBackward0", aten="aten::addmm", accepts="numbers",
    check=_added("addmm", "ij,jk->ik"),
    body=lambda k, bias, x, y: bias + k.mm(x, y),
    bias=lambda g: g,
    x=lambda k, g, y: k.mm(g, k.conj_t(y)),
    y=lambda k, g, x: k.conj_t(k.mm(k.conj_t(g), x)),
)  # fmt: skip

primitive(
    "addmm", "bias, x, y; beta=1, alpha=1", accepts="numbers", check=_added("addmm", "ij,jk->ik"),
    body=lambda k, bias, x, y, beta, alpha: _sum(k, bias, k.mm(x, y), beta, alpha),
    bias=_bias_grad,
    x=lambda k, g, y, alpha: _times(k.mm(g, k.conj_t(y)), alpha.conjugate()),
    y=lambda k, g, x, alpha: _times(k.mm(k.conj_t(x), g), alpha.conjugate()),
)  # fmt: skip

primitive(
    "addmv", "bias, x, y; beta=1, alpha=1", accepts="numbers", check=_added("addmv", "ij,j->i"),
    body=lambda k, bias, x, y, beta, alpha: _sum(k, bias, k.mv(x, y), beta, alpha),
    bias=_bias_grad,
    x=lambda k, g, y, alpha: _times(k.unsqueeze(g, 1) * k.conj_t(y), alpha.conjugate()),
    y=lambda k, g, x, alpha: _times(k.mv(k.conj_t(x), g), alpha.conjugate()),
)  # fmt: skip

primitive(
    "addr", "bias, x, y; beta=1, alpha=1", out="casts", promotes=True,
    check=_added("addr", "i,j->ij"),
    body=lambda k, bias, x, y, beta, alpha: _sum(k, bias, k.unsqueeze(x, 1) * y, beta, alpha),
    bias=_bias_grad,
    x=lambda k, g, y, alpha: _times(k.mv(g, k.conj_t(y)), alpha.conjugate()),
    y=lambda k, g, x, alpha: _times(k.mv(k.t(g), k.conj_t(x)), alpha.conjugate()),
)  # fmt: skip

primitive(
    "baddbmm", "bias, x, y; beta=1, alpha=1", accepts="numbers",
    check=_added("baddbmm", "bij,bjk->bik"),
    body=lambda k, bias, x, y, beta, alpha: _sum(k, bias, k.bmm(x, y), beta, alpha),
    bias=_bias_grad,
    x=lambda k, g, y, alpha: _times(k.bmm(g, k.conj_t(y)), alpha.conjugate()),
    y=lambda k, g, x, alpha: _times(k.bmm(k.conj_t(x), g), alpha.conjugate()),
)  # fmt: skip

primitive(
    "addbmm", "bias, x, y; beta=1, alpha=1", accepts="numbers",
    check=_added("addbmm", "bij,bjk->ik"),
    body=lambda k, bias, x, y, beta, alpha: _sum(
        k, bias, k.sum_dim(k.bmm(x, y), (0,), False), beta, alpha
    ),
    bias=_bias_grad,
    x=lambda k, g, y, x_shape, out_shape, alpha: _times(
        k.bmm(k.expand(g, (x_shape[0], *out_shape)), k.conj_t(y)), alpha.conjugate()
    ),
    y=lambda k, g, x, x_shape, out_shape, alpha: _times(
        k.bmm(k.conj_t(x), k.expand(g, (x_shape[0], *out_shape))), alpha.conjugate()
    ),
)  # fmt: skip


# ------------------------------------------------------------------------------- their public names


_DIMS = {"addmm": (2, 2), "addmv": (2, 1), "addr": (1, 1), "baddbmm": (3, 3), "addbmm": (3, 3)}


def _apply(name: str, tensors: tuple[Any, Any, Any], beta: Any, alpha: Any, out: Any) -> Any:
    operator = operators[name]
    params = _factors(name, tensors, beta, alpha)
    # Kernels take sizes for granted that broadcast; what else does not fit, they find out.
    if out is None and dims_of(*tensors[1:]) == _DIMS[name]:
        return operator.call(*tensors, *params)
    return dispatch(operator, tensors, params, out)


def _apply_inplace(name: str, tensors: tuple[Any, Any, Any], beta: Any, alpha: Any) -> Any:
    return inplace(operators[name], tensors, _factors(name, tensors, beta, alpha))


def _factors(name: str, tensors: tuple[Any, Any, Any], beta: Any, alpha: Any) -> tuple[Any, Any]:
    """Return the factors as numbers of the tensors' kind: integers count in whole numbers."""
    if name != "addr" and isinstance(tensors[0], TensorBase) and tensors[0]._dtype.weak_scalar:
        return beta, alpha
    kinds = {tensor._dtype for tensor in tensors if isinstance(tensor, TensorBase)}
    whole = not any(kind.is_floating_point or kind.is_complex for kind in kinds)
    logical = kinds == {bool_}
    if name == "addr":
        for word, factor in (("beta", beta), ("alpha", alpha)):
            broken = whole and isinstance(factor, float | complex)
            if broken or (isinstance(factor, bool) and not logical):
                raise RuntimeError(f"addr(): {word}={factor} does not fit {kinds.pop()}")
        return (bool(beta), bool(alpha)) if logical else (beta, alpha)
    return (int(beta), int(alpha)) if whole else (beta, alpha)


@function()
def addmm(
    input: Any, mat1: Any, mat2: Any, *, beta: complex = 1, alpha: complex = 1, out: Any = None
) -> Any:
    """Return ``beta * input + alpha * product``, for two matrices.

    Parameters
    ----------
    input : Tensor that broadcasts to (n, p)
        Does not count where `beta` is 0, not even its nan.
    mat1 : Tensor of shape (n, m)
    mat2 : Tensor of shape (m, p)
    beta, alpha : number
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (n, p)

    Raises
    ------
    RuntimeError
        If sizes or dtypes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.addmm(plugrad.ones(2), plugrad.eye(2), plugrad.ones(2, 2), beta=3)
    tensor([[4., 4.],
            [4., 4.]])
    """
    return _apply("addmm", (input, mat1, mat2), beta, alpha, out)


@function("method")
def addmm_(self: Any, mat1: Any, mat2: Any, *, beta: complex = 1, alpha: complex = 1) -> Any:
    """Put the result of `addmm` in the place of the tensor."""
    return _apply_inplace("addmm", (self, mat1, mat2), beta, alpha)


@function()
def addmv(
    input: Any, mat: Any, vec: Any, *, beta: complex = 1, alpha: complex = 1, out: Any = None
) -> Any:
    """Return ``beta * input + alpha * product``, for a matrix and a vector.

    Parameters
    ----------
    input : Tensor that broadcasts to (n,)
        Does not count where `beta` is 0, not even its nan.
    mat : Tensor of shape (n, m)
    vec : Tensor of shape (m,)
    beta, alpha : number
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (n,)

    Raises
    ------
    RuntimeError
        If sizes or dtypes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.addmv(plugrad.ones(2), plugrad.eye(2), plugrad.ones(2), beta=3)
    tensor([4., 4.])
    """
    return _apply("addmv", (input, mat, vec), beta, alpha, out)


@function("method")
def addmv_(self: Any, mat: Any, vec: Any, *, beta: complex = 1, alpha: complex = 1) -> Any:
    """Put the result of `addmv` in the place of the tensor."""
    return _apply_inplace("addmv", (self, mat, vec), beta, alpha)


@function()
def addr(
    input: Any, vec1: Any, vec2: Any, *, beta: complex = 1, alpha: complex = 1, out: Any = None
) -> Any:
    """Return ``beta * input + alpha * product``, for a column and a row.

    Parameters
    ----------
    input : Tensor that broadcasts to (n, p)
        Does not count where `beta` is 0, not even its nan.
    vec1 : Tensor of shape (n,)
    vec2 : Tensor of shape (p,)
    beta, alpha : number
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (n, p)

    Raises
    ------
    RuntimeError
        If sizes or dtypes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.addr(plugrad.zeros(1), plugrad.ones(2), plugrad.ones(2), alpha=3)
    tensor([[3., 3.],
            [3., 3.]])
    """
    return _apply("addr", (input, vec1, vec2), beta, alpha, out)


@function("method")
def addr_(self: Any, vec1: Any, vec2: Any, *, beta: complex = 1, alpha: complex = 1) -> Any:
    """Put the result of `addr` in the place of the tensor."""
    return _apply_inplace("addr", (self, vec1, vec2), beta, alpha)


@function()
def baddbmm(
    input: Any, batch1: Any, batch2: Any, *, beta: complex = 1, alpha: complex = 1, out: Any = None
) -> Any:
    """Return ``beta * input + alpha * product``, over two batches of matrices.

    Parameters
    ----------
    input : Tensor that broadcasts to (b, n, p)
        Does not count where `beta` is 0, not even its nan.
    batch1 : Tensor of shape (b, n, m)
    batch2 : Tensor of shape (b, m, p)
    beta, alpha : number
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (b, n, p)

    Raises
    ------
    RuntimeError
        If sizes or dtypes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.baddbmm(plugrad.ones(1), plugrad.ones(1, 1, 2), plugrad.ones(1, 2, 1))
    tensor([[[3.]]])
    """
    return _apply("baddbmm", (input, batch1, batch2), beta, alpha, out)


@function("method")
def baddbmm_(self: Any, batch1: Any, batch2: Any, *, beta: complex = 1, alpha: complex = 1) -> Any:
    """Put the result of `baddbmm` in the place of the tensor."""
    return _apply_inplace("baddbmm", (self, batch1, batch2), beta, alpha)


@function()
def addbmm(
    input: Any, batch1: Any, batch2: Any, *, beta: complex = 1, alpha: complex = 1, out: Any = None
) -> Any:
    """Return ``beta * input + alpha * product``, summed over a batch.

    Parameters
    ----------
    input : Tensor that broadcasts to (n, p)
        Does not count where `beta` is 0, not even its nan.
    batch1 : Tensor of shape (b, n, m)
    batch2 : Tensor of shape (b, m, p)
    beta, alpha : number
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (n, p)

    Raises
    ------
    RuntimeError
        If sizes or dtypes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.addbmm(plugrad.ones(1), plugrad.ones(5, 1, 2), plugrad.ones(5, 2, 1))
    tensor([[11.]])
    """
    return _apply("addbmm", (input, batch1, batch2), beta, alpha, out)


@function("method")
def addbmm_(self: Any, batch1: Any, batch2: Any, *, beta: complex = 1, alpha: complex = 1) -> Any:
    """Put the result of `addbmm` in the place of the tensor.

    What neither is a view nor has any takes the shape of the result, if it broadcasts to that.
    """
    if isinstance(self, TensorBase) and dims_of(batch1, batch2) == (3, 3):
        tensor: Any = self
        meta, cell = tensor._meta, tensor._cell
        alone = (meta is None or meta.view is None) and (cell is None or not cell.views)
        if alone and self._array.shape != (batch1.shape[1], batch2.shape[2]):
            refuse_change(tensor, "addbmm_")
            whole = _apply("addbmm", (self, batch1, batch2), beta, alpha, None)
            tensor._array = whole._array
            changed(tensor, "addbmm_")
            if whole._edge is not None:
                rebase(tensor, whole._edge)
            return tensor
    return _apply_inplace("addbmm", (self, batch1, batch2), beta, alpha)
