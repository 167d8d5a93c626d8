"""Copies with the elements moved: turned, rolled, repeated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index as as_int
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.operators.flattening import flatten
from plugrad.operators.parts import two_dims
from plugrad.operators.picking import index_select
from plugrad.operators.shape import (
    clone_contiguous,
    expand,
    moving,
    one_or_several,
    shape_of,
    unsqueeze,
    view,
)
from plugrad.shapes import normalize_dim, normalize_dims, shape_from_args
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import methods

__all__ = ["flip", "repeat", "repeat_interleave", "require_dims", "roll", "rot90", "tile"]


# ----------------------------------------------------------------------------------- turn and roll

_flip = moving("flip", "x; dims", x=lambda k, g, dims: k.flip(g, dims))

_roll = moving(
    "roll", "x; shifts, dims",
    x=lambda k, g, shifts, dims: k.roll(g, tuple([-shift for shift in shifts]), dims),
)  # fmt: skip

_rot90 = moving("rot90", "x; turns, dims", x=lambda k, g, turns, dims: k.rot90(g, -turns, dims))


@function("function")
def flip(input: Any, dims: Any) -> Any:
    """Return a copy with the order of elements reversed along some dimensions.

    Parameters
    ----------
    input : Tensor
    dims : sequence of int

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.flip(plugrad.tensor([[1, 2], [3, 4]]), (0, 1))
    tensor([[4, 3],
            [2, 1]])
    """
    shape = shape_of("flip", input)
    if not isinstance(dims, (tuple, list)):
        raise TypeError(f"flip(): dims must be a sequence of int, not {type(dims).__name__}")
    return _flip(input, normalize_dims(dims, len(shape)))


def _flip_method(self: Any, *args: Any, dims: Any = None) -> Any:
    return flip(self, one_or_several("flip", args, dims))


methods["flip"] = _flip_method


@function()
def fliplr(input: Any) -> Any:
    """Return a copy with dimension 1 reversed.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fliplr(plugrad.tensor([[1, 2]]))
    tensor([[2, 1]])
    """
    require_dims("fliplr", input, 2)
    return flip(input, (1,))


@function()
def flipud(input: Any) -> Any:
    """Return a copy with dimension 0 reversed.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.flipud(plugrad.tensor([1, 2]))
    tensor([2, 1])
    """
    require_dims("flipud", input, 1)
    return flip(input, (0,))


def require_dims(caller: str, input: Any, least: int) -> None:
    """Check that a tensor has some dimensions at least.

    Raises
    ------
    RuntimeError
        If it has not.
    """
    ndim = len(shape_of(caller, input))
    if ndim < least:
        raise RuntimeError(f"{caller}() needs {least} dimension(s) at least; the tensor has {ndim}")


@function()
def roll(input: Any, shifts: Any, dims: Any = None) -> Any:
    """Return a copy with the elements moved along dimensions, and round at the end.

    Parameters
    ----------
    input : Tensor
    shifts : int or sequence of int
    dims : int or sequence of int, optional
        As many; by default the tensor is rolled as if it were flat.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.roll(plugrad.arange(4), 1)
    tensor([3, 0, 1, 2])
    """
    ndim = len(shape_of("roll", input))
    steps = tuple(map(as_int, shifts)) if isinstance(shifts, (tuple, list)) else (as_int(shifts),)
    several = dims if isinstance(dims, (tuple, list)) else () if dims is None else (dims,)
    if several and not ndim:
        raise IndexError("roll(): a 0-d tensor has no dimension to roll along")
    along = tuple([normalize_dim(dim, ndim) for dim in several])
    if len(steps) != (len(along) or 1):
        raise RuntimeError(f"roll(): {len(steps)} shifts do not fit {len(along)} dimensions")
    return _roll(input, steps, along)


@function()
def rot90(input: Any, k: int = 1, dims: Sequence[int] = (0, 1)) -> Any:
    """Return a copy turned by quarter turns, from the first of two dimensions to the second.

    Parameters
    ----------
    input : Tensor
    k : int
        How many quarter turns.
    dims : sequence of two ints

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.rot90(plugrad.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    require_dims("rot90", input, 2)
    if len(dims) != 2:
        raise RuntimeError(f"rot90(): dims must be two dimensions, not {len(dims)}")
    return _rot90(input, as_int(k), two_dims("rot90", len(input._array.shape), *dims))


# ------------------------------------------------------------------------------------------ repeat


def _repeat_gradient(k: Any, g: Any, x_shape: Any, repeats: tuple[int, ...]) -> Any:
    shape = (1,) * (len(repeats) - len(x_shape)) + tuple(x_shape)
    split = tuple([n for pair in zip(repeats, shape, strict=True) for n in pair])
    summed = k.sum_dim(k.reshape(g, split), tuple(range(0, len(split), 2)), False)
    return k.reshape(summed, x_shape)


_repeat = moving("repeat", "x; repeats", x=_repeat_gradient)


@function("method")
def repeat(self: Any, *args: Any, repeats: Any = None) -> Any:
    """Return a tensor in which this one stands several times along each dimension.

    Parameters
    ----------
    repeats : ints, or a sequence of int
        One for each dimension; more than there are dimensions add new ones in front.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    shape = shape_of("repeat", self)
    times = shape_from_args(one_or_several("repeat", args, repeats), caller="repeat()")
    if len(times) < len(shape):
        raise RuntimeError(
            f"repeat(): {len(times)} numbers are too few for a tensor of {len(shape)} dimensions"
        )
    if any(number < 0 for number in times):
        raise RuntimeError(f"repeat(): the numbers {list(times)} must not be negative")
    return _repeat(self, times)


@function("function", aten="aten::tile")
def tile(input: Any, dims: Any) -> Any:
    """Return a tensor in which `input` stands several times along each dimension.

    As `Tensor.repeat`, but fewer numbers than dimensions count for the last ones.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tile(plugrad.tensor([[1, 2]]), (2,))
    tensor([[1, 2, 1, 2]])
    """
    ndim = len(shape_of("tile", input))
    times = shape_from_args(dims, caller="tile()")
    return repeat(input, (1,) * (ndim - len(times)) + tuple(times))


def _tile_method(self: Any, *args: Any, dims: Any = None) -> Any:
    return tile(self, one_or_several("tile", args, dims))


methods["tile"] = _tile_method


@function()
def repeat_interleave(
    input: Any, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Any:
    """Return a tensor in which each element, or slice along `dim`, stands several times in a row.

    Parameters
    ----------
    input : Tensor
        Without `repeats`: numbers n0, n1, ...; the result is n0 times 0, n1 times 1, ...
    repeats : int or Tensor
        One number for all, or one for each.
    dim : int, optional
        By default the tensor is flattened first.
    output_size : int, optional
        The size of the result along `dim`, where it is known.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.repeat_interleave(plugrad.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    """
    shape = shape_of("repeat_interleave", input)
    if repeats is None:
        return _numbered(input, output_size)
    if dim is None:
        input = flatten(input)
        shape, dim = input._array.shape, 0
    dim = normalize_dim(dim, len(shape))
    if isinstance(repeats, TensorBase):
        count = math.prod(repeats._array.shape)
        if count not in (1, shape[dim]):
            raise RuntimeError(
                f"repeat_interleave(): {count} numbers do not fit dimension {dim} of size "
                f"{shape[dim]}"
            )
        repeats = expand(flatten(repeats), (shape[dim],))
        return index_select(input, dim, _numbered(repeats, output_size))
    if repeats < 0:
        raise RuntimeError(f"repeat_interleave(): repeats must not be negative, and is {repeats}")
    sizes = (*shape[: dim + 1], repeats, *shape[dim + 1 :])
    spread = clone_contiguous(expand(unsqueeze(input, dim + 1), sizes))
    return view(spread, (*shape[:dim], shape[dim] * repeats, *shape[dim + 1 :]))


_numbers = primitive("repeat_numbers", "x; size", aten="aten::repeat_interleave", moves=True)


def _numbered(repeats: Any, size: int | None) -> Any:
    """Return n0 times 0, n1 times 1 and so on."""
    kind = repeats._dtype
    if len(repeats._array.shape) > 1 or kind.name not in ("int32", "int64"):
        raise RuntimeError(
            f"repeat_interleave(): repeats must be a vector of int32 or int64, not of {kind} and "
            f"shape {list(repeats._array.shape)}"
        )
    return _numbers(repeats, size)
