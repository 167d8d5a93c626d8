"""Convolution in the standard's words: windows are moved into columns, and one product does it all.

Loops run over the positions in a window, never over the windows: at one position all of them are
one strided slice.

Source: Chellapilla, Puri and Simard, High performance convolutional neural networks for document
processing, 2006.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import product
from typing import Any

from plugrad.backends.array_api.arrays import ArrayKernels, Dims, Shape

__all__ = ["ConvolutionKernels", "positions", "spread_sizes", "window_counts"]


def window_counts(
    sizes: Shape, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims, unused: Dims = ()
) -> Dims:
    """Return how many windows fit into each dimension of `sizes`, padded; but for `unused` ones."""
    given = zip(sizes, kernel, stride, padding, dilation, unused or (0,) * len(sizes), strict=True)
    return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 - u for n, k, s, p, d, u in given)


def spread_sizes(
    sizes: Shape, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims, extra: Dims
) -> Shape:
    """Return the sizes of a transposed convolution's output."""
    return tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + 1 + e
        for n, k, s, p, d, e in zip(sizes, kernel, stride, padding, dilation, extra, strict=True)
    )


@lru_cache(maxsize=64)
def positions(
    kernel: Dims, stride: Dims, dilation: Dims, counts: Dims
) -> tuple[tuple[slice, ...], ...]:
    """Return, for each position in a window, the slices that hold it for all windows."""
    along = (
        [slice(i * d, i * d + s * (n - 1) + 1, s) for i in range(k)]
        for k, s, d, n in zip(kernel, stride, dilation, counts, strict=True)
    )
    return tuple(product(*along))


class ConvolutionKernels(ArrayKernels):
    """Convolution kernels, in any number of dimensions."""

    # ----------------------------------------------------------------------------------- columns

    def im2col(self, x: Any, kernel: Dims, dilation: Dims, padding: Dims, stride: Dims) -> Any:
        if len(x.shape) == len(kernel) + 1:
            image = self.xp.expand_dims(x, axis=0)
            return self.im2col(image, kernel, dilation, padding, stride)[0, ...]
        counts = window_counts(x.shape[2:], kernel, stride, padding, dilation)
        return self._moved(x, counts, kernel, dilation, padding, stride)

    def _moved(
        self, x: Any, counts: Dims, kernel: Dims, dilation: Dims, padding: Dims, stride: Dims
    ) -> Any:
        """Return columns of windows: as many as `counts` says."""
        x = self._padded(x, padding)
        whole = (slice(None),) * 2
        parts = [x[(*whole, *each)] for each in positions(kernel, stride, dilation, counts)]
        columns = self.xp.stack(parts, axis=2)
        shape = x.shape[0], x.shape[1] * len(parts), math.prod(counts)
        return self.xp.reshape(columns, shape)

    def col2im(
        self, x: Any, sizes: Shape, kernel: Dims, dilation: Dims, padding: Dims, stride: Dims
    ) -> Any:
        if len(x.shape) == 2:
            columns = self.xp.expand_dims(x, axis=0)
            return self.col2im(columns, sizes, kernel, dilation, padding, stride)[0, ...]
        counts = window_counts(sizes, kernel, stride, padding, dilation)
        return self._added_up(x, counts, sizes, kernel, dilation, padding, stride)

    def _added_up(
        self, x: Any, counts: Dims, sizes: Shape, kernel: Dims, dilation: Dims, padding: Dims,
        stride: Dims,
    ) -> Any:  # fmt: skip
        """Return what adds the elements of columns to where they are in their windows."""
        number = math.prod(kernel)
        channels = x.shape[1] // number
        columns = self.xp.reshape(x, (x.shape[0], channels, number, *counts))
        padded = tuple(n + 2 * p for n, p in zip(sizes, padding, strict=True))
        result = self.new_zeros(x, (x.shape[0], channels, *padded))
        whole = (slice(None),) * 2
        for i, each in enumerate(positions(kernel, stride, dilation, counts)):
            result[(*whole, *each)] += columns[:, :, i, ...]
        inner = tuple(slice(p, p + n) for p, n in zip(padding, sizes, strict=True))
        result = result[(*whole, *inner)]
        return result if self.is_dense(result) else self.copy(result)

    def _padded(self, x: Any, padding: Dims, value: Any = 0) -> Any:
        """Return `x` with a border of `value` around its last dimensions."""
        if not any(padding):
            return x
        pads = tuple(amount for each in reversed(padding) for amount in (each, each))
        return self.constant_pad_nd(x, pads, value)

    # ------------------------------------------------------------------------------- convolution

    def convolution(
        self, x: Any, weight: Any, bias: Any, stride: Dims, padding: Dims, dilation: Dims,
        transposed: bool, output_padding: Dims, groups: int,
    ) -> Any:  # fmt: skip
        across = self._spread if transposed else self._gathered
        result = across(x, weight, stride, padding, dilation, output_padding, groups)
        if bias is not None:
            result += self.xp.reshape(bias, (-1, *(1 for _ in stride)))
        return result

    def _gathered(
        self, x: Any, weight: Any, stride: Dims, padding: Dims, dilation: Dims, extra: Dims,
        groups: int,
    ) -> Any:  # fmt: skip
        """Return the sum over each window, times the weight."""
        kernel, filters = weight.shape[2:], weight.shape[0]
        counts = window_counts(x.shape[2:], kernel, stride, padding, dilation, extra)
        columns = self._moved(x, counts, kernel, dilation, padding, stride)
        depth = weight.shape[1] * math.prod(kernel)
        columns = self.xp.reshape(columns, (x.shape[0], groups, depth, math.prod(counts)))
        weights = self.xp.reshape(weight, (groups, filters // groups, depth))
        return self.xp.reshape(self.xp.matmul(weights, columns), (x.shape[0], filters, *counts))

    def _spread(
        self, x: Any, weight: Any, stride: Dims, padding: Dims, dilation: Dims, extra: Dims,
        groups: int,
    ) -> Any:  # fmt: skip
        """Return what adds each element, times the weight, to its window: the transpose."""
        kernel, filters = weight.shape[2:], weight.shape[0]
        sizes = spread_sizes(x.shape[2:], kernel, stride, padding, dilation, extra)
        depth = weight.shape[1] * math.prod(kernel)
        rows = self.xp.reshape(x, (x.shape[0], groups, filters // groups, math.prod(x.shape[2:])))
        weights = self.xp.reshape(weight, (groups, filters // groups, depth))
        columns = self.xp.matmul(self.xp.matrix_transpose(weights), rows)
        columns = self.xp.reshape(columns, (x.shape[0], groups * depth, rows.shape[3]))
        return self._added_up(columns, x.shape[2:], sizes, kernel, dilation, padding, stride)

    def convolution_weight(
        self, g: Any, x: Any, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims, groups: int
    ) -> Any:
        filters, windows = g.shape[1], math.prod(g.shape[2:])
        depth = x.shape[1] // groups * math.prod(kernel)
        columns = self._moved(x, g.shape[2:], kernel, dilation, padding, stride)
        columns = self.xp.reshape(columns, (x.shape[0], groups, depth, windows))
        rows = self.xp.reshape(g, (x.shape[0], groups, filters // groups, windows))
        products = self.xp.matmul(rows, self.xp.matrix_transpose(columns))
        result = self.xp.sum(products, axis=0, dtype=g.dtype)
        return self.xp.reshape(result, (filters, x.shape[1] // groups, *kernel))
