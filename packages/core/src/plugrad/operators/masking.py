"""Reading and writing at places of the flattened tensor, and where a mask or element is true."""

from __future__ import annotations

import math
from typing import Any

from plugrad.dtypes import bool_, int64
from plugrad.operators.dimensions import apply
from plugrad.operators.gathering import change, index_given, refuse_dtype
from plugrad.operators.joining import cat
from plugrad.operators.shape import clone_contiguous, moving, shape_of, unsqueeze
from plugrad.operators.splitting import unbind
from plugrad.shapes import broadcast_shapes, shape_from_args
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import functions

__all__ = ["argwhere", "masked_scatter", "masked_select", "nonzero", "put", "take"]

# ---------------------------------------------------------------------------- the flattened tensor

moving(
    "take", "x, index", out="apart",
    x=lambda k, g, x_shape, index: k.take_grad(g, index, x_shape),
)  # fmt: skip

moving(
    "take_grad", "x, index; shape", node="PutBackward0", aten="aten::take_backward",
    x=lambda k, g, index: k.take(g, index),
)  # fmt: skip

primitive(
    "put", "x, index, source; accumulate", moves=True,
    x=lambda k, g, index, source_shape, accumulate: (
        g if accumulate else k.put(g, index, k.new_zeros(g, source_shape), False)
    ),
    source=lambda k, g, index, source_shape: k.reshape(k.take(g, index), source_shape),
)  # fmt: skip


@function()
def take(input: Any, index: Any, *, out: Any = None) -> Any:
    """Return the elements of the flattened tensor at the positions that `index` names.

    Parameters
    ----------
    input : Tensor
    index : Tensor
        Of int64 and any shape, which is the result's; negative ones count from the end.
    out : Tensor, optional

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.take(plugrad.tensor([[1, 2], [3, 4]]), plugrad.tensor([3, 0]))
    tensor([4, 1])
    """
    shape_of("take", input)
    return apply("take", (input, index_given("take", index, (int64,))), (), out)


def _putting(caller: str, input: Any, index: Any, source: Any) -> Any:
    shape_of(caller, input)
    index = index_given(caller, index, (int64,))
    have, count = math.prod(shape_of(caller, source)), math.prod(index._array.shape)
    if have != count:
        raise IndexError(f"{caller}(): {have} elements do not fit {count} positions")
    refuse_dtype(caller, input, source)
    return index


@function()
def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """Return a copy of `input` with elements written, or added, at places of the flattened tensor.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.put(plugrad.zeros(2, 2), plugrad.tensor([3, 0]), plugrad.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 1.]])
    """
    return apply("put", (input, _putting("put", input, index, source), source), (accumulate,), None)


