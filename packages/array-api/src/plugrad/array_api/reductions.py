"""Reductions of an array along axes, and sums and products that run along one."""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad import Tensor, dtype
from plugrad.array_api.forms import extreme, logical
from plugrad.array_api.operands import Axes, axis_of, dims_of, laid_out, promoted
from plugrad.array_api.promotion import isdtype

max = extreme("max", "the largest elements along axes", "amax")
mean = extreme("mean", "the mean of elements along axes", "mean")
min = extreme("min", "the smallest elements along axes", "amin")
all = logical("all", "whether all elements along axes are true")
any = logical("any", "whether an element along axes is true")


def _accumulator(x: Tensor, dtype: dtype | None) -> dtype:
    """Return the dtype of sums and products: the widest integer of the same sign."""
    if dtype is not None:
        return dtype
    if isdtype(x.dtype, "unsigned integer"):
        return plugrad.uint64
    return plugrad.int64 if isdtype(x.dtype, ("bool", "signed integer")) else x.dtype


def sum(
    x: Tensor, /, *, axis: Axes = None, dtype: dtype | None = None, keepdims: bool = False
) -> Tensor:
    """Return the sum of elements along axes.

    Parameters
    ----------
    x : Tensor
    axis : int or tuple of int, optional
        By default all; ``()`` names none.
    dtype : dtype, optional
        Of the result; of integers by default ``int64`` or ``uint64``.
    keepdims : bool
        Whether the axes stay, with size one.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.sum(xp.asarray([[1, 2], [3, 4]], dtype=xp.uint8), axis=0)
    tensor([4, 6], dtype=plugrad.uint64)
    """
    return plugrad.sum(**laid_out(x, axis, keepdims), dtype=_accumulator(x, dtype))


def prod(
    x: Tensor, /, *, axis: Axes = None, dtype: dtype | None = None, keepdims: bool = False
) -> Tensor:
    """Return the product of elements along axes.

    Parameters
    ----------
    x : Tensor
    axis : int or tuple of int, optional
        By default all; ``()`` names none.
    dtype : dtype, optional
        Of the result; of integers by default ``int64`` or ``uint64``.
    keepdims : bool
        Whether the axes stay, with size one.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.prod(xp.asarray([[1, 2], [3, 4]]), axis=(0, 1))
    tensor(24)
    """
    kind = _accumulator(x, dtype)
    result = x.to(kind)
    for dim in sorted(dims_of(x, axis), reverse=True):
        result = result.prod(dim, keepdim=keepdims, dtype=kind)
    return result if result is not x else x.clone()


def var(
    x: Tensor, /, *, axis: Axes = None, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    """Return the variance of elements along axes.

    Parameters
    ----------
    x : Tensor
    axis : int or tuple of int, optional
        By default all; ``()`` names none.
    correction : float
        What is taken from the number of elements to divide by: 0 here, 1 in PyTorch.
    keepdims : bool
        Whether the axes stay, with size one.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.var(xp.asarray([1.0, 3.0])), xp.var(xp.asarray([1.0, 3.0]), correction=1)
    (tensor(1.), tensor(2.))
    """
    return plugrad.var(**laid_out(x, axis, keepdims), correction=correction)


def std(
    x: Tensor, /, *, axis: Axes = None, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    """Return the standard deviation of elements along axes.

    Parameters
    ----------
    x : Tensor
    axis : int or tuple of int, optional
        By default all; ``()`` names none.
    correction : float
        What is taken from the number of elements to divide by: 0 here, 1 in PyTorch.
    keepdims : bool
        Whether the axes stay, with size one.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.std(xp.asarray([1.0, 3.0]))
    tensor(1.)
    """
    return plugrad.std(**laid_out(x, axis, keepdims), correction=correction)


def cumulative_sum(
    x: Tensor,
    /,
    *,
    axis: int | None = None,
    dtype: dtype | None = None,
    include_initial: bool = False,
) -> Tensor:
    """Return the sum of the elements so far along an axis.

    Parameters
    ----------
    x : Tensor
    axis : int, optional
        Only an array of one dimension does without.
    dtype : dtype, optional
        Of the result; of integers by default ``int64`` or ``uint64``.
    include_initial : bool
        Whether to begin with the sum of no elements.

    Raises
    ------
    ValueError
        If there is more than one dimension, or none, and no axis.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.cumulative_sum(xp.asarray([1, 2, 3]), include_initial=True)
    tensor([0, 1, 3, 6])
    """
    dim = _running_axis(x, axis)
    sums = plugrad.cumsum(x, dim, dtype=_accumulator(x, dtype))
    return _begun(sums, dim, 0) if include_initial else sums


def cumulative_prod(
    x: Tensor,
    /,
    *,
    axis: int | None = None,
    dtype: dtype | None = None,
    include_initial: bool = False,
) -> Tensor:
    """Return the product of the elements so far along an axis.

    Parameters
    ----------
    x : Tensor
    axis : int, optional
        Only an array of one dimension does without.
    dtype : dtype, optional
        Of the result; of integers by default ``int64`` or ``uint64``.
    include_initial : bool
        Whether to begin with the product of no elements.

    Raises
    ------
    ValueError
        If there is more than one dimension, or none, and no axis.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.cumulative_prod(xp.asarray([2, 3]), include_initial=True)
    tensor([1, 2, 6])
    """
    dim = _running_axis(x, axis)
    products = plugrad.cumprod(x, dim, dtype=_accumulator(x, dtype))
    return _begun(products, dim, 1) if include_initial else products


def _running_axis(x: Tensor, axis: int | None) -> int:
    if x.ndim == 0 or (axis is None and x.ndim != 1):
        raise ValueError(
            f"an array of {x.ndim} dimensions has no one axis to run along; "
            + ("name it as axis=" if x.ndim else "reshape it to (1,)")
        )
    return axis_of(x, axis or 0)


def _begun(running: Tensor, dim: int, first: int) -> Tensor:
    shape = [1 if d == dim else size for d, size in enumerate(running.shape)]
    initial = plugrad.full(shape, first, dtype=running.dtype, device=running.device)
    return plugrad.cat([initial, running], dim)


def count_nonzero(x: Tensor, /, *, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Return how many elements along axes are not zero.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.count_nonzero(xp.asarray([[0, 1], [2, 3]]), axis=0, keepdims=True)
    tensor([[1, 2]])
    """
    return plugrad.sum(**laid_out(x != 0, axis, keepdims))


def diff(
    x: Tensor,
    /,
    *,
    axis: int = -1,
    n: int = 1,
    prepend: Any = None,
    append: Any = None,
) -> Tensor:
    """Return the differences between neighbours along an axis.

    Parameters
    ----------
    x : Tensor
    axis : int
    n : int
        How often to take differences.
    prepend, append : Tensor, optional
        What to put before and behind first.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.diff(xp.asarray([1, 4, 9]), prepend=xp.asarray([0]))
    tensor([1, 3, 5])
    """
    parts = iter(promoted(*(each for each in (x, prepend, append) if each is not None)))
    return plugrad.diff(
        next(parts),
        n,
        axis,
        prepend=None if prepend is None else next(parts),
        append=None if append is None else next(parts),
    )
