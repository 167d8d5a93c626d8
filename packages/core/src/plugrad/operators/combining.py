"""Combining values with those at positions along a dimension: sums, products, means, extremes."""

from __future__ import annotations

from typing import Any

from plugrad.operators.dimensions import apply
from plugrad.operators.gathering import change, scattering
from plugrad.operators.picking import with_source
from plugrad.vocabulary.forms import function, primitive

__all__ = ["index_reduce", "scatter_reduce"]


def _reduced_gradients(
    k: Any, g: Any, x: Any, index: Any, src: Any, out: Any, dim: int, reduce: str,
    include_self: bool,
) -> tuple[Any, Any]:  # fmt: skip
    """Return the gradients of `scatter_reduce` with respect to `x` and `src`."""
    if reduce == "sum":
        of_x, of_src = g, k.gather(g, index, dim)
    elif reduce == "mean":
        counts = k.scatter_add(
            k.ones_like(x) if include_self else k.zeros_like(x), index, k.ones_like(src), dim
        )
        shared = g / k.where(counts == 0, k.ones_like(x), counts)
        of_x, of_src = shared, k.gather(shared, index, dim)
    elif reduce == "prod":
        of_x, of_src = _product_gradients(k, g, x, index, src, out, dim, include_self)
    else:
        # Ties share the gradient.
        best = k.gather(out, index, dim)
        of_x = k.where(x == out, k.ones_like(x), k.zeros_like(x))
        of_src = k.where(src == best, k.ones_like(src), k.zeros_like(src))
        if not include_self:
            of_x = k.scatter_value(of_x, index, dim, 0)
        count = k.scatter_add(of_x, index, of_src, dim)
        shared = g / k.where(count == 0, k.ones_like(x), count)
        of_x, of_src = of_x * shared, of_src * k.gather(shared, index, dim)
    return of_x if include_self else k.scatter_value(of_x, index, dim, 0), of_src


def _product_gradients(
    k: Any, g: Any, x: Any, index: Any, src: Any, out: Any, dim: int, include_self: bool
) -> tuple[Any, Any]:
    """Return the gradients of a product of scattered factors: each of the others' product."""
    ones, nothing = k.ones_like(src), k.zeros_like(src)
    # A factor of 0 is left out, and counted: where it is the only one, the others' product matters.
    # Where it is the only other one, the product is 0, and yet has a derivative by that factor.
    zero = src == 0
    factors = k.where(zero, ones, src)
    start = x if include_self else k.scatter_value(x, index, dim, 1)
    others = k.scatter_reduce(start, index, factors, dim, "prod", True)
    of_zeros = [k.where(zero, part, nothing) for part in (ones, src)]
    left, other = [
        k.gather(k.scatter_add(k.zeros_like(x), index, part, dim), index, dim) - part
        for part in of_zeros
    ]
    product = k.gather(g * others, index, dim) / factors
    of_src = k.where(left == 0, product, k.where(left == 1, product * other, nothing))
    alone = k.scatter_reduce(k.ones_like(x), index, src, dim, "prod", True)
    return g * alone, of_src


primitive(
    "scatter_reduce", "x, index, src; dim, reduce, include_self", moves=True,
    joint=_reduced_gradients, differentiable="x, src",
)  # fmt: skip


_REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


def _require_reduction(caller: str, reduce: str) -> None:
    if reduce not in _REDUCTIONS:
        raise RuntimeError(
            f"{caller}(): reduce must be one of {', '.join(_REDUCTIONS)}, not {reduce!r}"
        )


@function()
def scatter_reduce(
    input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True,
    out: Any = None,
) -> Any:  # fmt: skip
    """Return a copy of `input` with `src` reduced into positions along a dimension.

    Parameters
    ----------
    input : Tensor
    dim : int
    index, src : Tensor
        As for `scatter`.
    reduce : {"sum", "prod", "mean", "amax", "amin"}
    include_self : bool
        Whether what is there takes part.
    out : Tensor, optional

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> x, index = plugrad.tensor([1.0, 1.0]), plugrad.tensor([0, 0])
    >>> plugrad.scatter_reduce(x, 0, index, plugrad.tensor([3.0, 2.0]), "amax")
    tensor([3., 1.])
    """
    _require_reduction("scatter_reduce", reduce)
    dim, index = scattering("scatter_reduce", input, dim, index, src)
    return apply("scatter_reduce", (input, index, src), (dim, reduce, include_self), out)


@function("method", names="scatter_reduce_")
def scatter_reduce_(
    self: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True
) -> Any:
    """Do in place what `scatter_reduce` does.

    Examples
    --------
    >>> import plugrad
    >>> index = plugrad.tensor([0, 0])
    >>> plugrad.ones(2).scatter_reduce_(0, index, plugrad.tensor([3.0, 2.0]), "sum")
    tensor([6., 1.])
    """
    _require_reduction("scatter_reduce_", reduce)
    dim, index = scattering("scatter_reduce_", self, dim, index, src)
    return change("scatter_reduce", (self, index, src), (dim, reduce, include_self))


# ------------------------------------------------------------------------------ by whole slices


def _index_reduce_gradients(
    k: Any, g: Any, x: Any, index: Any, source: Any, out: Any, source_shape: Any, dim: int,
    reduce: str, include_self: bool,
) -> Any:  # fmt: skip
    index = k.expand(_along(k, index, source_shape, dim), source_shape)
    return _reduced_gradients(k, g, x, index, source, out, dim, reduce, include_self)


def _along(k: Any, index: Any, shape: tuple[int, ...], dim: int) -> Any:
    """Return a vector in a shape that broadcasts along `dim` only."""
    return k.reshape(index, tuple([n if d == dim else 1 for d, n in enumerate(shape)]))


primitive(
    "index_reduce", "x, index, source; dim, reduce, include_self", moves=True,
    body=lambda k, x, index, source, dim, reduce, include_self: k.scatter_reduce(
        x, k.expand(_along(k, index, source.shape, dim), source.shape), source, dim, reduce,
        include_self,
    ),
    joint=_index_reduce_gradients, differentiable="x, source",
)  # fmt: skip


@function()
def index_reduce(
    input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True,
    out: Any = None,
) -> Any:  # fmt: skip
    """Return a copy of `input` with slices of `source` reduced into those along a dimension.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor
        A vector of integers: where each slice of `source` goes.
    source : Tensor
    reduce : {"prod", "mean", "amax", "amin"}
    include_self : bool
        Whether what is there takes part.
    out : Tensor, optional

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> index, source = plugrad.tensor([0, 0]), plugrad.tensor([2.0, 3.0])
    >>> plugrad.index_reduce(plugrad.ones(2), 0, index, source, "prod")
    tensor([6., 1.])
    """
    _require_reduction("index_reduce", reduce)
    dim, index = with_source("index_reduce", input, dim, index, source)
    return apply("index_reduce", (input, index, source), (dim, reduce, include_self), out)


@function("method", names="index_reduce_")
def index_reduce_(
    self: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True
) -> Any:
    """Do in place what `index_reduce` does.

    Examples
    --------
    >>> import plugrad
    >>> index, source = plugrad.tensor([0, 0]), plugrad.tensor([2.0, 3.0])
    >>> plugrad.ones(2).index_reduce_(0, index, source, "amax")
    tensor([3., 1.])
    """
    _require_reduction("index_reduce_", reduce)
    dim, index = with_source("index_reduce_", self, dim, index, source)
    return change("index_reduce", (self, index, source), (dim, reduce, include_self))
