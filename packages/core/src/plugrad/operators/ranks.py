"""Elements by their rank: medians, quantiles, the k-th smallest, the most frequent.

Like the extremes, what tells an index gives the gradient to the element at that index, and a median
of everything shares it evenly among all elements that equal it.
"""

from __future__ import annotations

from typing import Any

from plugrad import dtypes, return_types
from plugrad.autograd.tape import TensorBase
from plugrad.operators.dimensions import (
    UNSET,
    apply,
    into,
    one_dim,
    refuse_empty,
    require_tensor,
)
from plugrad.operators.extremes import at_index, shared_by_all
from plugrad.shapes import reduced_shape
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import functions, operators

__all__ = ["kthvalue", "median", "mode", "nanmedian", "nanquantile", "quantile"]

primitive("median", "x", moves=True, x=shared_by_all)
primitive("nanmedian", "x", moves=True, x=shared_by_all)
primitive(
    "median_dim", "x; dim, keepdim", outputs="values, indices", node="MedianBackward1",
    aten="aten::median", moves=True, x=at_index,
)  # fmt: skip
primitive(
    "nanmedian_dim", "x; dim, keepdim", outputs="values, indices", node="NanmedianBackward1",
    aten="aten::nanmedian", moves=True, x=at_index,
)  # fmt: skip
primitive("mode", "x; dim, keepdim", outputs="values, indices", moves=True, x=at_index)
primitive(
    "kthvalue",
    "x; rank, dim, keepdim",
    out="apart",
    outputs="values, indices",
    moves=True,
    x=at_index,
)


def _check(name: str, input: Any) -> None:
    require_tensor(name, input)
    if input._dtype.is_complex or (input._dtype is dtypes.bool_ and name != "mode"):
        raise NotImplementedError(
            f"{name}() needs real numbers, not {input._dtype}; convert the input first"
        )


def _median(name: str, input: Any, dim: Any, keepdim: bool, out: Any) -> Any:
    _check(name, input)
    if dim is not UNSET:
        number = one_dim(name, input, dim, keepdim)
        refuse_empty(name, input, (number,))
        results = apply(f"{name}_dim", (input,), (number, keepdim), out)
        return getattr(return_types, name)(results)
    if keepdim:
        raise TypeError(f"{name}(): keepdim needs a dim")
    if not input._dtype.is_floating_point:
        refuse_empty(name, input, None)
    return apply(name, (input,), (), out)


@function("function method")
def median(input: Any, dim: Any = UNSET, keepdim: bool = False, *, out: Any = None,
           axis: Any = UNSET) -> Any:  # fmt: skip
    """Return the median, over everything or along a dimension: of two in the middle, the lower.

    Parameters
    ----------
    input : Tensor
        Of real numbers. If there is a NaN, it is the median.
    dim : int, optional
        The dimension to look along, by default all.
    keepdim : bool
        Whether it stays, with size 1.
    out : Tensor, or tuple of two, optional
        Where to put the result.
    axis
        NumPy's name of `dim`.

    Returns
    -------
    Tensor, or (values, indices)

    Raises
    ------
    IndexError
        If the dimension is empty.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([[4.0, 1.0, 3.0], [2.0, 9.0, 5.0]])
    >>> x.median()
    tensor(3.)
    >>> x.median(1).values
    tensor([3., 5.])
    """
    return _median("median", input, dim if axis is UNSET else axis, keepdim, out)


@function("function method")
def nanmedian(input: Any, dim: Any = UNSET, keepdim: bool = False, *, out: Any = None,
              axis: Any = UNSET) -> Any:  # fmt: skip
    """Return the median of what is not NaN: see `median`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1.0, float("nan"), 3.0]).nanmedian()
    tensor(1.)
    """
    return _median("nanmedian", input, dim if axis is UNSET else axis, keepdim, out)


@function("function method")
def mode(input: Any, dim: int = -1, keepdim: bool = False, *, out: Any = None) -> Any:
    """Return the most frequent element along a dimension, and where it is last.

    Parameters
    ----------
    input : Tensor
        Of real numbers.
    dim : int
    keepdim : bool
        Whether the dimension stays, with size 1.
    out : tuple of two Tensors, optional
        Where to put the result.

    Returns
    -------
    (values, indices)
        Of several most frequent elements, the smallest.

    Raises
    ------
    IndexError
        If the dimension is empty.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([3, 1, 2, 1]).mode()
    plugrad.return_types.mode(
    values=tensor(1),
    indices=tensor(3))
    """
    _check("mode", input)
    number = one_dim("mode", input, dim, keepdim)
    refuse_empty("mode", input, (number,))
    return return_types.mode(apply("mode", (input,), (number, keepdim), out))


@function("function method")
def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False, *, out: Any = None) -> Any:
    """Return the `k`-th smallest element along a dimension, and where it is.

    Parameters
    ----------
    input : Tensor
        Of real numbers. NaN counts as larger than everything.
    k : int
        From 1 to the size of the dimension.
    dim : int
    keepdim : bool
        Whether the dimension stays, with size 1.
    out : tuple of two Tensors, optional
        Where to put the result.

    Returns
    -------
    (values, indices)

    Raises
    ------
    RuntimeError
        If there are not so many elements.
    IndexError
        If the dimension is empty.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([3, 1, 2]).kthvalue(2)
    plugrad.return_types.kthvalue(
    values=tensor(2),
    indices=tensor(2))
    """
    _check("kthvalue", input)
    number = one_dim("kthvalue", input, dim, keepdim)
    refuse_empty("kthvalue", input, (number,))
    size = input._array.shape[number] if input._array.shape else 1
    if not 1 <= k <= size:
        raise RuntimeError(f"kthvalue(): k must be from 1 to {size}, the dimension's size, not {k}")
    return return_types.kthvalue(apply("kthvalue", (input,), (k, number, keepdim), out))


