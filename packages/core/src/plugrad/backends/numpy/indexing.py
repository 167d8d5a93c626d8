"""Indexing kernels on NumPy arrays.

For each operator that changes a part of an array there is a second kernel, `<name>_into`, which
writes into the array itself: for the in-place form, which need not copy all for
the sake of a few elements. They check everything before they write anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy

from plugrad import dtypes as types
from plugrad.backends.array_api import Dims, Shape
from plugrad.backends.array_api.indexing import IndexingKernels as Standard
from plugrad.backends.array_api.indexing import OutOfRange, add_at, reduce_at, steps_of
from plugrad.backends.numpy.arrays import Array, largest
from plugrad.backends.numpy.blocks import in_rows
from plugrad.backends.numpy.sums import SMALL

__all__ = ["IndexingKernels", "places_along"]

_ALL = slice(None)


def _dense(x: Array) -> Array:
    """Return an array in the order of its indices; NumPy sometimes gives another order."""
    return x if x.flags.c_contiguous else numpy.asarray(x, order="C")


def _key(indices: Sequence[Array], dims: Dims) -> tuple[Any, ...]:
    """Return what stands between the brackets of ``x[...]``."""
    if dims == (0,):
        return (indices[0],)
    key: list[Any] = []
    for index, dim in zip(indices, dims, strict=True):
        key += [_ALL] * (dim - len(key))
        key += [index]
        if index.dtype.kind == "b":
            # A mask takes up as many dimensions as it has.
            key += [None] * (len(index.shape) - 1)
    return tuple([part for part in key if part is not None])


class IndexingKernels(Standard):
    """Indexing kernels that NumPy does better than in the standard's words."""

    def put_at(self, x: Array, places: Array, values: Array) -> Array:
        result = x.copy()
        result[places] = values
        return result

    def add_at(self, x: Array, places: Array, values: Array) -> Array:
        result = x.copy()
        add_at(result, places, values)
        return result

    def _require_range(self, index: Array, size: int, dim: int, error: OutOfRange) -> None:
        # As unsigned numbers, negative ones are large: one pass finds both.
        if index.size and largest(index.view("u8"), axis=None) >= size:
            super()._require_range(index, size, dim, error)

    def _wrapped(self, index: Array, size: int, dim: int) -> Array:
        if index.size and largest(index.view("u8"), axis=None) >= size:
            return super()._wrapped(index, size, dim)  # type: ignore[no-any-return]
        return index

    # ------------------------------------------------------------------------- x[i, :, j], x[mask]

    def index(self, x: Array, indices: Sequence[Array], dims: Dims) -> Array:
        if len(indices) == 1 and x.flags.c_contiguous:
            if indices[0].dtype.kind != "b":
                return x.take(indices[0], dims[0])
            if dims == (0,) and indices[0].shape:
                rows, places = _masked(x, indices[0])
                return rows.take(places, 0)
        return _dense(x[_key(indices, dims)])

    def index_grad(self, x: Array, indices: Sequence[Array], shape: Shape, dims: Dims) -> Array:
        whole = numpy.zeros(shape, x.dtype)
        if len(indices) == 1 and indices[0].dtype.kind != "b":
            self._add_slices(whole, x, indices[0], dims[0], fresh=True)
            return whole
        return self.index_put_into(whole, x, indices, dims, True)

    def index_put(
        self, x: Array, values: Array, indices: Sequence[Array], dims: Dims, accumulate: bool
    ) -> Array:
        return self.index_put_into(numpy.array(x), values, indices, dims, accumulate)

    def index_put_into(
        self, x: Array, values: Array, indices: Sequence[Array], dims: Dims, accumulate: bool
    ) -> Array:
        if len(indices) == 1 and indices[0].dtype.kind == "b":
            _put_masked(x, values, indices[0], dims, accumulate)
        elif not accumulate:
            x[_key(indices, dims)] = values
        elif len(indices) > 1:
            self._add_places(x, values, indices, dims)
        else:
            self._add_slices(x, values, indices[0], dims[0])
        return x

    def _add_places(self, x: Array, values: Array, indices: Sequence[Array], dims: Dims) -> None:
        whole = x if x.flags.c_contiguous else numpy.array(x, order="C")
        add_at(whole.reshape(-1), self._index_places(x.shape, indices, dims), values)
        if whole is not x:
            numpy.copyto(x, whole)

    def _add_slices(
        self, x: Array, values: Array, index: Array, dim: int, fresh: bool = False
    ) -> None:
        """Add slices to those of `x` along `dim` that `index` names, the first of them first.

        With `fresh`, to an array of zeros.
        """
        size, row = x.shape[dim], x.size // max(x.shape[dim], 1)
        if row < 8 or index.size * row * 4 < size:
            self._add_places(x, values, [index], (dim,))
            return
        before, after = x.shape[:dim], x.shape[dim + 1 :]
        values = numpy.broadcast_to(values, (*before, *index.shape, *after))
        values = values.reshape((*before, index.size, *after)).swapaxes(0, dim)
        index = self._wrapped(index, size, dim).reshape(-1)
        slices = x.swapaxes(0, dim)
        most = int(largest(numpy.bincount(index, minlength=1)))
        if most > 1 and most * 5000 > index.size * row:
            # Rounds, one for each time that a number comes, would take too many steps.
            self._add_places(x, values.swapaxes(0, dim), [index], (dim,))
            return
        for rows in _rounds(index) if most > 1 else (_ALL,):
            if fresh:
                slices[index[rows]] = values[rows]
                fresh = False
            else:
                slices[index[rows]] += values[rows]

    # ------------------------------------------------------------------------ along one dimension

    def _along(
        self, shape: Shape, dim: int, index: Array, error: OutOfRange = RuntimeError
    ) -> Array:
        self._require_range(index, shape[dim] if shape else 1, dim, error)
        places: Array = places_along(shape, dim, index)
        return places

    @in_rows
    def gather(self, x: Array, index: Array, dim: int) -> Array:
        if x.flags.c_contiguous:
            # The places are in range: "clip" only spares another look at them.
            return x.reshape(-1).take(self._along(x.shape, dim, index), mode="clip")
        self._require_range(index, x.shape[dim], dim, RuntimeError)
        return _dense(x[_along_key(index, dim)])

    def gather_grad(self, x: Array, index: Array, shape: Shape, dim: int) -> Array:
        if shape and shape[0] == len(x):
            return self._scattered(x, index, shape[1:], dim)
        return self.scatter_add_into(numpy.zeros(shape, x.dtype), index, x, dim)

    @in_rows
    def _scattered(self, x: Array, index: Array, shape: Shape, dim: int) -> Array:
        """Add `x` to zeros of as many rows as it has, of a `shape`."""
        return self.scatter_add_into(numpy.zeros((len(x), *shape), x.dtype), index, x, dim)

    def scatter(self, x: Array, index: Array, src: Array, dim: int) -> Array:
        return self.scatter_into(numpy.array(x, order="C"), index, src, dim)

    def scatter_into(self, x: Array, index: Array, src: Array, dim: int) -> Array:
        places = self._along(x.shape, dim, index)
        src = self._corner(src, index.shape)
        if x.flags.c_contiguous:
            x.reshape(-1)[places] = src
        else:
            x[_along_key(index, dim)] = src
        return x

    def scatter_value(self, x: Array, index: Array, dim: int, value: Any) -> Array:
        return self.scatter_value_into(numpy.array(x, order="C"), index, dim, value)

    def scatter_value_into(self, x: Array, index: Array, dim: int, value: Any) -> Array:
        value = self.scalar(value, self.dtypes[x.dtype])
        return self.scatter_into(x, index, numpy.broadcast_to(value, index.shape), dim)

    @in_rows
    def scatter_add(self, x: Array, index: Array, src: Array, dim: int) -> Array:
        return self.scatter_add_into(numpy.array(x, order="C"), index, src, dim)

    def scatter_add_into(self, x: Array, index: Array, src: Array, dim: int) -> Array:
        places = self._along(x.shape, dim, index)
        src = self._corner(src, index.shape)
        if x.flags.c_contiguous:
            add_at(x.reshape(-1), places, src)
        else:
            numpy.add.at(x, _along_key(index, dim), src)
        return x

    def scatter_reduce(
        self, x: Array, index: Array, src: Array, dim: int, reduce: str, include_self: bool
    ) -> Array:
        places = self._along(x.shape, dim, index)
        src = self._corner(src, index.shape)
        flat = numpy.array(x, order="C").reshape(-1)
        return reduce_at(flat, places, src, reduce, include_self).reshape(x.shape)

    # ------------------------------------------------------------------------- whole slices of it

    def index_select(self, x: Array, index: Array, dim: int) -> Array:
        if not x.shape:
            return super().index_select(x, index, dim)  # type: ignore[no-any-return]
        self._require_range(index, x.shape[dim], dim, IndexError)
        return x.take(index.reshape(-1), dim)

    def index_select_grad(self, x: Array, index: Array, shape: Shape, dim: int) -> Array:
        whole = numpy.zeros(shape, x.dtype)
        if not shape:
            return self.index_add_into(whole, index, x, dim, 1)
        self._add_slices(whole, x, index.reshape(-1), dim, fresh=True)
        return whole

    def index_add(self, x: Array, index: Array, source: Array, dim: int, alpha: Any) -> Array:
        return self.index_add_into(numpy.array(x, order="C"), index, source, dim, alpha)

    def index_add_into(self, x: Array, index: Array, source: Array, dim: int, alpha: Any) -> Array:
        self._require_range(index, x.shape[dim] if x.shape else 1, dim, RuntimeError)
        if alpha != 1:
            source = source * alpha
        index = index.reshape(-1)
        if not x.shape:
            numpy.add.at(x.reshape(1), index, source.reshape(-1))
            return x
        return self.index_put_into(x, source, [index], (dim,), True)

    def index_copy(self, x: Array, index: Array, source: Array, dim: int) -> Array:
        return self.index_copy_into(numpy.array(x, order="C"), index, source, dim)

    def index_copy_into(self, x: Array, index: Array, source: Array, dim: int) -> Array:
        self._require_range(index, x.shape[dim] if x.shape else 1, dim, IndexError)
        part: Array = x if x.shape else x.reshape(1)
        part[_key([index.reshape(-1)], (dim,))] = source
        return x

    def index_fill_tensor(self, x: Array, index: Array, value: Array, dim: int) -> Array:
        return self.index_fill_tensor_into(numpy.array(x, order="C"), index, value, dim)

    def index_fill_tensor_into(self, x: Array, index: Array, value: Array, dim: int) -> Array:
        part: Array = x if x.shape else x.reshape(1)
        part[_key([index], (dim,))] = value
        return x

    def index_fill(self, x: Array, index: Array, dim: int, value: Any) -> Array:
        return self.index_fill_into(numpy.array(x, order="C"), index, dim, value)

    def index_fill_into(self, x: Array, index: Array, dim: int, value: Any) -> Array:
        return self.index_fill_tensor_into(x, index, self.scalar(value, self.dtypes[x.dtype]), dim)

    # ------------------------------------------------------------- elements of the flattened array

    def put(self, x: Array, index: Array, source: Array, accumulate: bool) -> Array:
        return self.put_into(numpy.array(x, order="C"), index, source, accumulate)

    def put_into(self, x: Array, index: Array, source: Array, accumulate: bool) -> Array:
        places = self._wrapped(index, x.size, 0)
        source = source.reshape(index.shape)
        if x.flags.c_contiguous:
            flat = x.reshape(-1)
            if accumulate:
                add_at(flat, places, source)
            else:
                flat[places] = source
        elif accumulate:
            numpy.add.at(x, numpy.unravel_index(places, x.shape), source)
        else:
            x[numpy.unravel_index(places, x.shape)] = source
        return x

    def masked_select(self, x: Array, mask: Array) -> Array:
        if x.shape != mask.shape:
            x, mask = numpy.broadcast_arrays(x, mask)
        return self.index(x, [mask], (0,))

    def masked_scatter(self, x: Array, mask: Array, source: Array) -> Array:
        shape = numpy.broadcast_shapes(x.shape, mask.shape)
        whole = numpy.empty(shape, x.dtype)
        whole[...] = x
        return self.masked_scatter_into(whole, mask, source)

    def masked_scatter_into(self, x: Array, mask: Array, source: Array) -> Array:
        mask = numpy.broadcast_to(mask, x.shape)
        count = int(numpy.count_nonzero(mask))
        if count > source.size:
            raise ValueError(f"the mask wants {count} elements, and source has only {source.size}")
        return self.index_put_into(x, source.reshape(-1)[:count], [mask], (0,), False)

    # ---------------------------------------------------------------------------- where it is not 0

    def nonzero(self, x: Array) -> Array:
        if not x.shape:
            return numpy.zeros((int(bool(x)), 0), types.int64.np)
        if x.size < SMALL:
            return numpy.array(x.nonzero()).T
        places = numpy.flatnonzero(x)
        result = numpy.empty((x.ndim, len(places)), types.int64.np)
        for number in range(x.ndim - 1, 0, -1):
            rows = places // x.shape[number]
            numpy.subtract(places, rows * x.shape[number], out=result[number])
            places = rows
        result[0] = places
        # Laid out as PyTorch's are: all indices along one dimension side by side.
        return result.T


