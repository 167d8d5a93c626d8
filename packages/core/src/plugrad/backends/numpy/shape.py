"""Shape kernels on NumPy arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy

from plugrad.autograd.views import Step
from plugrad.backends.array_api import Dims, Shape
from plugrad.backends.array_api.shape import Layout
from plugrad.backends.array_api.shape import ShapeKernels as Standard
from plugrad.backends.numpy.arrays import Array, channels_last
from plugrad.dtypes import dtype

__all__ = ["ShapeKernels", "strided"]

_ALL = slice(None)
# So many elements a step make it worth adding up overlapping windows a step at a time.
_LONG_STEP = 8


def strided(x: Array, shape: Shape, strides: Sequence[int], offset: int = 0) -> Array:
    """Return a view of the memory of `x` with any geometry.

    Parameters
    ----------
    x : array
    shape : tuple of int
    strides : sequence of int
        In bytes.
    offset : int
        In bytes, from the first element of `x`.

    Returns
    -------
    array
        Its base is the array that owns the memory, as with NumPy's own views.

    Raises
    ------
    ValueError
        If it would leave the memory.
    """
    if offset >= 0 and x.flags.forc:
        try:
            # A tenth of the time of `numpy.lib.stride_tricks.as_strided`.
            return numpy.ndarray(shape, x.dtype, x, offset, strides)
        except ValueError:
            pass  # it goes beyond `x`, perhaps not beyond the memory
    owner = x
    while isinstance(owner.base, numpy.ndarray):
        owner = owner.base
    if not owner.flags.forc:
        # A buffer's dimensions must lie in memory in order.
        places = sorted(range(owner.ndim), key=owner.strides.__getitem__, reverse=True)
        owner = owner.transpose(places)
    if offset == 0 and not owner.flags.forc:
        # What `numpy.broadcast_to` made refers to no array that owns its memory.
        return numpy.lib.stride_tricks.as_strided(x, shape, strides)
    start = _address(x) - _address(owner) + offset
    return numpy.ndarray(shape, x.dtype, owner, start, strides)


def _address(x: Array) -> int:
    address: int = x.__array_interface__["data"][0]
    return address


class ShapeKernels(Standard):
    """Shapes of NumPy arrays: views that lie in memory as PyTorch's do."""

    # ------------------------------------------------------------------------------------- views

    def viewable(self, x: Array, shape: Shape) -> bool:
        return x.flags.c_contiguous or _view_strides(x, shape) is not None

    def is_contiguous(self, x: Array) -> bool:
        return x.flags.c_contiguous

    def reshape(self, x: Array, shape: Shape) -> Array:
        return x.reshape(shape)

    def view(self, x: Array, shape: Shape) -> Array:
        if x.flags.c_contiguous:
            return x.reshape(shape)
        strides = _view_strides(x, shape)
        if strides is None and math.prod(shape) != x.size:
            raise ValueError(f"{x.size} elements do not fill the shape {list(shape)}")
        if strides is None:
            raise ValueError(
                f"its strides {self.strides(x)} do not allow a view of shape {list(shape)}; "
                "use reshape(), which copies where it must"
            )
        return strided(x, shape, strides)

    def view_dtype(self, x: Array, dtype: dtype) -> Array:
        return x.view(dtype.np)

    def clone_contiguous(self, x: Array) -> Array:
        return numpy.array(x, order="C")

    def expand(self, x: Array, shape: Shape) -> Array:
        steps = x.strides
        added = len(shape) - len(steps)
        if added < 0:
            raise ValueError(f"{len(steps)} dimensions do not expand to {len(shape)}")
        strides = [0] * len(shape)
        for place, have in enumerate(x.shape, added):
            if shape[place] == have:
                strides[place] = steps[place - added]
            elif have != 1:
                raise ValueError(f"size {have} does not expand to {shape[place]}")
        if steps and 1 in shape[:added]:
            # PyTorch gives a new dimension of size 1 the stride that goes beyond the next.
            for place in range(added - 1, -1, -1):
                if shape[place] == 1:
                    strides[place] = strides[place + 1] * shape[place + 1]
        return strided(x, shape, strides)

    def unsqueeze(self, x: Array, dim: int) -> Array:
        shape, strides = x.shape, x.strides
        if x.flags.c_contiguous and 1 not in shape:
            return x.reshape((*shape[:dim], 1, *shape[dim:]))
        after = shape[dim] * strides[dim] if dim < len(shape) else x.itemsize
        return strided(x, (*shape[:dim], 1, *shape[dim:]), (*strides[:dim], after, *strides[dim:]))

    def squeeze(self, x: Array) -> Array:
        return x.squeeze()

    def squeeze_dim(self, x: Array, dim: int) -> Array:
        return x.squeeze(dim) if x.shape and x.shape[dim] == 1 else x[...]

    def squeeze_dims(self, x: Array, dims: Dims) -> Array:
        return x.squeeze(tuple([dim for dim in dims if x.shape and x.shape[dim] == 1]))

    def permute(self, x: Array, dims: Dims) -> Array:
        return x.transpose(dims)

    def transpose(self, x: Array, dim0: int, dim1: int) -> Array:
        return x.swapaxes(dim0, dim1) if x.shape else x[...]

    def t(self, x: Array) -> Array:
        return x.T

    def select(self, x: Array, dim: int, index: int) -> Array:
        if dim == 0:
            return x[index, ...]
        key: tuple[Any, ...] = (*[_ALL] * dim, index, ...)
        part: Array = x[key]
        return part

    def slice(self, x: Array, dim: int, start: int, end: int, step: int) -> Array:
        if dim == 0:
            return x[start:end:step]
        return x[(*[_ALL] * dim, slice(start, end, step))]

    def diagonal(self, x: Array, offset: int, dim1: int, dim2: int) -> Array:
        view = x.diagonal(offset, dim1, dim2)
        view.flags.writeable = x.flags.writeable
        return view

    def unfold(self, x: Array, dim: int, size: int, step: int) -> Array:
        if not x.shape:
            return x.reshape(1)[:size]
        shape, strides = list(x.shape), list(x.strides)
        shape.append(size)
        strides.append(strides[dim])
        shape[dim] = (shape[dim] - size) // step + 1
        strides[dim] *= step
        return strided(x, tuple(shape), strides)

    def unfold_grad(self, x: Array, shape: Shape, dim: int, size: int, step: int) -> Array:
        if _LONG_STEP <= step < size and dim == len(shape) - 1:
            return _overlapped(x, shape, size, step)
        if step < size or not shape:
            whole: Array = super().unfold_grad(x, shape, dim, size, step)
            return whole
        # Windows that do not overlap.
        whole = numpy.zeros(shape, x.dtype)
        self.unfold(whole, dim, size, step)[...] = x
        return whole

    def as_strided(self, x: Array, size: Shape, stride: Dims, offset: int, layout: Layout) -> Array:
        if len(layout) > 2 or self.strides(x) != layout[0]:
            copy: Array = super().as_strided(x, size, stride, offset, layout)
            return copy
        item = x.itemsize
        return strided(x, size, [item * step for step in stride], item * (offset - layout[1]))

    # ------------------------------------------------------------------------- ways through views

    def scatter_view(self, x: Array, src: Array, steps: Sequence[Step]) -> Array:
        whole: Array = numpy.array(x, order="C")
        part: Array = self.view_of(whole, steps)
        if part.base is whole or part is whole:
            numpy.copyto(part, src)
            return whole
        # Some step had to copy, for a layout that `whole` has not: write step by step.
        first, others = steps[:1], steps[1:]
        part = self.view_of(whole, first)
        if part.base is not whole:
            copy: Array = super().scatter_view(x, src, steps)
            return copy
        numpy.copyto(part, self.scatter_view(part, src, others))
        return whole

    # ---------------------------------------------------------------------------- moving elements

    def flip(self, x: Array, dims: Dims) -> Array:
        key = [_ALL] * len(x.shape)
        for dim in dims if x.shape else ():
            key[dim] = slice(None, None, -1)
        # Copied: tensors have no negative strides.
        return x[tuple(key)].copy("K")

    def roll(self, x: Array, shifts: tuple[int, ...], dims: Dims) -> Array:
        result = numpy.roll(x, shifts, dims) if dims else numpy.roll(x, shifts[0])
        return numpy.ascontiguousarray(result).reshape(x.shape)

    def repeat(self, x: Array, repeats: tuple[int, ...]) -> Array:
        x = x.reshape((1,) * (len(repeats) - len(x.shape)) + x.shape)
        shape = x.shape
        pairs = list(zip(repeats, shape, strict=True))
        result = numpy.empty([n * size for n, size in pairs], x.dtype)
        split = [n for pair in pairs for n in pair]
        result.reshape(split)[...] = x.reshape([n for size in shape for n in (1, size)])
        return result

    def tril(self, x: Array, diagonal: int) -> Array:
        return _kept(x, _below(x, diagonal))

    def triu(self, x: Array, diagonal: int) -> Array:
        return _kept(x, ~_below(x, diagonal - 1))

    def cat(self, xs: Sequence[Array], dim: int) -> Array:
        for x in xs:
            if x.shape == (0,) or not x.flags.c_contiguous:
                break
        else:
            return numpy.concatenate(xs, dim)
        # Empty vectors fit to everything; and NumPy would keep another order in memory.
        parts = [x for x in xs if x.shape != (0,)] or xs
        shape = list(parts[0].shape)
        shape[dim] = sum([x.shape[dim] for x in parts])
        if all(map(channels_last, parts)):
            laid = numpy.empty([shape[i] for i in (0, 2, 3, 1)], parts[0].dtype)
            return numpy.concatenate(parts, dim, out=numpy.moveaxis(laid, -1, 1))
        return numpy.concatenate(parts, dim, out=numpy.empty(shape, parts[0].dtype))

    def stack(self, xs: Sequence[Array], dim: int) -> Array:
        shape = xs[0].shape
        result = numpy.empty((*shape[:dim], len(xs), *shape[dim:]), xs[0].dtype)
        lead = (_ALL,) * dim
        for number, x in enumerate(xs):
            if x.shape != shape:
                raise ValueError("all shapes must be equal")
            key: tuple[Any, ...] = (*lead, number)
            result[key] = x
        return result


