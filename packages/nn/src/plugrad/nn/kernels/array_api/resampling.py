"""Resampling kernels: along each dimension an output element is a weighted sum of a few inputs.

What is summed is a small sparse matrix for each dimension. It is kept as `Taps`: for each place of
the output a fixed number of sources and their weights. The gradient is the transposed matrix.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy

from plugrad.backends.array_api.arrays import ArrayKernels, Shape

__all__ = ["ResamplingKernels", "Taps", "taps"]

Host = numpy.ndarray[Any, Any]
Scales = tuple[float | None, ...]

# Beyond that many sources for one output a matrix product is faster than adding them one by one.
_MOST_TAPS = 12


class Taps(NamedTuple):
    """A sparse matrix: output j is the sum over t of ``weights[t, j] * x[sources[t, j]]``.

    Without weights there is one source for each output, and it is only moved.
    """

    sources: Host
    weights: Host | None

    def dense(self, size: int) -> Host:
        """Return the matrix, in shape (outputs, size)."""
        assert self.weights is not None
        matrix = numpy.zeros((self.sources.shape[1], size))
        numpy.add.at(matrix, (numpy.arange(self.sources.shape[1]), self.sources), self.weights)
        return matrix

    def transposed(self, size: int) -> Taps:
        """Return the transposed matrix, whose output has `size` elements."""
        rows = numpy.broadcast_to(numpy.arange(self.sources.shape[1]), self.sources.shape).ravel()
        columns = self.sources.ravel()
        weights = numpy.ones(rows.size) if self.weights is None else self.weights.ravel()
        kept = weights != 0
        rows, columns, weights = rows[kept], columns[kept], weights[kept]
        order = columns.argsort(kind="stable")
        rows, columns, weights = rows[order], columns[order], weights[order]
        counts: Any = numpy.bincount(columns, minlength=size)
        ranks = numpy.arange(rows.size) - (numpy.cumsum(counts) - counts)[columns]
        most = max(int(counts.max()), 1)
        sources, amounts = numpy.zeros((most, size), numpy.int64), numpy.zeros((most, size))
        sources[ranks, columns], amounts[ranks, columns] = rows, weights
        return Taps(sources, amounts)


def _scale(size: int, wanted: int, align: bool, factor: float | None) -> float:
    """Return how many elements of the input lie between two of the output."""
    if align:
        return (size - 1) / (wanted - 1) if wanted > 1 else 0.0
    return 1 / factor if factor is not None and factor > 0 else size / wanted


def _cubic(distance: Host, a: float) -> Host:
    """Return Keys' kernel: Cubic convolution interpolation, 1981, equation (8)."""
    x = numpy.abs(distance)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((x - 5) * x + 8) * x * a - 4 * a
    return numpy.where(x <= 1, near, numpy.where(x < 2, far, 0))


def _nearest(size: int, places: Host, scale: Any, shift: float) -> Taps:
    # PyTorch computes these places in single precision, for every dtype.
    single = (places + shift).astype("f4") * numpy.float32(scale)
    return Taps(numpy.minimum(numpy.floor(single).astype("i8"), size - 1)[None], None)


def _smooth(size: int, places: Host, scale: float, support: float, cubic: bool) -> Taps:
    """Return taps of a kernel that is widened, where the output is smaller, to see all inputs."""
    width = max(scale, 1.0)
    reach = support * width
    centers = scale * (places + 0.5)
    first = numpy.maximum((centers - reach + 0.5).astype("i8"), 0)
    last = numpy.minimum((centers + reach + 0.5).astype("i8"), size)
    sources = first + numpy.arange(max(int((last - first).max()), 1))[:, None]
    distance = (sources - centers + 0.5) / width
    weights = _cubic(distance, -0.5) if cubic else numpy.maximum(1 - numpy.abs(distance), 0)
    weights = numpy.where(sources < last, weights, 0)
    return Taps(numpy.minimum(sources, size - 1), weights / weights.sum(0))


