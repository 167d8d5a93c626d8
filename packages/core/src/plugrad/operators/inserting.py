"""A part put into a copy of all: ``select_scatter`` and its kin."""

from __future__ import annotations

from typing import Any

from plugrad.operators.parts import (
    as_strided,
    bounds,
    diagonal,
    position,
    strided_params,
    two_dims,
)
from plugrad.operators.shape import shape_of
from plugrad.shapes import normalize_dim
from plugrad.vocabulary.forms import function, primitive

__all__ = ["as_strided_scatter", "diagonal_scatter", "select_scatter", "slice_scatter"]


def _part_into(name: str, view: str, params: str, **rules: Any) -> Any:
    """Declare ``name(x, src; params)``: a copy of `x` with the part that `view` shows replaced."""

    def body(k: Any, x: Any, src: Any, *values: Any) -> Any:
        return k.scatter_view(x, src, ((view, values, tuple(x.shape)),))

    return primitive(name, f"x, src; {params}", moves=True, body=body, **rules)


_select_scatter = _part_into(
    "select_scatter", "select", "dim, index",
    x=lambda k, g, src_shape, dim, index: k.select_scatter(
        g, k.new_zeros(g, src_shape), dim, index
    ),
    src=lambda k, g, dim, index: k.select(g, dim, index),
)  # fmt: skip

_slice_scatter = _part_into(
    "slice_scatter", "slice", "dim, start, end, step",
    x=lambda k, g, src_shape, dim, start, end, step: k.slice_scatter(
        g, k.new_zeros(g, src_shape), dim, start, end, step
    ),
    src=lambda k, g, dim, start, end, step: k.slice(g, dim, start, end, step),
)  # fmt: skip

_diagonal_scatter = _part_into(
    "diagonal_scatter", "diagonal", "offset, dim1, dim2",
    x=lambda k, g, src_shape, offset, dim1, dim2: k.diagonal_scatter(
        g, k.new_zeros(g, src_shape), offset, dim1, dim2
    ),
    src=lambda k, g, offset, dim1, dim2: k.diagonal(g, offset, dim1, dim2),
)  # fmt: skip


_as_strided_scatter = primitive(
    "as_strided_scatter", "x, src; size, stride, offset, layout", moves=True,
    x=lambda k, g, src_shape, size, stride, offset, layout: k.as_strided_scatter(
        g, k.new_zeros(g, src_shape), size, stride, offset, layout
    ),
    src=lambda k, g, size, stride, offset, layout: k.as_strided(
        g, size, stride, offset, (*layout[:2], True)
    ),
)  # fmt: skip


@function()
def as_strided_scatter(
    input: Any, src: Any, size: Any, stride: Any, storage_offset: int | None = None
) -> Any:
    """Return a copy of `input` with `src` in the place of the part that `as_strided` shows.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.as_strided_scatter(plugrad.zeros(4), plugrad.ones(2), (2,), (2,))
    tensor([1., 0., 1., 0.])
    """
    name = "as_strided_scatter"
    params = strided_params(name, input, size, stride, storage_offset)
    as_strided(input, size, stride, storage_offset)  # refuses what leaves the memory
    _refuse_other_shape(name, src, params[0])
    return _as_strided_scatter(input, src, *params)


@function()
def select_scatter(input: Any, src: Any, dim: int, index: int) -> Any:
    """Return a copy of `input` with `src` in the place of one index along a dimension.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.select_scatter(plugrad.zeros(2, 2), plugrad.ones(2), 0, 1)
    tensor([[0., 0.],
            [1., 1.]])
    """
    shape = shape_of("select_scatter", input)
    dim = normalize_dim(dim, len(shape))
    index = position(index, shape[dim], dim)
    _refuse_other_shape("select_scatter", src, (*shape[:dim], *shape[dim + 1 :]))
    return _select_scatter(input, src, dim, index)


@function()
def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None,
    step: int = 1,
) -> Any:  # fmt: skip
    """Return a copy of `input` with `src` in the place of a slice along a dimension.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.slice_scatter(plugrad.zeros(4), plugrad.ones(2), 0, 0, 4, 2)
    tensor([1., 0., 1., 0.])
    """
    shape = shape_of("slice_scatter", input)
    dim = normalize_dim(dim, len(shape))
    start, end, step = bounds(slice(start, end, step), shape[dim])
    count = len(range(start, end, step))
    _refuse_other_shape("slice_scatter", src, (*shape[:dim], count, *shape[dim + 1 :]))
    return _slice_scatter(input, src, dim, start, end, step)


@function()
def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """Return a copy of `input` with `src` in the place of a diagonal of two dimensions.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.diagonal_scatter(plugrad.zeros(2, 2), plugrad.ones(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    part = diagonal(input, offset, dim1, dim2)
    _refuse_other_shape("diagonal_scatter", src, part._array.shape)
    dims = two_dims("diagonal_scatter", len(input._array.shape), dim1, dim2)
    return _diagonal_scatter(input, src, offset, *dims)


def _refuse_other_shape(caller: str, src: Any, shape: tuple[int, ...]) -> None:
    if shape_of(caller, src) != shape:
        raise RuntimeError(
            f"{caller}(): src has shape {list(src._array.shape)}, and the part that it is to "
            f"replace {list(shape)}"
        )
