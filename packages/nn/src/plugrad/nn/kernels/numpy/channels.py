"""Normalization by channel on NumPy arrays, in few passes over memory.

An array is seen as examples of channels of elements, in three dimensions. Whatever is normalized, a
pass multiplies each channel by a number and adds another; the gradient mixes ``g * a + x * b + c``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy

from plugrad.backends.array_api import ArrayKernels
from plugrad.backends.numpy.arrays import Array, like_input
from plugrad.backends.numpy.normalization import by_row
from plugrad.backends.numpy.sums import add_up, sum_along

__all__ = ["ChannelKernels"]

# Runs of elements shorter than this are joined: NumPy's loop costs 0.1 us a run.
_SHORT = 64
# How many elements are worked on at a time, so that they stay in the processor's cache.
_BLOCK = 1 << 18

Needs = tuple[bool, bool, bool]


class ChannelKernels(ArrayKernels):
    """Batch and group normalization."""

    def batch_moments(self, x: Array) -> tuple[Any, Any]:
        x = _by_channel(x)
        count = x.shape[0] * x.shape[2]
        mean = _sums(x) / count
        var = _products(x, x) / count
        square = mean * mean
        if (var >= 2 * square).all():
            return mean, var - square
        # Of numbers far from 0 little would be left of the difference.
        away = numpy.subtract(x, mean[:, None])
        return mean, _products(away, away) / count

    def batch_norm(
        self, x: Array, weight: Any, bias: Any, mean: Any, var: Any, training: bool, eps: float
    ) -> Any:
        if mean is None:
            return self.composed("batch_norm", x, weight, bias, mean, var, training, eps)
        scale = _scale(var, eps, x)
        scale = scale if weight is None else scale * weight
        shift = -mean * scale if bias is None else bias - mean * scale
        return like_input(_affine(_by_channel(x), scale, shift).reshape(x.shape), x)

    def batch_norm_grad(
        self, g: Array, x: Array, weight: Any, mean: Any, var: Any, training: bool, eps: float,
        needs: Needs,
    ) -> tuple[Any, Any, Any]:  # fmt: skip
        if mean is None:
            return self.composed("batch_norm_grad", g, x, weight, mean, var, training, eps, needs)  # type: ignore[no-any-return]
        shape = x.shape
        g, x = _by_channel(g), _by_channel(x)
        scale = _scale(var, eps, x)
        factor = scale if weight is None else scale * weight
        g_x: Any = None
        if not (training or needs[1] or needs[2]):
            return _affine(g, factor, None).reshape(shape), None, None
        sums = _sums(g)
        products: Any = None
        if training or needs[1]:
            x, mean = _near(x, mean, var)
            products = (_products(g, x) - mean * sums) * scale
        if needs[0] and training:
            count = x.shape[0] * x.shape[2]
            slope = -factor * products * scale / count
            g_x = _mixed(g, x, factor, slope, -factor * sums / count - slope * mean)
        elif needs[0]:
            g_x = _affine(g, factor, None)
        return (
            None if g_x is None else g_x.reshape(shape),
            products if needs[1] else None,
            sums if needs[2] else None,
        )

    def group_norm(self, x: Array, weight: Any, bias: Any, groups: int, eps: float) -> Any:
        if not x.size:
            return x.copy()
        rows, mean, scale = _grouped(x, groups, eps)
        # One number for each channel of each example, as a matrix.
        factors = _spread(scale, x, weight)
        shifts = -factors * _spread(mean, x, None)
        if bias is not None:
            shifts += bias
        return like_input(_affine(rows, factors.ravel(), shifts.ravel()).reshape(x.shape), x)

    def group_norm_grad(
        self, g: Array, x: Array, weight: Any, groups: int, eps: float, needs: Needs
    ) -> tuple[Any, Any, Any]:
        if not x.size:
            return self.composed("group_norm_grad", g, x, weight, groups, eps, needs)  # type: ignore[no-any-return]
        examples, channels = x.shape[:2]
        rows, mean, scale = _grouped(x, groups, eps)
        slopes = g.reshape(rows.shape)
        means = _spread(mean, x, None)
        var = 1 / (scale * scale)
        rows, means = _near(rows, means.ravel(), _spread(var, x, None).ravel())
        sums = _sums(slopes)
        scales = _spread(scale, x, None)
        products = (_products(slopes, rows) - means * sums).reshape(examples, channels) * scales
        sums = sums.reshape(examples, channels)
        g_x = None
        if needs[0]:
            inner, outer = (each if weight is None else each * weight for each in (sums, products))
            size = x.size // (examples * groups)
            inner, outer = (
                _spread(add_up(each.reshape(examples, groups, -1), axis=2) / size, x, None)
                for each in (inner, outer)
            )
            slope = -outer * scales * scales
            rest = -inner * scales - slope * means.reshape(slope.shape)
            factors = scales if weight is None else scales * weight
            mixed = _mixed(slopes, rows, factors.ravel(), slope.ravel(), rest.ravel())
            g_x = mixed.reshape(x.shape)
        return (
            g_x,
            add_up(products, axis=0) if needs[1] else None,
            add_up(sums, axis=0) if needs[2] else None,
        )


def _by_channel(x: Array) -> Array:
    return x.reshape(*x.shape[:2], -1) if x.size else x.reshape(*x.shape[:2], 0)


def _scale(var: Any, eps: float, like: Array) -> Any:
    return (1 / numpy.sqrt(var + eps)).astype(like.dtype, copy=False)


def _grouped(x: Array, groups: int, eps: float) -> tuple[Array, Any, Any]:
    """Return every channel of every example as one of a single example, and what groups have.

    That is the mean, and what to multiply with, as matrices of examples and groups.
    """
    count = x.shape[0] * groups
    flat = x.reshape(1, count, x.size // count)
    size = flat.shape[2]
    mean = _sums(flat) / size
    var = _products(flat, flat) / size
    square = mean * mean
    if (var >= 2 * square).all():
        var -= square
    else:
        away = numpy.subtract(flat, mean[:, None])
        var = _products(away, away) / size
    scale = _scale(var, eps, x)
    rows = x.reshape(1, x.shape[0] * x.shape[1], -1)
    return rows, mean.reshape(-1, groups), scale.reshape(-1, groups)


def _spread(each: Any, x: Array, weight: Any) -> Any:
    """Return what groups have as what channels have, times their weights."""
    result = numpy.repeat(each, x.shape[1] // each.shape[1], axis=1)
    return result if weight is None else result * weight


def _near(x: Array, mean: Any, var: Any) -> tuple[Array, Any]:
    """Return `x` and its mean, moved to 0 if it is so far off that digits would be lost."""
    if (mean * mean <= var).all():
        return x, mean
    return numpy.subtract(x, mean[:, None]), numpy.zeros_like(mean)


def _sums(x: Array) -> Any:
    """Return the sum of each channel."""
    x = x[..., 0] if x.shape[2] == 1 else sum_along(x, (2,), False)
    return x[0] if len(x) == 1 else sum_along(x, (0,), False)


def _products(x: Array, y: Array) -> Any:
    """Return the sum of the products of two channels each."""
    if x.shape[2] >= _SHORT:
        return sum_along(numpy.vecdot(x, y), (0,), False)
    return _sums(numpy.multiply(x, y))


def _blocks(x: Array) -> Iterator[tuple[tuple[slice, slice], slice]]:
    """Yield where parts of an array lie, and the numbers that belong to their channels."""
    examples, channels, size = x.shape
    whole = slice(None)
    if examples == 1:
        step = max(_BLOCK // max(size, 1), 1)
        for start in range(0, channels, step):
            yield (whole, slice(start, start + step)), slice(start, start + step)
    else:
        step = max(_BLOCK // max(channels * size, 1), 1)
        for start in range(0, examples, step):
            yield (slice(start, start + step), whole), whole


def _each(ufunc: Any, x: Array, numbers: Any, out: Array) -> None:
    """Apply `ufunc` to each channel and its number."""
    examples, _, size = x.shape
    if size >= _SHORT:
        ufunc(x, numbers[:, None], out=out)
        return
    vector = numpy.repeat(numbers, size) if size > 1 else numbers
    by_row(ufunc, x.reshape(examples, -1), vector, out=out.reshape(examples, -1))


def _affine(x: Array, factor: Any, shift: Any) -> Array:
    x = numpy.ascontiguousarray(x)
    result = numpy.empty_like(x)
    for place, which in _blocks(x):
        _each(numpy.multiply, x[place], factor[which], result[place])
        if shift is not None:
            _each(numpy.add, result[place], shift[which], result[place])
    return result


def _mixed(g: Array, x: Array, a: Any, b: Any, c: Any) -> Array:
    """Return ``g * a + x * b + c``."""
    g, x = numpy.ascontiguousarray(g), numpy.ascontiguousarray(x)
    result = numpy.empty_like(x)
    buffer: Any = None
    for place, which in _blocks(x):
        part = result[place]
        _each(numpy.multiply, g[place], a[which], part)
        if buffer is None:
            buffer = numpy.empty_like(part)
        spare = buffer[: part.shape[0], : part.shape[1]]
        _each(numpy.multiply, x[place], b[which], spare)
        part += spare
        _each(numpy.add, part, c[which], part)
    return result