@lru_cache(maxsize=128)
def taps(
    mode: str, size: int, wanted: int, align: bool, factor: float | None, single: bool
) -> Taps:
    """Return the taps that make `wanted` elements of `size`.

    Parameters
    ----------
    mode : {"nearest", "nearest-exact", "linear", "cubic", "linear-aa", "cubic-aa"}
    align : bool
        Whether the first and the last elements lie at the same places; else the edges do.
    factor : float or None
        By how much it grows, where that is not the quotient of the sizes.
    single : bool
        Whether places are computed in single precision, as PyTorch does unless for float64.
    """
    places = numpy.arange(wanted)
    scale = _scale(size, wanted, align, factor)
    if mode in ("nearest", "nearest-exact"):
        return _nearest(size, places, scale, 0.5 if mode == "nearest-exact" else 0.0)
    if mode in ("linear-aa", "cubic-aa"):
        cubic = mode == "cubic-aa"
        return _smooth(size, places, scale, 2.0 if cubic else 1.0, cubic)
    kind: Any = numpy.float32 if single else numpy.float64
    position = places.astype(kind)
    position = kind(scale) * position if align else kind(scale) * (position + kind(0.5)) - kind(0.5)
    if mode == "cubic":
        floor = numpy.floor(position)
        offsets = numpy.arange(-1, 3)[:, None]
        weights = _cubic(position - floor - offsets, -0.75)
        return Taps(numpy.clip(floor.astype("i8") + offsets, 0, size - 1), weights)
    position = numpy.maximum(position, 0)
    first = numpy.minimum(position.astype("i8"), size - 1)
    share = numpy.clip(position - first.astype(kind), 0, 1)
    return Taps(
        numpy.stack([first, numpy.minimum(first + 1, size - 1)]), numpy.stack([1 - share, share])
    )


@lru_cache(maxsize=128)
def _transposed_taps(size: int, *how: Any) -> Taps:
    mode, *rest = how
    return taps(mode, size, *rest).transposed(size)


class ResamplingKernels(ArrayKernels):
    """Kernels that resample the dimensions after the first two."""

    def resample(self, x: Any, size: Shape, mode: str, align: bool, scales: Scales) -> Any:
        if x.dtype == self.xp.uint8:
            levels = self.resample(self.xp.astype(x, self.xp.float32), size, mode, align, scales)
            return self.xp.astype(self.xp.clip(self.xp.round(levels), 0, 255), x.dtype)
        single = x.dtype != self.xp.float64
        for place in reversed(range(len(size))):
            old, new, dim = x.shape[place + 2], size[place], place + 2
            chosen = taps(mode, old, new, align, scales[place], single)
            x = self._tapped(x, chosen, dim)
        return x

    def resample_grad(self, g: Any, size: Shape, mode: str, align: bool, scales: Scales) -> Any:
        single = g.dtype != self.xp.float64
        for place in range(len(size)):
            old, new, dim = size[place], g.shape[place + 2], place + 2
            chosen = _transposed_taps(old, mode, new, align, scales[place], single)
            g = self._tapped(g, chosen, dim)
        return g

    def _tapped(self, x: Any, chosen: Taps, dim: int) -> Any:
        """Return what the taps make of `x` along a dimension."""
        sources, weights = chosen
        if weights is None:
            return self.xp.take(x, self.from_host(sources[0]), axis=dim)
        if len(sources) > _MOST_TAPS:
            matrix = self.xp.astype(self.from_host(chosen.dense(x.shape[dim])), x.dtype)
            last = self.xp.moveaxis(x, dim, -1)
            return self.xp.moveaxis(self.xp.matmul(last, self.xp.matrix_transpose(matrix)), -1, dim)
        total = None
        along = (-1, *(1,) * (len(x.shape) - 1 - dim))
        for source, weight in zip(sources, weights, strict=True):
            part = self.xp.take(x, self.from_host(source), axis=dim)
            part *= self.xp.reshape(self.xp.astype(self.from_host(weight), x.dtype), along)
            if total is None:
                total = part
            else:
                total += part
        return total

    def affine_points(self, like: Any, size: Shape, align: bool) -> Any:
        axes = []
        for count in size[2:]:
            ends = numpy.linspace(-1, 1, count) if count > 1 else numpy.zeros(1)
            axes.append(ends if align or count == 1 else ends * ((count - 1) / count))
        found = numpy.meshgrid(*axes, indexing="ij")
        points = numpy.stack([*found[::-1], numpy.ones_like(found[0])], axis=-1)
        flat = self.xp.astype(self.from_host(points.reshape(1, -1, len(axes) + 1)), like.dtype)
        return self.xp.broadcast_to(flat, (size[0], *flat.shape[1:]))
