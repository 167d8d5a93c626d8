"""Parts of a tensor as views: one index, a slice, a diagonal, windows, any strides.

The gradient of a part is zero elsewhere: ``select_grad`` and its kin make it, as the transposes.
"""

from __future__ import annotations

from operator import index as as_int
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.dtypes import Category
from plugrad.operators.shape import moving, shape_of, viewing
from plugrad.shapes import normalize_dim
from plugrad.vocabulary.forms import function, linear

__all__ = [
    "as_strided",
    "bounds",
    "diagonal",
    "narrow",
    "position",
    "select",
    "strided_params",
    "two_dims",
    "unfold",
]

_select = viewing(
    "select", "x; dim, index",
    x=lambda k, g, x_shape, dim, index: k.select_grad(g, x_shape, dim, index),
)  # fmt: skip

moving(
    "select_grad", "x; shape, dim, index",
    node="SelectBackwardBackward0", aten="aten::select_backward",
    x=lambda k, g, dim, index: k.select(g, dim, index),
)  # fmt: skip

_slice = viewing(
    "slice", "x; dim, start, end, step",
    x=lambda k, g, x_shape, dim, start, end, step: k.slice_grad(g, x_shape, dim, start, end, step),
)  # fmt: skip

moving(
    "slice_grad", "x; shape, dim, start, end, step",
    node="SliceBackwardBackward0", aten="aten::slice_backward",
    x=lambda k, g, dim, start, end, step: k.slice(g, dim, start, end, step),
)  # fmt: skip

_diagonal = viewing(
    "diagonal", "x; offset, dim1, dim2",
    x=lambda k, g, x_shape, offset, dim1, dim2: k.diagonal_grad(g, x_shape, offset, dim1, dim2),
)  # fmt: skip

moving(
    "diagonal_grad", "x; shape, offset, dim1, dim2",
    node="DiagonalBackwardBackward0", aten="aten::diagonal_backward",
    x=lambda k, g, offset, dim1, dim2: k.diagonal(g, offset, dim1, dim2),
)  # fmt: skip

_unfold = viewing(
    "unfold", "x; dim, size, step",
    x=lambda k, g, x_shape, dim, size, step: k.unfold_grad(g, x_shape, dim, size, step),
)  # fmt: skip

linear(
    "unfold_grad", "x; shape, dim, size, step",
    node="UnfoldBackwardBackward0", aten="aten::unfold_backward",
    x=lambda k, g, dim, size, step: k.unfold(g, dim, size, step),
)  # fmt: skip

# `layout` says how the input itself lies in memory: the gradient need not lie so.
_as_strided = viewing(
    "as_strided", "x; size, stride, offset, layout",
    x=lambda k, g, x_shape, size, stride, offset, layout: k.as_strided_grad(
        g, x_shape, size, stride, offset, layout
    ),
)  # fmt: skip

linear(
    "as_strided_grad", "x; shape, size, stride, offset, layout",
    node="AsStridedBackwardBackward0", aten="aten::as_strided",
    # The `True` says that a gradient has no memory beside its own elements.
    x=lambda k, g, size, stride, offset, layout: k.as_strided(
        g, size, stride, offset, (*layout[:2], True)
    ),
)  # fmt: skip


