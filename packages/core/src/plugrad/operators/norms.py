"""Vector norms, under each of the names that PyTorch has for them."""

from __future__ import annotations

import math
from typing import Any

from plugrad.operators.dimensions import (
    apply,
    converted_first,
    reduced_dims,
    require_floating,
    require_tensor,
    restored,
    result_kind,
)
from plugrad.vocabulary.forms import function, primitive

__all__ = ["norm", "norm_along", "norm_rule", "vector_norm"]


def _one_where(k: Any, condition: Any, x: Any) -> Any:
    return k.where(condition, k.ones_like(x), x)


def norm_rule(
    k: Any, g: Any, x: Any, x_shape: Any, out: Any, ord: float, dim: Any, keepdim: bool
) -> Any:
    """Return ``g * d(norm)/dx``: by convention 0 where the norm, or for ``ord < 1`` x, is 0."""
    if ord == 0:
        return k.zeros_like(x)
    g = restored(k, g, x_shape, dim, keepdim)
    if ord == 1:
        return k.sgn(x) * g
    out = restored(k, out, x_shape, dim, keepdim)
    positive = out != 0
    safe = _one_where(k, out == 0, out)
    if ord == 2:
        return x * k.keep(g / safe, positive)
    size = k.abs(x)
    if math.isinf(ord):
        # The largest elements share the gradient; where the norm is NaN, the NaNs do.
        chosen = k.logical_or(size == out, k.logical_and(k.isnan(size), k.isnan(out)))
        count = k.sum_dim(k.keep(k.ones_like(size), chosen), dim, True)
        return k.keep(k.sgn(x) * (g / count), chosen)
    present = size != 0
    size = _one_where(k, size == 0, size)
    if ord < 1:
        return k.keep(k.sgn(x) * size ** (ord - 1), present) * g * out ** (1 - ord)
    scale = k.keep(g / safe ** (ord - 1), positive)
    if ord < 2:
        return k.keep(k.sgn(x) * size ** (ord - 1), present) * scale
    return k.keep(x * size ** (ord - 2), present) * scale


_vector_norm = primitive(
    "vector_norm", "x; ord, dim, keepdim=False, kind=None", node="LinalgVectorNormBackward0",
    aten="aten::linalg_vector_norm", x=norm_rule,
)  # fmt: skip

# What PyTorch's own distances record.
norm_along = primitive(
    "norm_along", "x; ord, dim, keepdim", node="NormBackward1", aten="aten::norm",
    body=lambda k, x, ord, dim, keepdim: k.vector_norm(x, ord, dim, keepdim), x=norm_rule,
)  # fmt: skip


def vector_norm(
    x: Any, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None,
    out: Any = None,
) -> Any:  # fmt: skip
    """Return the norm of a tensor, or of its slices, as vectors.

    Parameters
    ----------
    x : Tensor
        Of floating-point or complex numbers.
    ord : float
        ``sum(abs(x) ** ord) ** (1 / ord)``; infinity and minus infinity for the largest and the
        smallest absolute value, 0 for the number of elements other than 0.
    dim : int, sequence of int or None
        The dimensions of the vectors, by default all.
    keepdim : bool
        Whether they stay, with size 1.
    dtype : dtype, optional
        What to convert `x` to first.
    out : Tensor, optional
        Where to put the result.

    Returns
    -------
    Tensor
        Of real numbers. Its gradient at the zero vector is 0.

    Raises
    ------
    RuntimeError
        For integers, or a norm that vectors without elements do not have.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([[3.0, 4.0], [6.0, 8.0]])
    >>> plugrad.linalg.vector_norm(x, dim=1)
    tensor([ 5., 10.])
    """
    name = "linalg.vector_norm"
    if isinstance(ord, (str, bool)) or not isinstance(ord, (int, float)):
        raise TypeError(f"{name}(): ord must be a number, not {ord!r}")
    dims = reduced_dims(name, x, dim, keepdim)
    require_floating(name, x)
    dtype = result_kind(name, x, dtype)
    _check_dtype(name, x, dtype)
    if ord < 0 or math.isinf(ord):
        _refuse_empty(name, x._array.shape, dims, ord)
    x = converted_first(x, dtype)
    return apply("vector_norm", (x,), (float(ord), dims, keepdim, dtype), out)


def _check_dtype(name: str, x: Any, dtype: Any) -> None:
    if dtype is None:
        return
    require_floating(name, x, dtype)
    if x._dtype.is_complex and not dtype.is_complex:
        raise RuntimeError(f"{name}(): dtype must be complex for complex numbers, not {dtype}")


def _refuse_empty(name: str, shape: tuple[int, ...], dims: tuple[int, ...], ord: float) -> None:
    sizes = [shape[number] for number in dims]
    if 0 in sizes and 0 not in [n for number, n in enumerate(shape) if number not in dims]:
        raise RuntimeError(
            f"{name}(): vectors without elements have no norm of order {ord}; the input has shape "
            f"{list(shape)}"
        )


@function("function method")
def norm(
    input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, out: Any = None,
    dtype: Any = None,
) -> Any:  # fmt: skip
    """Return the norm of a tensor, or of its slices.

    Parameters
    ----------
    input : Tensor
        Of floating-point or complex numbers.
    p : float, "fro" or "nuc"
        The order of the norm, see `plugrad.linalg.vector_norm`; ``"fro"`` is 2; ``"nuc"`` the sum
        of the singular values of matrices.
    dim : int, sequence of int or None
        The dimensions of the vectors, by default all.
    keepdim : bool
        Whether they stay, with size 1.
    out : Tensor, optional
        Where to put the result.
    dtype : dtype, optional
        What to convert the input to first.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        For integers, and for other orders.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([[3.0, 4.0], [6.0, 8.0]])
    >>> x.norm(dim=0), x.norm(1)
    (tensor([6.7082, 8.9443]), tensor(21.))
    """
    require_tensor("norm", input)
    if p is None or p == "fro":
        p = 2.0
    if p == "nuc":
        from plugrad.linalg.operators.matrix_norms import matrix_norm

        dims = tuple(range(len(input._array.shape))) if dim is None else dim
        return matrix_norm(input, "nuc", dims, keepdim, dtype=dtype, out=out)
    if isinstance(p, str):
        raise RuntimeError(f'norm(): p must be a number, "fro" or "nuc", not {p!r}')
    return vector_norm(input, p, dim, keepdim, dtype=dtype, out=out)
