"""Sums, products, means, and what else reduces dimensions by adding up.

A reduction over everything and one over some dimensions are two operators where PyTorch has two
(``sum``: SumBackward0, ``sum_dim``: SumBackward1). The public functions read PyTorch's arguments,
NumPy's names ``axis`` and ``keepdims`` included, and call them.
"""

from __future__ import annotations

import math
from typing import Any

from plugrad.operators.dimensions import (
    UNSET,
    apply,
    reduced_dims,
    require_floating,
    require_real,
    restored,
    result_kind,
)
from plugrad.vocabulary.forms import function, linear, primitive
from plugrad.vocabulary.registry import functions

__all__ = ["all", "any", "count_nonzero", "mean", "nanmean", "nansum", "sum"]


def _count(shape: tuple[int, ...], dim: tuple[int, ...]) -> int:
    return math.prod([shape[number] for number in dim])


# Sums and means accept every dtype as it is: the kernels accumulate half precision in float32.
_sum = linear(
    "sum", "x; kind=None", out="casts", moves=True,
    x=lambda k, g, x_shape: k.expand(g, x_shape),
)  # fmt: skip

_sum_dim = linear(
    "sum_dim", "x; dim, keepdim=False, kind=None", out="casts", node="SumBackward1",
    aten="aten::sum",
    moves=True,
    x=lambda k, g, x_shape, dim, keepdim: k.expand(restored(k, g, x_shape, dim, keepdim), x_shape),
)  # fmt: skip

_mean = linear(
    "mean", "x; kind=None", out="casts", moves=True,
    x=lambda k, g, x_shape: k.expand(g / math.prod(x_shape), x_shape),
)  # fmt: skip

_mean_dim = linear(
    "mean_dim", "x; dim, keepdim=False, kind=None", out="casts", node="MeanBackward1",
    aten="aten::mean",
    moves=True,
    x=lambda k, g, x_shape, dim, keepdim: k.expand(
        restored(k, g / _count(x_shape, dim), x_shape, dim, keepdim), x_shape
    ),
)  # fmt: skip


@function("function method")
def sum(
    input: Any, dim: Any = UNSET, keepdim: bool = False, *, dtype: Any = None, out: Any = None,
    axis: Any = UNSET, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the sum of the elements, over all or some dimensions.

    Parameters
    ----------
    input : Tensor
    dim : int, sequence of int or None
        The dimensions to sum over; by default, and if None or empty, all.
    keepdim : bool
        Whether they stay, with size 1.
    dtype : dtype, optional
        Of the result. By default integers and bools are summed in int64, and everything else in its
        own dtype (half precision is accumulated in float32).
    out : Tensor, optional
        Where to put the result.
    axis, keepdims
        NumPy's names of `dim` and `keepdim`.

    Returns
    -------
    Tensor
        Of `dtype`.

    Raises
    ------
    IndexError
        If there is no such dimension.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> x.sum()
    tensor(10.)
    >>> x.sum(1, keepdim=True)
    tensor([[3.],
            [7.]])
    """
    if dtype is not None or out is not None:
        dtype = result_kind("sum", input, dtype, out)
    dim = dim if axis is UNSET else axis
    keepdim = keepdim or keepdims
    if dim is UNSET:
        if keepdim:
            _refuse_keepdim("sum")
        return _sum(input, dtype) if out is None else apply("sum", (input,), (dtype,), out)
    dims = reduced_dims("sum", input, dim, keepdim)
    if out is None:
        return _sum_dim(input, dims, keepdim, dtype)
    return apply("sum_dim", (input,), (dims, keepdim, dtype), out)


def _refuse_keepdim(name: str) -> None:
    raise TypeError(f"{name}(): keepdim needs a dim")


@function("function method")
def mean(
    input: Any, dim: Any = UNSET, keepdim: bool = False, *, dtype: Any = None, out: Any = None,
    axis: Any = UNSET, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the mean of the elements, over all or some dimensions: NaN if there are none.

    Parameters
    ----------
    input : Tensor
    dim : int, sequence of int or None
        The dimensions to average over; by default, and if None or empty, all.
    keepdim : bool
        Whether they stay, with size 1.
    dtype : dtype, optional
        Of the result, and of the sum. Integers have no mean without it.
    out : Tensor, optional
        Where to put the result.
    axis, keepdims
        NumPy's names of `dim` and `keepdim`.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        For integers.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([[1.0, 2.0], [3.0, 4.0]]).mean(0)
    tensor([2., 3.])
    """
    require_floating("mean", input, dtype)
    if dtype is not None or out is not None:
        dtype = result_kind("mean", input, dtype, out)
        require_floating("mean", input, dtype)
    dim = dim if axis is UNSET else axis
    keepdim = keepdim or keepdims
    if dim is UNSET:
        if keepdim:
            _refuse_keepdim("mean")
        return _mean(input, dtype) if out is None else apply("mean", (input,), (dtype,), out)
    dims = reduced_dims("mean", input, dim, keepdim)
    if out is None:
        return _mean_dim(input, dims, keepdim, dtype)
    return apply("mean_dim", (input,), (dims, keepdim, dtype), out)


# ------------------------------------------------------------------------------ without the NaNs


_nansum = primitive(
    "nansum", "x; dim, keepdim=False, kind=None", out="casts", moves=True,
    body=lambda k, x, dim, keepdim=False, dtype=None: k.sum_dim(
        _without_nan(k, x), dim, keepdim, dtype
    ),
    x=lambda k, g, x, x_shape, dim, keepdim: k.keep(
        k.expand(restored(k, g, x_shape, dim, keepdim), x_shape), k.logical_not(k.isnan(x))
    ),
)  # fmt: skip


def _without_nan(k: Any, x: Any) -> Any:
    return k.keep(x, k.logical_not(k.isnan(x)))


@function("function method")
def nansum(
    input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None,
    axis: Any = None, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the sum of the elements that are not NaN: see `sum`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1.0, float("nan"), 3.0]).nansum()
    tensor(4.)
    """
    kind = result_kind("nansum", input, dtype, out)
    keepdim = keepdim or keepdims
    dims = reduced_dims("nansum", input, dim if axis is None else axis, keepdim)
    require_real("nansum", input)
    floating = input._dtype.is_floating_point
    if kind is not None and floating and not kind.is_floating_point:
        if dtype is None or kind.is_complex:
            raise NotImplementedError(
                f"nansum() of {input._dtype} cannot be put into {kind}; convert the result"
            )
        floating = False
    dtype = kind
    if not floating:
        return apply("sum_dim", (input,), (dims, keepdim, dtype), out)
    return apply("nansum", (input,), (dims, keepdim, dtype), out)


@function("function method")
def nanmean(
    input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None,
    axis: Any = None, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the mean of the elements that are not NaN: see `mean`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1.0, float("nan"), 3.0]).nanmean()
    tensor(2.)
    """
    require_floating("nanmean", input)
    dtype = result_kind("nanmean", input, dtype, out)
    dim, keepdim = dim if axis is None else axis, keepdim or keepdims
    count = input.isnan().logical_not().sum(dim, keepdim)
    return functions["div"](nansum(input, dim, keepdim, dtype=dtype), count, out=out)


