"""Where elements are, in which order, and which there are."""

from __future__ import annotations

from typing import NamedTuple

import plugrad
from plugrad import Tensor
from plugrad.array_api.forms import position
from plugrad.array_api.operands import axis_of, promoted

argmax = position("argmax", "the position of the largest element along an axis")
argmin = position("argmin", "the position of the smallest element along an axis")


def nonzero(x: Tensor, /) -> tuple[Tensor, ...]:
    """Return the positions of what is not zero, an array for each axis.

    Raises
    ------
    ValueError
        If the array has no axis.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.nonzero(xp.asarray([0, 3, 0, 5]))
    (tensor([1, 3]),)
    """
    if x.ndim == 0:
        raise ValueError("a 0-d array has no positions; reshape it to (1,)")
    return tuple(x.nonzero(as_tuple=True))


def searchsorted(
    x1: Tensor, x2: Tensor | int | float, /, *, side: str = "left", sorter: Tensor | None = None
) -> Tensor:
    """Return where to insert elements so that an array stays sorted.

    Parameters
    ----------
    x1 : Tensor
        Of one dimension, ascending.
    x2 : Tensor
        What to insert.
    side : str
        ``"left"`` or ``"right"`` of equal elements.
    sorter : Tensor, optional
        What sorts `x1` if it is not sorted.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.searchsorted(xp.asarray([1, 2, 4]), xp.asarray([2, 3]))
    tensor([1, 2])
    """
    order = None if sorter is None else sorter.to(plugrad.int64)
    boundaries, values = promoted(x1, x2)
    return plugrad.searchsorted(boundaries, values, side=side, sorter=order)


def take(x: Tensor, indices: Tensor, /, *, axis: int | None = None) -> Tensor:
    """Return the parts of an array at some positions of an axis.

    Parameters
    ----------
    x : Tensor
    indices : Tensor of integers
        Negative ones count from the end.
    axis : int, optional
        Only an array of one dimension does without.

    Raises
    ------
    ValueError
        If there is more than one dimension and no axis.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.take(xp.asarray([[1, 2], [3, 4]]), xp.asarray([1, -1]), axis=1)
    tensor([[2, 2],
            [4, 4]])
    """
    if axis is None and x.ndim != 1:
        raise ValueError(f"take() from {x.ndim} dimensions needs an axis; name it as axis=")
    dim = axis_of(x, axis or 0)
    key = (*(slice(None) for _ in range(dim)), indices.to(plugrad.int64))
    return x[key]


def take_along_axis(x: Tensor, indices: Tensor, /, *, axis: int = -1) -> Tensor:
    """Return one element of an axis for each position of an array of positions.

    Parameters
    ----------
    x : Tensor
    indices : Tensor of integers
        Of as many dimensions as `x`. Negative ones count from the end.
    axis : int

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> x = xp.asarray([[3, 1], [2, 5]])
    >>> xp.take_along_axis(x, xp.argsort(x, axis=1), axis=1)
    tensor([[1, 3],
            [2, 5]])
    """
    size = x.shape[axis_of(x, axis)]
    places = indices.to(plugrad.int64)
    return plugrad.take_along_dim(x, plugrad.where(places < 0, places + size, places), axis)


def argsort(
    x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True
) -> Tensor:
    """Return the positions of the elements along an axis, in order.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.argsort(xp.asarray([3, 1, 3, 2]), descending=True)
    tensor([0, 2, 3, 1])
    """
    return x.argsort(axis, descending, stable=stable)


def sort(x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """Return the elements along an axis, in order.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.sort(xp.asarray([3, 1, 2]))
    tensor([1, 2, 3])
    """
    return x.sort(axis, descending, stable=stable)[0]


# ------------------------------------------------------------------------------------------- sets


class UniqueAll(NamedTuple):
    """What `unique_all` returns."""

    values: Tensor
    indices: Tensor
    inverse_indices: Tensor
    counts: Tensor


class UniqueCounts(NamedTuple):
    """What `unique_counts` returns."""

    values: Tensor
    counts: Tensor


class UniqueInverse(NamedTuple):
    """What `unique_inverse` returns."""

    values: Tensor
    inverse_indices: Tensor


def unique_all(x: Tensor, /) -> UniqueAll:
    """Return which elements there are, where each is first, which each is, and how often.

    NaN differs from NaN, as in every comparison. `plugrad.unique` gives no positions, and no
    gradients of its values; here elements are sorted, and compared to their neighbours.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> found = xp.unique_all(xp.asarray([3, 1, 3]))
    >>> found.values, found.indices
    (tensor([1, 3]), tensor([1, 0]))
    >>> found.inverse_indices, found.counts
    (tensor([1, 0, 1]), tensor([1, 2]))
    """
    flat = x.reshape((-1,))
    order = _order(flat)
    ordered = flat[order]
    first = plugrad.ones(flat.shape, dtype=plugrad.bool, device=x.device)
    first[1:] = ordered[1:] != ordered[:-1]
    starts = first.nonzero(as_tuple=True)[0]
    inverse = plugrad.empty_like(order)
    inverse[order] = first.cumsum(0) - 1
    ends = plugrad.cat([starts[1:], starts.new_full((min(flat.numel(), 1),), flat.numel())])
    return UniqueAll(ordered[starts], order[starts], inverse.reshape(x.shape), ends - starts)


def _order(flat: Tensor) -> Tensor:
    """Return what sorts elements; complex ones by their real parts, then their imaginary ones."""
    if not flat.dtype.is_complex:
        return flat.detach().argsort(0, stable=True)
    parts = flat.detach()
    by_imaginary = parts.imag.argsort(0, stable=True)
    return by_imaginary[parts.real[by_imaginary].argsort(0, stable=True)]


def unique_counts(x: Tensor, /) -> UniqueCounts:
    """Return which elements there are, and how often.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.unique_counts(xp.asarray([3, 1, 3]))
    UniqueCounts(values=tensor([1, 3]), counts=tensor([1, 2]))
    """
    found = unique_all(x)
    return UniqueCounts(found.values, found.counts)


def unique_inverse(x: Tensor, /) -> UniqueInverse:
    """Return which elements there are, and which each is.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.unique_inverse(xp.asarray([3, 1, 3]))
    UniqueInverse(values=tensor([1, 3]), inverse_indices=tensor([1, 0, 1]))
    """
    found = unique_all(x)
    return UniqueInverse(found.values, found.inverse_indices)


def unique_values(x: Tensor, /) -> Tensor:
    """Return which elements there are.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.unique_values(xp.asarray([3, 1, 3]))
    tensor([1, 3])
    """
    return unique_all(x).values