@function("method", names="put_")
def put_(self: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """Do in place what `put` does.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.zeros(2).put_(plugrad.tensor([1]), plugrad.tensor([3.0]))
    tensor([0., 3.])
    """
    return change("put", (self, _putting("put_", self, index, source), source), (accumulate,))


# ------------------------------------------------------------------------------------------- masks

moving(
    "masked_select", "x, mask", out="apart",
    x=lambda k, g, x_shape, mask, mask_shape: k.masked_scatter(
        k.new_zeros(g, tuple(broadcast_shapes(x_shape, mask_shape))), mask, g
    ),
)  # fmt: skip

primitive(
    "masked_scatter", "x, mask, source", moves=True,
    x=lambda k, g, mask: k.keep(g, k.logical_not(mask)),
    source=lambda k, g, mask, source_shape: k.masked_scatter_grad(g, mask, source_shape),
)  # fmt: skip

moving(
    "masked_scatter_grad", "x, mask; shape",
    node="MaskedScatterBackwardBackward0", aten="aten::masked_scatter_backward",
    x=lambda k, g, x_shape, mask: k.masked_scatter(k.new_zeros(g, x_shape), mask, g),
)  # fmt: skip


def _mask_given(caller: str, mask: Any) -> Any:
    shape_of(caller, mask)
    if mask._dtype is not bool_:
        raise RuntimeError(f"{caller}(): mask must be of bool, not {mask._dtype}")
    return mask


@function()
def masked_select(input: Any, mask: Any, *, out: Any = None) -> Any:
    """Return the elements where a mask is true, as a vector.

    Parameters
    ----------
    input : Tensor
    mask : Tensor
        Of bool; the two are broadcast.
    out : Tensor, optional

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([1, 2, 3])
    >>> plugrad.masked_select(x, x > 1)
    tensor([2, 3])
    """
    shape_of("masked_select", input)
    return apply("masked_select", (input, _mask_given("masked_select", mask)), (), out)


@function()
def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """Return a copy of `input` with the elements of `source`, in order, where a mask is true.

    Parameters
    ----------
    input : Tensor
    mask : Tensor
        Of bool; it is broadcast with `input`.
    source : Tensor
        Of the same dtype, with as many elements as the mask wants at least.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> mask = plugrad.tensor([False, True, True])
    >>> plugrad.masked_scatter(plugrad.zeros(3), mask, plugrad.tensor([1.0, 2.0]))
    tensor([0., 1., 2.])
    """
    shape_of("masked_scatter", input)
    shape_of("masked_scatter", source)
    refuse_dtype("masked_scatter", input, source)
    mask = _mask_given("masked_scatter", mask)
    return apply("masked_scatter", (input, mask, source), (), None)


@function("method", names="masked_scatter_")
def masked_scatter_(self: Any, mask: Any, source: Any) -> Any:
    """Do in place what `masked_scatter` does.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.zeros(2)
    >>> x.masked_scatter_(plugrad.tensor([False, True]), plugrad.ones(1))
    tensor([0., 1.])
    """
    shape_of("masked_scatter_", source)
    refuse_dtype("masked_scatter_", self, source)
    mask = _mask_given("masked_scatter_", mask)
    return change("masked_scatter", (self, mask, source), ())


# ------------------------------------------------------------------------------------ where not 0

_nonzero = primitive("nonzero", "x", moves=True)


@function()
def nonzero(input: Any, *, out: Any = None, as_tuple: bool = False) -> Any:
    """Return the positions of the elements that are not 0.

    Parameters
    ----------
    input : Tensor
    out : Tensor, optional
    as_tuple : bool
        Whether to return a vector for each dimension, in place of one matrix.

    Returns
    -------
    Tensor, or tuple of Tensor
        One row for each element.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.nonzero(plugrad.tensor([[0, 1], [2, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    if as_tuple:
        places = _nonzero(input if shape_of("nonzero", input) else input.reshape(1))
        return unbind(places, 1)
    return apply("nonzero", (input,), (), out)


@function()
def argwhere(input: Any) -> Any:
    """Return the positions of the elements that are not 0, one row for each.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.argwhere(plugrad.tensor([0, 5]))
    tensor([[1]])
    """
    return nonzero(input)


@function()
def nonzero_static(input: Any, *, size: int, fill_value: int = -1) -> Any:
    """Return the positions of the first `size` elements that are not 0, one row for each.

    Parameters
    ----------
    input : Tensor
    size : int
        How many rows the result has.
    fill_value : int
        What stands in the rows that are left over.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.nonzero_static(plugrad.tensor([0, 5]), size=2)
    tensor([[ 1],
            [-1]])
    """
    if size < 0:
        raise RuntimeError(f"nonzero_static(): size must not be negative, and is {size}")
    found = nonzero(input)
    count, ndim = found._array.shape
    if count >= size:
        return clone_contiguous(found[:size])
    rest = functions["full"]((size - count, ndim), fill_value, dtype=int64, device=input.device)
    return cat([found, rest])


@function("function")
def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """Return the position in each dimension of elements given by their place in the flat tensor.

    Parameters
    ----------
    indices : Tensor
        Of integers.
    shape : int or sequence of int
        Of the tensor that is meant.

    Returns
    -------
    tuple of Tensor
        One for each dimension.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.unravel_index(plugrad.tensor([1, 5]), (2, 3))
    (tensor([0, 1]), tensor([1, 2]))
    """
    found = shape_of("unravel_index", indices)
    kind = indices._dtype
    if kind.is_floating_point or kind.is_complex or kind is bool_:
        raise TypeError(f"unravel_index(): indices must be integers, not of {kind}")
    sizes = (shape,) if isinstance(shape, int) else shape_from_args(shape, caller="unravel_index()")
    if any(size < 0 for size in sizes):
        raise ValueError(f"unravel_index(): sizes {list(sizes)} must not be negative")
    steps = [math.prod(sizes[number + 1 :]) for number in range(len(sizes))]
    new = indices.new_tensor
    places = unsqueeze(indices, len(found)) // new(steps) % new(list(sizes))
    return unbind(places, -1)