_count_nonzero = primitive(
    "count_nonzero", "x; dim", result="index",
    body=lambda k, x, dim: k.sum_dim(x != 0, dim, False),
)  # fmt: skip


@function("function method")
def count_nonzero(input: Any, dim: Any = None) -> Any:
    """Return how many elements are not 0.

    Parameters
    ----------
    input : Tensor
    dim : int, sequence of int or None
        The dimensions to count over, by default all.

    Returns
    -------
    Tensor
        Of int64.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([[0, 1], [2, 3]]).count_nonzero(0)
    tensor([1, 2])
    """
    return _count_nonzero(input, reduced_dims("count_nonzero", input, dim))


# ------------------------------------------------------------------------------------- truth


_all = primitive("all", "x; dim=None, keepdim=False")
_any = primitive("any", "x; dim=None, keepdim=False")


def _quantified(name: str, input: Any, dim: Any, keepdim: bool, out: Any) -> Any:
    dims = reduced_dims(name, input, dim, keepdim, empty_means_all=False)
    return apply(name, (input,), (None if dim is None else dims, keepdim), out)


@function("function method")
def all(
    input: Any, dim: Any = None, keepdim: bool = False, *, out: Any = None, axis: Any = None,
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return whether all elements are true, over all or some dimensions.

    Parameters
    ----------
    input : Tensor
        What is not zero is true.
    dim : int, sequence of int or None
        The dimensions to look along, by default all; an empty sequence means none.
    keepdim : bool
        Whether they stay, with size 1.
    out : Tensor, optional
        Where to put the result.
    axis, keepdims
        NumPy's names of `dim` and `keepdim`.

    Returns
    -------
    Tensor
        Of bools; of uint8 if the input is.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([[True, False], [True, True]])
    >>> x.all(), x.all(0)
    (tensor(False), tensor([ True, False]))
    """
    return _quantified("all", input, dim if axis is None else axis, keepdim or keepdims, out)


@function("function method")
def any(
    input: Any, dim: Any = None, keepdim: bool = False, *, out: Any = None, axis: Any = None,
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return whether any element is true, over all or some dimensions.

    Everything else is as for `all`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([[True, False], [True, True]]).any(1)
    tensor([True, True])
    """
    return _quantified("any", input, dim if axis is None else axis, keepdim or keepdims, out)
