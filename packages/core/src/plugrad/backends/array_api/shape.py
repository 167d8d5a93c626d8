"""Shape kernels in the standard's words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy

from plugrad.autograd.views import Step
from plugrad.backends.array_api.arrays import ArrayKernels, Dims, Shape
from plugrad.dtypes import dtype
from plugrad.vocabulary.registry import operators

__all__ = ["ShapeKernels", "strided_places"]

_ALL = slice(None)

Layout = tuple[Any, ...]
"""Strides and offset, in elements: how a tensor lies in its memory.

A third entry says that there is no memory beside its elements, as for a gradient.
"""


def strided_places(shape: Shape, layout: Layout) -> numpy.ndarray[Any, Any]:
    """Return where in memory each element of a tensor of this layout lies.

    Examples
    --------
    >>> strided_places((2, 2), ((1, 2), 5)).tolist()
    [[5, 7], [6, 8]]
    """
    strides, offset = layout
    places = numpy.full(shape, offset, numpy.int64)
    for dim, (size, step) in enumerate(zip(shape, strides, strict=True)):
        along = [1] * len(shape)
        along[dim] = size
        places += (numpy.arange(size) * step).reshape(along)
    return places


class ShapeKernels(ArrayKernels):
    """Kernels that only change shapes, take parts, move elements or put arrays together."""

    # ------------------------------------------------------------------------------------- views

    def alias(self, x: Any) -> Any:
        return x[...]

    def viewable(self, x: Any, shape: Shape) -> bool:
        """Return whether `x` can be seen in another shape without a copy."""
        return True

    def is_contiguous(self, x: Any) -> bool:
        """Return whether the elements lie in the order of their indices."""
        return True

    def reshape(self, x: Any, shape: Shape) -> Any:
        return self.xp.reshape(x, shape)

    def view(self, x: Any, shape: Shape) -> Any:
        return self.reshape(x, shape)

    def reshape_alias(self, x: Any, shape: Shape) -> Any:
        return self.view(x, shape)

    def unsafe_view(self, x: Any, shape: Shape) -> Any:
        return self.reshape(x, shape)

    def view_dtype(self, x: Any, dtype: dtype) -> Any:
        return self.from_host(numpy.ascontiguousarray(self.to_host(x)).view(dtype.np))

    def clone_contiguous(self, x: Any) -> Any:
        return self.copy(x)

    def expand(self, x: Any, shape: Shape) -> Any:
        return self.xp.broadcast_to(x, shape)

    def unsqueeze(self, x: Any, dim: int) -> Any:
        return self.xp.expand_dims(x, axis=dim)

    def squeeze(self, x: Any) -> Any:
        return self.reshape(x, tuple([n for n in x.shape if n != 1]))

    def squeeze_dim(self, x: Any, dim: int) -> Any:
        return self.squeeze_dims(x, (dim,))

    def squeeze_dims(self, x: Any, dims: Dims) -> Any:
        shape = x.shape
        return self.reshape(x, tuple([n for i, n in enumerate(shape) if n != 1 or i not in dims]))

    def permute(self, x: Any, dims: Dims) -> Any:
        return self.xp.permute_dims(x, dims)

    def transpose(self, x: Any, dim0: int, dim1: int) -> Any:
        dims = list(range(len(x.shape)))
        if dims:
            dims[dim0], dims[dim1] = dims[dim1], dims[dim0]
        return self.permute(x, tuple(dims))

    def t(self, x: Any) -> Any:
        return self.transpose(x, 0, 1) if len(x.shape) == 2 else self.alias(x)

    def basic_index(self, x: Any, key: Any) -> Any:
        """Follow several ints and slices at once; a step of views, and no operator."""
        return x[key]

    def select(self, x: Any, dim: int, index: int) -> Any:
        return x[(*[_ALL] * dim, index, ...)]

    def select_grad(self, x: Any, shape: Shape, dim: int, index: int) -> Any:
        whole = self.new_zeros(x, shape)
        whole[(*[_ALL] * dim, index, ...)] = x
        return whole

    def slice(self, x: Any, dim: int, start: int, end: int, step: int) -> Any:
        return x[(*[_ALL] * dim, slice(start, end, step), ...)]

    def slice_grad(self, x: Any, shape: Shape, dim: int, start: int, end: int, step: int) -> Any:
        whole = self.new_zeros(x, shape)
        whole[(*[_ALL] * dim, slice(start, end, step), ...)] = x
        return whole

    def diagonal(self, x: Any, offset: int, dim1: int, dim2: int) -> Any:
        others = [dim for dim in range(len(x.shape)) if dim not in (dim1, dim2)]
        x = self.permute(x, (*others, dim1, dim2))
        *lead, rows, columns = x.shape
        below, right = max(0, -offset), max(0, offset)
        count = max(0, min(rows - below, columns - right))
        start = min(below * columns + right, rows * columns)
        flat = self.reshape(x, (*lead, rows * columns))
        stop = min(start + count * (columns + 1), rows * columns)
        return flat[..., start : stop : columns + 1][..., :count]

    def diagonal_grad(self, x: Any, shape: Shape, offset: int, dim1: int, dim2: int) -> Any:
        return self._placed(x, shape, "diagonal", (offset, dim1, dim2))

    def unfold(self, x: Any, dim: int, size: int, step: int) -> Any:
        if not x.shape:
            return self.reshape(x, (1,))[:size]
        starts = range(0, x.shape[dim] - size + 1, step)
        last = len(x.shape) - 1
        parts = [self.xp.moveaxis(self.slice(x, dim, n, n + size, 1), dim, last) for n in starts]
        return self.xp.stack(parts, axis=dim)

    def unfold_grad(self, x: Any, shape: Shape, dim: int, size: int, step: int) -> Any:
        if not shape:
            return self.sum_to(x, ())
        whole = self.new_zeros(x, shape)
        length = (x.shape[dim] - 1) * step + 1
        for place in range(size):
            whole[(*[_ALL] * dim, slice(place, place + length, step), ...)] += x[..., place]
        return whole

    def as_strided(self, x: Any, size: Shape, stride: Dims, offset: int, layout: Layout) -> Any:
        # The array itself tells no strides; `layout` says how the tensor lay that was meant.
        found, missing = _matched(x.shape, layout, size, (stride, offset))
        taken = self.take(self.reshape(x, (-1,)), self.from_host(found))
        if missing.any():
            taken = self.xp.where(self.from_host(missing), self.new_zeros(x, ()), taken)
        return taken

    def as_strided_grad(
        self, x: Any, shape: Shape, size: Shape, stride: Dims, offset: int, layout: Layout
    ) -> Any:
        found, missing = _matched(shape, layout, size, (stride, offset))
        if missing.any():
            x = self.xp.where(self.from_host(missing), self.new_zeros(x, ()), x)
        flat = self.new_zeros(x, (math.prod(shape),))
        return self.reshape(self.add_at(flat, self.from_host(found), x), shape)

    def as_strided_scatter(
        self, x: Any, src: Any, size: Shape, stride: Dims, offset: int, layout: Layout
    ) -> Any:
        found, missing = _matched(x.shape, layout, size, (stride, offset))
        kept = numpy.flatnonzero(~missing)
        src = self.take(self.reshape(src, (-1,)), self.from_host(kept))
        places = self.from_host(found.reshape(-1)[kept])
        return self.reshape(self.put_at(self.reshape(x, (-1,)), places, src), x.shape)

    # ------------------------------------------------------------------------- ways through views

    def view_of(self, x: Any, steps: Sequence[Step]) -> Any:
        """Take the steps of a view, one after the other, of an array of any layout."""
        for name, params, _ in steps:
            # A gradient need not lie in memory as the tensor did whose view is meant.
            name = "reshape" if name in ("view", "reshape_alias") else name
            x = getattr(self, name)(x, *params)
        return x

    def unview(self, x: Any, shape: Shape, steps: Sequence[Step]) -> Any:
        """Return the transpose of `view_of`: each step's own gradient rule, the last step's first.

        Where elements stand several times in a view, as in an expanded one, they are added up.
        """
        for name, params, before in reversed(steps):
            operator = operators.get(name)
            if operator is None:
                # A kernel only, which shows no element twice.
                x = self.scatter_view(self.new_zeros(x, before), x, ((name, params, before),))
                continue
            values = dict(zip(operator.params, params, strict=True), k=self, g=x, x_shape=before)
            rule = operator.rules["x"]
            x = rule.function(*[values[wanted] for wanted in rule.names])
            if tuple(x.shape) != tuple(before):
                x = self.sum_to(x, before)
        return x

    def scatter_view(self, x: Any, src: Any, steps: Sequence[Step]) -> Any:
        """Return a copy of `x` in which the part that `steps` lead to is `src`."""
        places = self.view_of(self._numbered_places(x.shape), steps)
        flat = self.put_at(self.reshape(x, (-1,)), places, src)
        return self.reshape(flat, x.shape)

    def _numbered_places(self, shape: Shape) -> Any:
        """Return the position of each element of a dense array."""
        return self.from_host(numpy.arange(math.prod(shape)).reshape(shape))

    def _placed(self, x: Any, shape: Shape, name: str, params: tuple[Any, ...]) -> Any:
        """Return zeros of `shape` with `x` in the part that a view operator leads to."""
        return self.scatter_view(self.new_zeros(x, shape), x, [(name, params, shape)])

    # ---------------------------------------------------------------------------- moving elements

    def flip(self, x: Any, dims: Dims) -> Any:
        return self.xp.flip(x, axis=dims)

    def roll(self, x: Any, shifts: tuple[int, ...], dims: Dims) -> Any:
        if not dims:
            return self.xp.roll(x, shifts[0])
        return self.xp.roll(x, shifts, axis=dims)

    def rot90(self, x: Any, turns: int, dims: tuple[int, int]) -> Any:
        turns %= 4
        flipped = {0: (), 1: dims[1:], 2: dims, 3: dims[:1]}[turns]
        x = self.flip(x, flipped)
        return self.transpose(x, *dims) if turns % 2 else x

    def repeat(self, x: Any, repeats: tuple[int, ...]) -> Any:
        lead = len(repeats) - len(x.shape)
        split, spread = [], []
        for times, size in zip(repeats, (1,) * lead + tuple(x.shape), strict=True):
            split += [1, size]
            spread += [times, size]
        whole = tuple(n * size for n, size in zip(spread[::2], spread[1::2], strict=True))
        x = self.expand(self.reshape(x, tuple(split)), tuple(spread))
        return self.reshape(self.copy(x) if math.prod(repeats) == 1 else x, whole)

    def repeat_numbers(self, x: Any, size: int | None) -> Any:
        numbers = self.from_host(numpy.arange(x.shape[0]))
        return self.xp.repeat(numbers, x)

    def tril(self, x: Any, diagonal: int) -> Any:
        return self.xp.tril(x, k=diagonal)

    def triu(self, x: Any, diagonal: int) -> Any:
        return self.xp.triu(x, k=diagonal)

    def diag_embed(self, x: Any, offset: int, dim1: int, dim2: int) -> Any:
        size = x.shape[-1] + abs(offset)
        shape = list(x.shape[:-1])
        for dim in sorted((dim1, dim2)):
            shape.insert(dim, size)
        return self._placed(x, tuple(shape), "diagonal", (offset, dim1, dim2))

    def block_diag(self, xs: Sequence[Any]) -> Any:
        shapes = [(1,) * (2 - len(x.shape)) + tuple(x.shape) for x in xs]
        whole = self.new_zeros(xs[0], tuple(map(sum, zip(*shapes, strict=True))))
        row = column = 0
        for x, (rows, columns) in zip(xs, shapes, strict=True):
            whole[row : row + rows, column : column + columns] = self.reshape(x, (rows, columns))
            row, column = row + rows, column + columns
        return whole

    # ----------------------------------------------------------------------- joining and splitting

    def cat(self, xs: Sequence[Any], dim: int) -> Any:
        # An empty vector fits to everything, as in PyTorch.
        several = [x for x in xs if tuple(x.shape) != (0,)]
        return self.xp.concat(several or xs, axis=dim)

    def stack(self, xs: Sequence[Any], dim: int) -> Any:
        return self.xp.stack(xs, axis=dim)

    def split(self, x: Any, size: int, dim: int) -> list[Any]:
        length = x.shape[dim]
        starts = range(0, length, size) if length else (0,)
        return [self.slice(x, dim, n, min(n + size, length), 1) for n in starts]

    def split_with_sizes(self, x: Any, sizes: Sequence[int], dim: int) -> list[Any]:
        parts, start = [], 0
        for size in sizes:
            parts.append(self.slice(x, dim, start, start + size, 1))
            start += size
        return parts

    def unbind(self, x: Any, dim: int) -> list[Any]:
        return [self.select(x, dim, index) for index in range(x.shape[dim])]


def _matched(
    shape: Shape, layout: Layout, size: Shape, wanted: Layout
) -> tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]:
    """Return which elements of a tensor another layout of its memory shows, and where none."""
    at = strided_places(size, wanted)
    places = strided_places(shape, layout[:2]).reshape(-1)
    low = min(places.min(initial=0), at.min(initial=0))
    high = max(places.max(initial=0), at.max(initial=0))
    element = numpy.full(int(high - low) + 1, -1)
    element[places - low] = numpy.arange(places.size)
    found = element[at - low]
    missing = found < 0
    return numpy.where(missing, 0, found), missing
