"""Pooling on NumPy arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy

from plugrad.backends.array_api import Dims, Shape
from plugrad.backends.numpy.arrays import Array, like_input
from plugrad.backends.numpy.sums import add_up
from plugrad.nn.kernels.array_api.convolution import positions
from plugrad.nn.kernels.array_api.pooling import PoolingKernels as Standard
from plugrad.nn.kernels.array_api.pooling import adaptive_bounds

__all__ = ["PoolingKernels"]


class PoolingKernels(Standard):
    """Pooling kernels that NumPy does better than in the standard's words."""

    def max_pool_with_indices(
        self, x: Array, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims, counts: Dims
    ) -> tuple[Array, Array]:
        indices = self.max_pool_indices(x, kernel, stride, padding, dilation, counts)
        lead = x.shape[: x.ndim - len(kernel)]
        flat = x.reshape(*lead, math.prod(x.shape[len(lead) :]))
        places = indices.reshape(*lead, math.prod(counts))
        values = self.picked(flat, places, len(lead))
        return like_input(values.reshape(indices.shape), x), like_input(indices, x)

    def max_unpool(self, x: Array, indices: Array, sizes: Shape) -> Array:
        return like_input(super().max_unpool(x, indices, sizes), x)

    def max_pool(self, x: Array, *geometry: Any) -> Array:
        return like_input(super().max_pool(x, *geometry), x)

    def avg_pool(self, x: Array, *geometry: Any) -> Array:
        return like_input(super().avg_pool(x, *geometry), x)

    def max_pool_grad(
        self, g: Array, x: Any, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims,
        counts: Dims,
    ) -> Array:  # fmt: skip
        sizes = x.shape[x.ndim - len(kernel) :]
        x = self._bordered(x, kernel, stride, padding, dilation, counts, self._lowest(x))
        out = self._across(x, numpy.maximum, kernel, stride, dilation, counts)
        chosen = self._chosen(x, out, kernel, stride, padding, dilation, sizes)
        result: Any = numpy.zeros(x.shape, g.dtype)
        # Zero times infinity would be NaN.
        finite = bool(numpy.isfinite(add_up(g, axis=None)))
        apart = all(s > d * (k - 1) for s, d, k in zip(stride, dilation, kernel, strict=True))
        for number, place in enumerate(positions(kernel, stride, dilation, counts)):
            part = result[(..., *place)]
            if not finite:
                numpy.add(part, g, out=part, where=chosen == number)
            elif apart:
                numpy.multiply(g, chosen == number, out=part)
            else:
                part += g * (chosen == number)
        inner = (slice(p, p + n) for p, n in zip(padding, sizes, strict=True))
        return numpy.ascontiguousarray(result[(..., *inner)])

    def _chosen(
        self, x: Any, out: Array, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims,
        sizes: Shape,
    ) -> Any:  # fmt: skip
        number = math.prod(kernel)
        # An element of the border must not be taken for one of the image.
        bordered = x.shape[x.ndim - len(kernel) :] != sizes
        unsure = bool(numpy.isnan(out).any()) if out.dtype.kind == "f" else False
        unsure |= bordered and bool((out == self._lowest(x)).any())
        if number > 255 or unsure:
            return super()._chosen(x, out, kernel, stride, padding, dilation, sizes)
        counts = out.shape[out.ndim - len(kernel) :]
        chosen = numpy.full(out.shape, 255, numpy.uint8)
        for position, place in enumerate(positions(kernel, stride, dilation, counts)):
            # The position's number where it is the largest, else 255: bytes are fast.
            differs = numpy.not_equal(x[(..., *place)], out).view(numpy.uint8)
            numpy.negative(differs, out=differs)
            numpy.bitwise_or(differs, numpy.uint8(position), out=differs)
            numpy.minimum(chosen, differs, out=chosen)
        return chosen

    def _summed(self, x: Any, counts: Dims) -> Any:
        lead = x.ndim - len(counts)
        even = all(c and n % c == 0 for n, c in zip(x.shape[lead:], counts, strict=True))
        if even or x.dtype.kind != "f":
            return super()._summed(x, counts)
        result = x
        for axis, count in enumerate(counts, lead):
            size = x.shape[axis]
            members = numpy.zeros((size, count), x.dtype)
            for i, (start, stop) in enumerate(zip(*adaptive_bounds(size, count), strict=True)):
                members[start:stop, i] = 1
            result = numpy.moveaxis(numpy.moveaxis(result, axis, -1) @ members, -1, axis)
        if not numpy.isfinite(add_up(result, axis=None)):
            # Zero times infinity is NaN.
            return super()._summed(x, counts)
        return numpy.ascontiguousarray(result)

    def _across(
        self, x: Any, combine: Any, kernel: Dims, stride: Dims, dilation: Dims, counts: Dims
    ) -> Any:
        after = len(kernel)
        for k, s, d, c in zip(kernel, stride, dilation, counts, strict=True):
            after -= 1
            rest = (slice(None),) * after
            first, *others = (x[(..., *each, *rest)] for each in positions((k,), (s,), (d,), (c,)))
            x = first
            for part in others:
                x = combine(x, part, out=None if x is first else x)
        return numpy.array(x) if x.base is not None else x