def _masked(x: Array, mask: Array) -> tuple[Array, Array]:
    """Return a contiguous array as rows, and the places of those that a mask names.

    NumPy goes through a mask of several dimensions six times as slowly.
    """
    return x.reshape(mask.size, *x.shape[mask.ndim :]), numpy.flatnonzero(mask)


def _put_masked(x: Array, values: Array, mask: Array, dims: Dims, accumulate: bool) -> None:
    place: Any = _key([mask], dims)
    if values.ndim and dims == (0,) and mask.shape and x.flags.c_contiguous:
        x, place = _masked(x, mask)
    if accumulate:
        x[place] += values
    else:
        x[place] = values


def places_along(shape: Shape, dim: int, index: Array) -> Any:
    """Return the places, in a flattened array of `shape`, of what `index` picks along `dim`."""
    if not shape:
        return index
    steps = steps_of(shape)
    places = index if steps[dim] == 1 else index * steps[dim]
    # Those of elements at position 0 along `dim`, which stays of size 1.
    offsets: Any = None
    after = index.ndim
    for number, size in enumerate(index.shape):
        after -= 1
        if number != dim and size > 1:
            along = (numpy.arange(size) * steps[number]).reshape(size, *[1] * after)
            offsets = along if offsets is None else offsets + along
    return places if offsets is None else places + offsets


def _along_key(index: Array, dim: int) -> tuple[Any, ...]:
    """Return the key of elements that differ from their own only along `dim`."""
    key: list[Any] = list(numpy.ogrid[tuple([slice(size) for size in index.shape])])
    key[dim] = index
    return tuple(key)


def _rounds(index: Array) -> Iterator[Array]:
    """Yield where each number stands first, then where each stands a second time, and so on."""
    order = numpy.argsort(index, kind="stable")
    ordered = index[order]
    starts = numpy.flatnonzero(numpy.append(True, ordered[1:] != ordered[:-1]))
    ends = numpy.append(starts[1:], len(ordered))
    while starts.size:
        yield order[starts]
        starts = starts + 1
        left = starts < ends
        starts, ends = starts[left], ends[left]