def _view_strides(x: Array, shape: Shape) -> list[int] | None:
    """Return the strides, in bytes, of `x` seen in another shape; None where that cannot be."""
    if math.prod(shape) != x.size:
        return None
    # Neighbouring dimensions without a gap in memory form one block. The new dimensions have to
    # fill block after block; everything here goes from the last dimension to the first.
    blocks: list[tuple[int, int]] = []
    for size, step in zip(reversed(x.shape), reversed(x.strides), strict=True):
        if blocks and step == blocks[-1][0] * blocks[-1][1]:
            blocks[-1] = (blocks[-1][0] * size, blocks[-1][1])
        elif size != 1:
            blocks.append((size, step))
    left = iter(blocks)
    count, base, filled = 1, x.strides[-1] if x.shape else x.itemsize, 1
    strides = []
    for size in reversed(shape):
        if filled == count and size != 1:
            count, base = next(left, (1, 0))
            filled = 1
        strides.append(filled * base)
        filled *= size
        if count % filled:
            return None
    return strides[::-1]


def _below(x: Array, diagonal: int) -> Array:
    """Return where in each matrix the elements on and below a diagonal are."""
    rows, columns = x.shape[-2:]
    return numpy.tri(rows, columns, diagonal, bool)


def _kept(x: Array, keep: Array) -> Array:
    result = numpy.zeros(x.shape, x.dtype)
    numpy.copyto(result, x, where=keep)
    return result


def _overlapped(x: Array, shape: Shape, size: int, step: int) -> Array:
    """Add up windows of the last dimension that overlap, a step of all of them at a time."""
    count = x.shape[-2]
    rows = count + (size - 1) // step
    whole = numpy.zeros((*shape[:-1], max(rows * step, shape[-1])), x.dtype)
    # The same memory, as rows of one step.
    item = whole.itemsize
    steps = strided(whole, (*shape[:-1], rows, step), [*whole.strides[:-1], step * item, item])
    for row, start in enumerate(range(0, size, step)):
        part = x[..., start : start + step]
        steps[..., row : row + count, : part.shape[-1]] += part
    return numpy.ascontiguousarray(whole[..., : shape[-1]])