# ------------------------------------------------------------------------------------- quantiles

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _quantile(
    name: str, input: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str, out: Any
) -> Any:
    q = _checked_quantiles(name, input, q, interpolation)
    number = None if dim is None else one_dim(name, input, dim, keepdim)
    shape = _slices_shape(input, number, keepdim)
    ordered = _ordered(input, number)
    size = ordered.shape[-1]
    ordered = ordered.view(*shape, size)
    missing = ordered.isnan()
    if name == "nanquantile":
        last = (size - 1 - missing.sum(-1, True)).clamp(min=0)
        ranks = q.reshape(-1) * last.to(q.dtype)
    else:
        # Where there is a NaN, it is the quantile: the last element.
        ranks = (q.reshape(-1) * (size - 1)).expand(*shape, -1)
        ranks = ranks.masked_fill(missing.any(-1, True), size - 1)
    result = _between_ranks(ordered, ranks, interpolation)
    # From (..., quantiles) to (quantiles, ...), without that of a single quantile.
    if q.ndim:
        result = result.unsqueeze(0).transpose(0, -1)
    result = operators["squeeze_result"].call(result, result.ndim - 1)
    return into(name, out, result, input)


def _checked_quantiles(name: str, input: Any, q: Any, interpolation: str) -> Any:
    """Return `q` as a tensor of no or one dimension, in the dtype of the input."""
    require_tensor(name, input)
    if input._dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(f"{name}() needs float32 or float64, not {input._dtype}")
    if 0 in input._array.shape:
        raise RuntimeError(f"{name}() of no elements has no value")
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(
            f"{name}(): interpolation must be one of {', '.join(_INTERPOLATIONS)}, not "
            f"{interpolation!r}"
        )
    if not isinstance(q, TensorBase):
        q = input.new_tensor(q)
    if q._dtype is not input._dtype:
        raise RuntimeError(
            f"{name}(): q must have the input's dtype {input._dtype}, not {q._dtype}"
        )
    if len(q._array.shape) > 1:
        raise RuntimeError(f"{name}(): q must have 0 or 1 dimensions, not {len(q._array.shape)}")
    if not bool(functions["logical_and"](q >= 0, q <= 1).all()):
        raise RuntimeError(f"{name}(): q must lie in the range [0, 1]")
    return q


def _slices_shape(input: Any, dim: int | None, keepdim: bool) -> list[int]:
    """Return the shape that is left for one quantile."""
    shape = list(input._array.shape)
    dims = range(len(shape)) if dim is None or not shape else (dim,)
    return list(reduced_shape(tuple(shape), dims, keepdim))


def _ordered(input: Any, dim: int | None) -> Any:
    """Return the elements in order along the last dimension, with `dim` in its place."""
    if dim is None or not input._array.shape:
        return input.flatten().sort()[0]
    if dim != len(input._array.shape) - 1:
        input = input.unsqueeze(-1).transpose(dim, -1)
    return input.sort()[0]


def _between_ranks(ordered: Any, ranks: Any, interpolation: str) -> Any:
    if interpolation == "lower":
        ranks = ranks.floor()
    elif interpolation == "higher":
        ranks = ranks.ceil()
    elif interpolation == "nearest":
        ranks = ranks.round()
    below = ranks.to(dtypes.int64)
    low = ordered.gather(-1, below)
    if interpolation not in ("linear", "midpoint"):
        return low
    high = ordered.gather(-1, ranks.ceil().to(dtypes.int64))
    weight = ranks - below if interpolation == "linear" else ranks.new_full((), 0.5)
    return operators["lerp_tensor"].call(low, high, weight)


@function("function method", aten="aten::quantile")
def quantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear", out: Any = None,
) -> Any:  # fmt: skip
    """Return quantiles: what the fraction `q` of the elements is not larger than.

    Parameters
    ----------
    input : Tensor
        Of float32 or float64. If there is a NaN, all quantiles are NaN.
    q : float or Tensor
        From 0 to 1: one, or a tensor of shape ``(n,)``, in the input's dtype.
    dim : int, optional
        The dimension to look along, by default all.
    keepdim : bool
        Whether it stays, with size 1.
    interpolation : {"linear", "lower", "higher", "midpoint", "nearest"}
        What to return between two elements.
    out : Tensor, optional
        Where to put the result.

    Returns
    -------
    Tensor
        For several quantiles with a new first dimension of size n.

    Raises
    ------
    RuntimeError
        For another dtype, no elements, or `q` out of range.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([0.0, 10.0, 20.0]).quantile(0.75)
    tensor(15.)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, out)


@function("function method", aten="aten::nanquantile")
def nanquantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear", out: Any = None,
) -> Any:  # fmt: skip
    """Return quantiles of the elements that are not NaN: see `quantile`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([0.0, float("nan"), 20.0]).nanquantile(0.5)
    tensor(10.)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, out)
