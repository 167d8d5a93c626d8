"""Products, over everything and running, whose gradients are right where a factor is 0.

The derivative of a product is the product of the other factors. Dividing by the factor gets that
wrong at 0, and so do its derivatives; here nothing is divided, and a backend that wants to divide
where that is safe overrides `prod_grad` and `cumprod_grad`.
"""

from __future__ import annotations

import math
from typing import Any

from plugrad.operators.dimensions import (
    UNSET,
    apply,
    converted_first,
    one_dim,
    restored,
    result_kind,
)
from plugrad.operators.scans import scan_kind
from plugrad.vocabulary.forms import composite, function, primitive
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import operators

__all__ = ["cumprod", "cumprod_", "prod"]


def _all_dims_flat(k: Any, g: Any, x: Any, x_shape: Any, out: Any) -> Any:
    flat = k.reshape(x, (math.prod(x_shape),))
    return k.reshape(k.prod_grad(g, flat, out, 0), x_shape)


def _one_dim(k: Any, g: Any, x: Any, x_shape: Any, out: Any, dim: int, keepdim: bool) -> Any:
    kept = restored(k, g, x_shape, (dim,), keepdim), restored(k, out, x_shape, (dim,), keepdim)
    return k.prod_grad(kept[0], x, kept[1], dim)


_prod = primitive("prod", "x; kind=None", out="casts", x=_all_dims_flat)
_prod_dim = primitive(
    "prod_dim", "x; dim, keepdim=False, kind=None", out="casts", node="ProdBackward1",
    aten="aten::prod",
    x=_one_dim,
)  # fmt: skip


@composite("prod_grad", expose="")
def _prod_grad(k: Any, g: Any, x: Any, out: Any, dim: int) -> Any:
    """Return `g` times, for each element, the product of all others along `dim`.

    Not ``out / x``: that is wrong at 0, and so are its derivatives.
    """
    if not x.shape or 0 in x.shape:
        return g * k.ones_like(x)
    size = x.shape[dim]
    one = k.ones_like(k.slice(x, dim, 0, 1, 1))
    before = k.cumprod(k.cat([one, k.slice(x, dim, 0, size - 1, 1)], dim), dim)
    behind = k.flip(k.cat([k.slice(x, dim, 1, size, 1), one], dim), (dim,))
    others = before * k.flip(k.cumprod(behind, dim), (dim,))
    return g * (k.conj(others) if k.is_complex(others) else others)


@function("function method")
def prod(
    input: Any, dim: Any = UNSET, keepdim: bool = False, *, dtype: Any = None, out: Any = None,
    axis: Any = UNSET, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the product of the elements, over everything or one dimension.

    Parameters
    ----------
    input : Tensor
    dim : int, optional
        The dimension to multiply over, by default all.
    keepdim : bool
        Whether it stays, with size 1.
    dtype : dtype, optional
        Of the result. By default integers and bools are multiplied in int64, and everything else in
        its own dtype.
    out : Tensor, optional
        Where to put the result.
    axis, keepdims
        NumPy's names of `dim` and `keepdim`.

    Returns
    -------
    Tensor

    Raises
    ------
    IndexError
        If there is no such dimension.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([[1, 2], [3, 4]]).prod(0)
    tensor([3, 8])
    """
    dtype = result_kind("prod", input, dtype, out)
    input = converted_first(input, dtype)
    dim = dim if axis is UNSET else axis
    keepdim = keepdim or keepdims
    if dim is UNSET:
        if keepdim:
            raise TypeError("prod(): keepdim needs a dim")
        return apply("prod", (input,), (dtype,), out)
    number = one_dim("prod", input, dim, keepdim)
    return apply("prod_dim", (input,), (number, keepdim, dtype), out)


# ---------------------------------------------------------------------------- running products


def _product_rule(k: Any, g: Any, x: Any, out: Any, dim: int) -> Any:
    return k.cumprod_grad(g, x, out, dim)


_cumprod = primitive("cumprod", "x; dim, kind=None", out="casts", x=_product_rule)


@composite("cumprod_grad", expose="")
def _cumprod_grad(k: Any, g: Any, x: Any, out: Any, dim: int) -> Any:
    """Return the gradient of a running product, right at zeros and in every derivative.

    Element i is in the products from the i-th on: its gradient is the product of those before it,
    times ``h[i] = g[i] + x[i + 1] * h[i + 1]``. That linear recurrence is solved by doubling (W.
    Hillis and G. Steele, "Data parallel algorithms", 1986): no division, and no loop over elements.
    """
    if not x.shape or 0 in x.shape:
        return g * k.ones_like(x)
    size = x.shape[dim]

    def part(array: Any, start: int, stop: int) -> Any:
        return k.slice(array, dim, start, stop, 1)

    one = k.ones_like(part(x, 0, 1))
    x = k.conj(x) if k.is_complex(x) else x
    before = k.cumprod(k.cat([one, part(x, 0, size - 1)], dim), dim)
    factor, h = k.cat([part(x, 1, size), k.zeros_like(one)], dim), g
    step = 1
    while step < size:
        rest = size - step
        head = part(factor, 0, rest)
        h = k.cat([part(h, 0, rest) + head * part(h, step, size), part(h, rest, size)], dim)
        factor = k.cat([head * part(factor, step, size), part(factor, rest, size)], dim)
        step *= 2
    return before * h


@function("function method")
def cumprod(input: Any, dim: int | None = None, *, dtype: Any = None, out: Any = None,
            axis: int | None = None) -> Any:  # fmt: skip
    """Return the running products along a dimension.

    Everything else is as for `cumsum`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([[1, 2], [3, 4]]).cumprod(0)
    tensor([[1, 2],
            [3, 8]])
    """
    dim = one_dim("cumprod", input, dim if axis is None else axis)
    dtype = scan_kind("cumprod", input, dtype, out)
    return apply("cumprod", (converted_first(input, dtype),), (dim, dtype), out)


@function("method")
def cumprod_(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """Put the running products along a dimension in the tensor's place; see `cumprod`."""
    dim = one_dim("cumprod_", input, dim)
    return inplace(operators["cumprod"], (input,), (dim, result_kind("cumprod_", input, dtype)))