@function()
def select(input: Any, dim: int, index: Any) -> Any:
    """Return the view of one index along a dimension, which goes.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : int
        May be negative: -1 is the last.

    Returns
    -------
    Tensor

    Raises
    ------
    IndexError
        If there is no such index.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.select(plugrad.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    shape = shape_of("select", input)
    if not shape:
        raise IndexError("select(): a 0-d tensor has nothing to select from")
    dim = normalize_dim(dim, len(shape))
    return _select(input, dim, position(as_int(index), shape[dim], dim))


def position(index: int, size: int, dim: int) -> int:
    """Return `index` counted from the front.

    Raises
    ------
    IndexError
        If it is out of range.
    """
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of range for dimension {dim} with size {size}")
    return index + size if index < 0 else index


@function()
def narrow(input: Any, dim: int, start: Any, length: int) -> Any:
    """Return the view of `length` indices along a dimension, from `start`.

    Parameters
    ----------
    input : Tensor
    dim : int
    start : int or Tensor
        May be negative: -1 is the last.
    length : int

    Returns
    -------
    Tensor

    Raises
    ------
    IndexError
        If `start` is out of range.
    RuntimeError
        If `length` is negative or too large.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.narrow(plugrad.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    dim, begin, length = _narrowed(input, dim, start, length)
    return _slice(input, dim, begin, begin + length, 1)


def _narrowed(input: Any, dim: int, start: Any, length: int) -> tuple[int, int, int]:
    shape = shape_of("narrow", input)
    if not shape:
        raise RuntimeError("narrow() cannot be applied to a 0-d tensor")
    dim = normalize_dim(dim, len(shape))
    if isinstance(start, TensorBase) and (
        start._array.shape or start._dtype.category is not Category.INTEGER
    ):
        raise RuntimeError("narrow(): start must be an int, or a 0-d tensor of an integer dtype")
    size, begin = shape[dim], as_int(start)
    if length < 0:
        raise RuntimeError(f"narrow(): length must not be negative, and is {length}")
    if not -size <= begin <= size:
        raise IndexError(f"narrow(): start {begin} is out of range for a dimension of size {size}")
    begin = begin + size if begin < 0 else begin
    if begin + length > size:
        raise RuntimeError(
            f"narrow(): start {begin} and length {length} go beyond the dimension's size {size}"
        )
    return dim, begin, length


_narrow_copy = moving(
    "narrow_copy", "x; dim, start, length",
    body=lambda k, x, dim, start, length: k.clone_contiguous(
        k.slice(x, dim, start, start + length, 1)
    ),
    x=lambda k, g, x_shape, dim, start, length: k.slice_grad(
        g, x_shape, dim, start, start + length, 1
    ),
)  # fmt: skip


@function()
def narrow_copy(input: Any, dim: int, start: int, length: int) -> Any:
    """Return a copy of what `narrow` shows.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.narrow_copy(plugrad.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    return _narrow_copy(input, *_narrowed(input, dim, start, length))


@function()
def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """Return the view of a diagonal of two dimensions, as the last one of the result.

    Parameters
    ----------
    input : Tensor
    offset : int
        0 is the main diagonal; positive ones lie above it.
    dim1, dim2 : int
        Rows and columns.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([[1, 2], [3, 4]]).diagonal()
    tensor([1, 4])
    """
    dims = two_dims("diagonal", len(shape_of("diagonal", input)), dim1, dim2)
    return _diagonal(input, offset, *dims)


def two_dims(caller: str, ndim: int, dim1: int, dim2: int) -> tuple[int, int]:
    """Return two dimensions counted from the front.

    Raises
    ------
    RuntimeError
        If they are the same.
    IndexError
        If one does not exist.
    """
    first, second = normalize_dim(dim1, ndim), normalize_dim(dim2, ndim)
    if first == second:
        raise RuntimeError(f"{caller}(): the dimensions {dim1} and {dim2} are the same")
    return first, second


@function("method")
def unfold(self: Any, dimension: int, size: int, step: int) -> Any:
    """Return a view of windows along a dimension: they follow `step` apart, and may overlap.

    Parameters
    ----------
    dimension : int
    size : int
        Of each window, which becomes a new last dimension.
    step : int

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If a window does not fit, or `step` is not positive.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.arange(4).unfold(0, 2, 1)
    tensor([[0, 1],
            [1, 2],
            [2, 3]])
    """
    shape = shape_of("unfold", self)
    dim = normalize_dim(dimension, len(shape))
    length = shape[dim] if shape else 1
    if not 0 <= size <= length:
        raise RuntimeError(
            f"unfold(): windows of size {size} do not fit into dimension {dimension} of size "
            f"{length}"
        )
    if step <= 0:
        raise RuntimeError(f"unfold(): step must be positive, and is {step}")
    return _unfold(self, dim, size, step)


@function()
def as_strided(input: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """Return a view of the memory of `input` with any shape and strides.

    Parameters
    ----------
    input : Tensor
    size, stride : sequence of int
        In elements.
    storage_offset : int, optional
        Where in the memory the first element is; by default where that of `input` is.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If it would leave the memory, or a stride is negative.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.arange(4).as_strided((2, 2), (1, 1))
    tensor([[0, 1],
            [1, 2]])
    """
    return _as_strided(input, *strided_params("as_strided", input, size, stride, storage_offset))


def strided_params(name: str, input: Any, size: Any, stride: Any, start: Any) -> tuple[Any, ...]:
    """Return the parameters of `as_strided`, checked.

    Raises
    ------
    RuntimeError
        If their numbers differ, or one is negative.
    """
    shape_of(name, input)
    table, array = input._table, input._array
    layout = (table.strides(array), table.storage_offset(array))
    sizes, strides = tuple(map(as_int, size)), tuple(map(as_int, stride))
    offset = layout[1] if start is None else as_int(start)
    if len(sizes) != len(strides):
        raise RuntimeError(f"{name}(): {len(sizes)} sizes do not fit {len(strides)} strides")
    if min((*strides, *sizes, offset), default=0) < 0:
        raise RuntimeError(
            f"{name}(): sizes {list(sizes)}, strides {list(strides)} and the offset {offset} "
            "must not be negative"
        )
    return sizes, strides, offset, layout


def bounds(key: slice, size: int) -> tuple[int, int, int]:
    """Return start, end and step of a slice, within a dimension of this size.

    Raises
    ------
    ValueError
        If the step is not positive.

    Examples
    --------
    >>> from plugrad.operators.parts import bounds
    >>> bounds(slice(-2, None), 5), bounds(slice(4, 2), 5)
    ((3, 5, 1), (4, 4, 1))
    """
    start, end, step = key.indices(size)
    if step <= 0:
        raise ValueError(f"the step of a slice must be positive, and is {step}; see flip()")
    return start, max(start, end), step
