"""Convolution on NumPy arrays: columns of a few images at a time, which stay in the cache."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy

from plugrad.backends.array_api import Dims, Shape
from plugrad.backends.numpy.arrays import Array
from plugrad.nn.kernels.array_api.convolution import ConvolutionKernels as Standard
from plugrad.nn.kernels.array_api.convolution import positions, spread_sizes, window_counts
from plugrad.threads import WORTH_WAKING, alone

__all__ = ["ConvolutionKernels"]

# So many elements of columns are made at a time: about what a processor's own cache holds.
_CACHED = 1 << 18
# With fewer windows than this an image's own product is too narrow to be fast.
_NARROW = 64

_All = slice(None)


class ConvolutionKernels(Standard):
    """Convolution kernels that NumPy does better than in the standard's words."""

    def _moved(
        self, x: Array, counts: Dims, kernel: Dims, dilation: Dims, padding: Dims, stride: Dims
    ) -> Array:
        windows = _Windows(self._padded(x, padding), kernel, stride, dilation, counts)
        columns = windows.columns((0, len(x), 0, counts[0]), joined=False)
        if windows.whole and not any(padding):
            columns = columns.copy()
        return columns.reshape(len(x), x.shape[1] * math.prod(kernel), math.prod(counts))

    def _padded(self, x: Array, padding: Dims, value: Any = 0) -> Array:
        if not any(padding):
            return x
        sizes = tuple(n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True))
        make = numpy.zeros if value == 0 else partial(numpy.full, fill_value=value)
        result = make((*x.shape[:2], *sizes), dtype=x.dtype)
        result[_inner(x.shape[2:], padding)] = x
        return result

    def _gathered(
        self, x: Array, weight: Array, stride: Dims, padding: Dims, dilation: Dims, extra: Dims,
        groups: int,
    ) -> Array:  # fmt: skip
        (filters, depth), kernel = weight.shape[:2], weight.shape[2:]
        counts = window_counts(x.shape[2:], kernel, stride, padding, dilation, extra)
        number, depth = math.prod(counts), depth * math.prod(kernel)
        weights = weight.reshape(groups, filters // groups, depth)
        windows = _Windows(self._padded(x, padding), kernel, stride, dilation, counts)
        result = numpy.empty((len(x), groups, filters // groups, number), x.dtype)
        joined, row = number < _NARROW, number // counts[0]
        for part in windows.parts(filters):
            start, stop, first, last = part
            columns = windows.columns(part, joined=joined)
            into = result[start:stop, ..., first * row : last * row]
            if joined:
                product = _product(weights, columns.reshape(groups, depth, -1))
                product = product.reshape(groups, filters // groups, stop - start, -1)
                into[...] = product.transpose(2, 0, 1, 3)
            else:
                columns = columns.reshape(stop - start, groups, depth, (last - first) * row)
                _product(weights, columns, out=into)
        return result.reshape(len(x), filters, *counts)

    def _spread(
        self, x: Array, weight: Array, stride: Dims, padding: Dims, dilation: Dims, extra: Dims,
        groups: int,
    ) -> Array:  # fmt: skip
        (filters, channels), kernel = weight.shape[:2], weight.shape[2:]
        grouped = weight.reshape(groups, filters // groups, channels, *kernel)
        sizes = spread_sizes(x.shape[2:], kernel, stride, padding, dilation, extra)
        borders = tuple(d * (k - 1) - p for d, k, p in zip(dilation, kernel, padding, strict=True))
        plain = set(stride) == {1} and not any(extra) and min(borders) >= 0
        if plain and filters <= 2 * channels * groups:
            # Then it is a convolution with the weight turned around.
            turned = numpy.flip(grouped.swapaxes(1, 2), tuple(range(3, grouped.ndim)))
            turned = turned.reshape(groups * channels, filters // groups, *kernel)
            return self._gathered(x, turned, stride, borders, dilation, extra, groups)
        counts, number = x.shape[2:], math.prod(x.shape[2:])
        depth = channels * math.prod(kernel)
        weights = grouped.reshape(groups, filters // groups, depth).swapaxes(1, 2)
        rows = x.reshape(len(x), groups, filters // groups, number)
        padded = tuple(n + 2 * p for n, p in zip(sizes, padding, strict=True))
        result = numpy.zeros((len(x), groups * channels, *padded), x.dtype)
        places = positions(kernel, stride, dilation, counts)
        step = max(1, _CACHED // max(groups * depth * number, 1))
        # Fresh memory costs more than what is done in it.
        buffer = numpy.empty((min(step, len(x)), groups, depth, number), x.dtype)
        for start in range(0, len(x), step):
            some = rows[start : start + step]
            columns = _product(weights, some, out=buffer[: len(some)])
            columns = columns.reshape(len(columns), groups * channels, len(places), *counts)
            part = result[start : start + step]
            for i, place in enumerate(places):
                part[(_All, _All, *place)] += columns[:, :, i]
        return result[_inner(sizes, padding)].copy() if any(padding) else result

    def convolution_weight(
        self, g: Array, x: Array, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims,
        groups: int,
    ) -> Array:  # fmt: skip
        counts, number = g.shape[2:], math.prod(g.shape[2:])
        filters, channels = g.shape[1] // groups, x.shape[1] // groups
        depth = channels * math.prod(kernel)
        windows = _Windows(self._padded(x, padding), kernel, stride, dilation, counts)
        rows = g.reshape(len(g), groups, filters, number)
        result, row = numpy.zeros((groups, filters, depth), g.dtype), number // counts[0]
        for part in windows.parts(groups * filters):
            start, stop, first, last = part
            columns = windows.columns(part, joined=True).reshape(groups, depth, -1)
            factors = rows[start:stop, ..., first * row : last * row].transpose(1, 2, 0, 3)
            factors = factors.reshape(groups, filters, columns.shape[2])
            result += _product(factors, columns.swapaxes(1, 2))
        return result.reshape(groups * filters, channels, *kernel)


class _Windows:
    """The windows of a padded array, from which columns are made.

    Attributes
    ----------
    x : array of shape (n, channels, ...)
    places : tuple of tuple of slice
        Where the windows' elements are, for each position in a window.
    counts : tuple of int
        The number of windows in each dimension.
    """

    def __init__(self, x: Array, kernel: Dims, stride: Dims, dilation: Dims, counts: Dims) -> None:
        self.x = x
        self.counts = counts
        self.stride = stride[0]
        self.places = positions(kernel, stride, dilation, counts)
        self.whole = len(self.places) == 1 and set(stride) == {1} and x.flags.c_contiguous
        self.buffer = numpy.empty(0, x.dtype)

    def parts(self, others: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield ranges of images, and of rows of windows, whose columns fit the cache.

        Parameters
        ----------
        others : int
            The elements that go with a window's column.
        """
        images, rows = len(self.x), self.counts[0]
        row = math.prod(self.counts[1:]) * (self.x.shape[1] * len(self.places) + others)
        several = max(1, _CACHED // max(rows * row, 1))
        height = rows if several > 1 or self.whole else max(1, _CACHED // max(row, 1))
        # Parts of about the same height.
        height = -(-rows // -(-rows // height))
        for start in range(0, images, several):
            for first in range(0, rows, height):
                stop = min(start + several, images)
                yield start, stop, first, min(first + height, rows)

    def columns(self, part: tuple[int, int, int, int], *, joined: bool) -> Array:
        """Return the columns of one of the parts, in memory that the next part will use again.

        Their dimensions are image, channel, position, window; `joined` ones have the image beside
        the window: the columns of all images make one matrix.
        """
        start, stop, first, last = part
        x = self.x[start:stop]
        if self.whole and not joined:
            return x
        images, channels = x.shape[:2]
        counts = last - first, *self.counts[1:]
        if joined:
            x = x.swapaxes(0, 1)
            shape = channels, len(self.places), images, *counts
        else:
            shape = images, channels, len(self.places), *counts
        size = math.prod(shape)
        if self.buffer.size < size:
            self.buffer = numpy.empty(size, x.dtype)
        columns = self.buffer[:size].reshape(shape)
        into = columns.swapaxes(0, 1) if joined else numpy.moveaxis(columns, 2, 0)
        for column, (rows, *others) in zip(into, self.places, strict=True):
            begin = rows.start + first * self.stride
            rows = slice(begin, begin + (last - first - 1) * self.stride + 1, self.stride)
            column[...] = x[(_All, _All, rows, *others)]
        return columns


def _inner(sizes: Shape, padding: Dims) -> tuple[slice, ...]:
    return (_All, _All, *(slice(p, p + n) for p, n in zip(padding, sizes, strict=True)))


def _product(x: Array, y: Array, out: Any = None) -> Array:
    """Return a batch of matrix products, in one thread where each is small."""
    multiply: Callable[[Array, Array], Array] = partial(numpy.matmul, out=out)
    if x.shape[-2] * x.shape[-1] * y.shape[-1] < WORTH_WAKING:
        return alone(multiply, x, y)  # type: ignore[no-any-return]
    return multiply(x, y)
