"""Indexing kernels in the standard's words.

The standard can read at a list of positions (``take``), but not write to one. So every kernel here
turns its indices into positions in the flattened array, its *places*, and two words do the rest:
`put_at` and `add_at`, which by default ask the host. A backend whose library can scatter overrides
these two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy

from plugrad import dtypes as types
from plugrad.backends.array_api.arrays import ArrayKernels, Dims, Shape

__all__ = ["IndexingKernels", "OutOfRange", "add_at", "reduce_at", "steps_of"]

OutOfRange = type[Exception]


def steps_of(shape: Shape) -> list[int]:
    """Return the distance between neighbours of each dimension of a dense array.

    Examples
    --------
    >>> steps_of((2, 3, 4))
    [12, 4, 1]
    """
    steps = [1] * len(shape)
    for dim in range(len(shape) - 1, 0, -1):
        steps[dim - 1] = steps[dim] * shape[dim]
    return steps


class IndexingKernels(ArrayKernels):
    """Kernels that read and write at positions which arrays of integers or masks tell."""

    # ------------------------------------------------------------------------------- the two words

    def put_at(self, x: Any, places: Any, values: Any) -> Any:
        """Return a copy of a vector with `values`, broadcast, at `places`."""
        result = numpy.array(self.to_host(x))
        result[self.to_host(places)] = self.to_host(values)
        return self.from_host(result)

    def add_at(self, x: Any, places: Any, values: Any) -> Any:
        """Return a copy of a vector with `values` added at `places`, one after the other."""
        result = numpy.array(self.to_host(x))
        add_at(result, self.to_host(places), self.to_host(values))
        return self.from_host(result)

    def _flat(self, x: Any) -> Any:
        return self.reshape(x, (-1,))

    def _taken(self, x: Any, places: Any) -> Any:
        """Return the elements of a vector at places of any shape, which are in range."""
        return self.reshape(self.xp.take(x, self._flat(places), axis=0), places.shape)

    def _require_range(self, index: Any, size: int, dim: int, error: OutOfRange) -> None:
        """Refuse indices that are negative or not below `size`."""
        if 0 in index.shape:
            return
        low, high = int(self.xp.min(index)), int(self.xp.max(index))
        if low < 0 or high >= size:
            raise error(
                f"index {low if low < 0 else high} is out of range for dimension {dim} with size "
                f"{size}"
            )

    def _wrapped(self, index: Any, size: int, dim: int) -> Any:
        """Return indices with the negative ones counted from the end."""
        self._require_range(index + size, 2 * size, dim, IndexError)
        return self.xp.where(index < 0, index + size, index)

    # ------------------------------------------------------------------------- x[i, :, j], x[mask]

    def _index_places(self, shape: Shape, indices: Sequence[Any], dims: Dims) -> Any:
        """Return the places of ``x[..., index, ...]``, in the shape of the result."""
        indices, dims = self._without_masks(shape, indices, dims)
        steps = steps_of(shape)
        chosen: Any = 0
        for index, dim in zip(indices, dims, strict=True):
            chosen = chosen + self._wrapped(index, shape[dim], dim) * steps[dim]
        ndim = len(chosen.shape)
        # Indices side by side stand where the first of them stood; those apart come first.
        together = dims[-1] - dims[0] == len(dims) - 1
        before = dims[0] if together else 0
        rest = [dim for dim in range(len(shape)) if dim not in dims]
        chosen = self.reshape(chosen, (*chosen.shape, *[1] * (len(rest) - before)))
        for number, dim in enumerate(rest):
            after = len(rest) - number - 1 + (ndim if number < before else 0)
            along = self.from_host(numpy.arange(shape[dim]) * steps[dim])
            chosen = chosen + self.reshape(along, (shape[dim], *[1] * after))
        return chosen

    def _without_masks(
        self, shape: Shape, indices: Sequence[Any], dims: Dims
    ) -> tuple[list[Any], Dims]:
        """Return the indices with each mask replaced by the positions where it is true."""
        plain: list[Any] = []
        places: list[int] = []
        for index, dim in zip(indices, dims, strict=True):
            if self.dtypes[index.dtype] is types.bool_:
                plain += self.xp.nonzero(index)
                places += range(dim, dim + len(index.shape))
            else:
                plain.append(index)
                places.append(dim)
        return plain, tuple(places)

    def index(self, x: Any, indices: Sequence[Any], dims: Dims) -> Any:
        return self._taken(self._flat(x), self._index_places(x.shape, indices, dims))

    def index_grad(self, x: Any, indices: Sequence[Any], shape: Shape, dims: Dims) -> Any:
        flat = self.new_zeros(x, (math.prod(shape),))
        places = self._index_places(shape, indices, dims)
        return self.reshape(self.add_at(flat, places, x), shape)

    def index_put(
        self, x: Any, values: Any, indices: Sequence[Any], dims: Dims, accumulate: bool
    ) -> Any:
        places = self._index_places(x.shape, indices, dims)
        put = self.add_at if accumulate else self.put_at
        return self.reshape(put(self._flat(x), places, values), x.shape)

    # ----------------------------------------------------------------------- along one dimension

    def _along(self, shape: Shape, dim: int, index: Any, error: OutOfRange = RuntimeError) -> Any:
        """Return the places of elements that differ from their own only along `dim`."""
        shape = shape or (1,)
        self._require_range(index, shape[dim], dim, error)
        steps = steps_of(shape)
        places = index * steps[dim]
        for number, size in enumerate(index.shape):
            if number != dim:
                after = len(index.shape) - number - 1
                along = self.from_host(numpy.arange(size) * steps[number])
                places = places + self.reshape(along, (size, *[1] * after))
        return places

    def gather(self, x: Any, index: Any, dim: int) -> Any:
        return self._taken(self._flat(x), self._along(x.shape, dim, index))

    def gather_grad(self, x: Any, index: Any, shape: Shape, dim: int) -> Any:
        return self.scatter_add(self.new_zeros(x, shape), index, x, dim)

    def scatter(self, x: Any, index: Any, src: Any, dim: int) -> Any:
        places = self._along(x.shape, dim, index)
        flat = self.put_at(self._flat(x), places, self._corner(src, index.shape))
        return self.reshape(flat, x.shape)

    def scatter_value(self, x: Any, index: Any, dim: int, value: Any) -> Any:
        value = self.scalar(value, self.dtypes[x.dtype])
        flat = self.put_at(self._flat(x), self._along(x.shape, dim, index), value)
        return self.reshape(flat, x.shape)

    def scatter_add(self, x: Any, index: Any, src: Any, dim: int) -> Any:
        places = self._along(x.shape, dim, index)
        flat = self.add_at(self._flat(x), places, self._corner(src, index.shape))
        return self.reshape(flat, x.shape)

    def scatter_reduce(
        self, x: Any, index: Any, src: Any, dim: int, reduce: str, include_self: bool
    ) -> Any:
        host = reduce_at(
            numpy.array(self.to_host(x)).reshape(-1),
            self.to_host(self._along(x.shape, dim, index)),
            self.to_host(self._corner(src, index.shape)),
            reduce,
            include_self,
        )
        return self.reshape(self.from_host(host), x.shape)

    def _corner(self, x: Any, shape: Shape) -> Any:
        return x[tuple([slice(size) for size in shape])] if x.shape != shape and shape else x

    # ------------------------------------------------------------------------- whole slices of it

    def _slice_places(
        self, shape: Shape, dim: int, index: Any, error: OutOfRange = IndexError
    ) -> Any:
        """Return the places of the slices along `dim` that `index`, a vector, names."""
        if not shape:
            self._require_range(index, 1, 0, error)
            return self.reshape(index, (index.shape or (1,)))
        index = self.reshape(index, (-1,))
        self._require_range(index, shape[dim], dim, error)
        return self._index_places(shape, [index], (dim,))

    def index_select(self, x: Any, index: Any, dim: int) -> Any:
        places = self._slice_places(x.shape, dim, index)
        taken = self._taken(self._flat(x), places)
        return self.reshape(taken, ()) if not x.shape and taken.shape == (1,) else taken

    def index_select_grad(self, x: Any, index: Any, shape: Shape, dim: int) -> Any:
        flat = self.new_zeros(x, (math.prod(shape),))
        places = self._slice_places(shape, dim, index)
        return self.reshape(self.add_at(flat, places, self.reshape(x, places.shape)), shape)

    def index_add(self, x: Any, index: Any, source: Any, dim: int, alpha: Any) -> Any:
        places = self._slice_places(x.shape, dim, index, RuntimeError)
        if alpha != 1:
            source = source * alpha
        flat = self.add_at(self._flat(x), places, self.reshape(source, places.shape))
        return self.reshape(flat, x.shape)

    def index_copy(self, x: Any, index: Any, source: Any, dim: int) -> Any:
        places = self._slice_places(x.shape, dim, index)
        flat = self.put_at(self._flat(x), places, self.reshape(source, places.shape))
        return self.reshape(flat, x.shape)

    def index_fill(self, x: Any, index: Any, dim: int, value: Any) -> Any:
        return self.index_fill_tensor(x, index, self.scalar(value, self.dtypes[x.dtype]), dim)

    def index_fill_tensor(self, x: Any, index: Any, value: Any, dim: int) -> Any:
        size = x.shape[dim] if x.shape else 1
        places = self._slice_places(x.shape, dim, self._wrapped(index, size, dim))
        return self.reshape(self.put_at(self._flat(x), places, value), x.shape)

    # -------------------------------------------------------------- elements of the flattened array

    def take(self, x: Any, index: Any) -> Any:
        return self._taken(self._flat(x), self._wrapped(index, math.prod(x.shape), 0))

    def take_grad(self, x: Any, index: Any, shape: Shape) -> Any:
        return self.put(self.new_zeros(x, shape), index, x, True)

    def put(self, x: Any, index: Any, source: Any, accumulate: bool) -> Any:
        places = self._wrapped(index, math.prod(x.shape), 0)
        write = self.add_at if accumulate else self.put_at
        return self.reshape(
            write(self._flat(x), places, self.reshape(source, index.shape)), x.shape
        )

    def masked_select(self, x: Any, mask: Any) -> Any:
        x, mask = self.xp.broadcast_arrays(x, mask)
        return x[mask]

    def masked_scatter(self, x: Any, mask: Any, source: Any) -> Any:
        x, mask = self.xp.broadcast_arrays(x, mask)
        (places,) = self.xp.nonzero(self._flat(mask))
        if math.prod(source.shape) < places.shape[0]:
            raise ValueError(
                f"the mask wants {places.shape[0]} elements, and source has only "
                f"{math.prod(source.shape)}"
            )
        values = self._flat(source)[: places.shape[0]]
        return self.reshape(self.put_at(self._flat(x), places, values), x.shape)

    def masked_scatter_grad(self, x: Any, mask: Any, shape: Shape) -> Any:
        """Return the gradient of ``masked_scatter`` with respect to its source, of this shape."""
        picked = self.masked_select(x, mask)
        rest = self.new_zeros(picked, (math.prod(shape) - picked.shape[0],))
        return self.reshape(self.xp.concat([picked, rest]), shape)

    # ---------------------------------------------------------------------------- where it is not 0

    def nonzero(self, x: Any) -> Any:
        if not x.shape:
            return self.zeros((int(bool(x)), 0), types.int64)
        return self.xp.stack(self.xp.nonzero(x), axis=1)


Host = numpy.ndarray[Any, Any]


def add_at(x: Host, places: Host, values: Host) -> None:
    """Add values to a vector at places that may repeat, one after the other, in place."""
    if values.shape != places.shape:
        # NumPy 2.4 reads beyond values that it should broadcast.
        values = numpy.broadcast_to(values, places.shape)
    # For plain vectors NumPy has a loop that is 20 times as fast as the general one.
    numpy.add.at(x, places.reshape(-1), values.reshape(-1))


def reduce_at(x: Host, places: Host, src: Host, reduce: str, include_self: bool) -> Host:
    """Reduce what `src` holds for each place of a vector into it, in place.

    Parameters
    ----------
    x : array
        The vector; returned.
    places, src : array
        Of one shape.
    reduce : str
        ``"sum"``, ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``.
    include_self : bool
        Whether what stands in `x` at these places takes part.
    """
    places, src = places.reshape(-1), src.reshape(-1)
    if not include_self:
        x[places] = _neutral(reduce, x.dtype)
    ufunc: Any = {
        "sum": numpy.add, "mean": numpy.add, "prod": numpy.multiply,
        "amax": numpy.maximum, "amin": numpy.minimum,
    }[reduce]  # fmt: skip
    ufunc.at(x, places, src)
    if reduce == "mean":
        counts = numpy.bincount(places, minlength=x.size) + include_self
        counts[counts == 0] = 1
        divide: Any = numpy.floor_divide if x.dtype.kind in "iu" else numpy.divide
        divide(x, counts.astype(x.dtype), out=x)
    return x


def _neutral(reduce: str, dtype: Any) -> Any:
    """Return what changes nothing in a reduction."""
    if reduce in ("sum", "mean", "prod"):
        return int(reduce == "prod")
    largest = reduce == "amin"
    if dtype.kind == "b":
        return largest
    if dtype.kind in "iu":
        limits = numpy.iinfo(dtype)
        return limits.max if largest else limits.min
    return numpy.inf if largest else -numpy.inf
