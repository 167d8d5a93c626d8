"""Distances and bilinear products on NumPy arrays, without arrays of all their terms."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy

from plugrad.backends.array_api import ArrayKernels, Dims
from plugrad.backends.numpy.arrays import Array
from plugrad.backends.numpy.sums import sum_along

__all__ = ["DistanceKernels"]

# Below so many terms it costs more to find a good order of products than to add up all terms.
_FEW = 1 << 13
# How many distances are computed at a time, so that they stay in the processor's cache.
_BLOCK = 1 << 16
# How many differences are computed at a time, where the distances are fewer.
_TOGETHER = 1 << 14


class DistanceKernels(ArrayKernels):
    """Kernels of `bilinear`, `cdist` and `pdist`."""

    def trilinear(
        self, x: Array, y: Array, z: Array, x_new: Dims, y_new: Dims, z_new: Dims, summed: Dims
    ) -> Any:
        terms = math.prod(numpy.broadcast_shapes(*(
            tuple(1 if dim in new else shape.pop(0) for dim in range(4))
            for new, shape in ((x_new, [*x.shape]), (y_new, [*y.shape]), (z_new, [*z.shape]))
        )))  # fmt: skip
        if terms < _FEW or x.dtype.kind not in "fc":
            return self.composed("trilinear", x, y, z, x_new, y_new, z_new, summed)
        arrays = [(_letters(new), array) for new, array in ((x_new, x), (y_new, y), (z_new, z))]
        return _product(arrays, _letters(summed))

    def cdist(self, x: Array, y: Array, p: float) -> Any:
        combine: Any = numpy.maximum if p == math.inf else numpy.add
        result: Any = None
        for _, differences in _coordinates(x, y):
            sizes = _power(differences, p)
            size = sizes[0] if len(sizes) == 1 else combine.reduce(sizes, axis=0)
            result = size if result is None else combine(result, size, out=result)
        if result is None:
            return self.composed("cdist", x, y, p)
        return _root(result, p)

    def cdist_grad(
        self, g: Array, x: Array, y: Array, out: Array, p: float, needs: tuple[bool, bool]
    ) -> tuple[Any, Any]:
        """Return the gradients, some coordinates after the others."""
        if not x.shape[-1]:
            return self.composed("cdist_grad", g, x, y, out, p, needs)  # type: ignore[no-any-return]
        scale = _scale(g, out, p)
        shape = numpy.broadcast_shapes(x.shape[:-2], y.shape[:-2])
        g_x = numpy.empty((*shape, *x.shape[-2:]), g.dtype) if needs[0] else None
        g_y = numpy.empty((*shape, *y.shape[-2:]), g.dtype) if needs[1] else None
        last = g.ndim  # beside those of g, slopes have a first dimension
        for some, differences in _coordinates(x, y):
            slopes = _slope(differences, scale, out, p)
            if g_x is not None:
                _by_coordinate(g_x)[some] = sum_along(slopes, (last,), False)
            if g_y is not None:
                _by_coordinate(g_y)[some] = -sum_along(slopes, (last - 1,), False)
        return g_x, g_y

    def pdist(self, x: Array, p: float) -> Any:
        if not x.shape[1]:
            return self.composed("pdist", x, p)
        result = numpy.empty(len(x) * (len(x) - 1) // 2, x.dtype)
        for rows, place, above in _triangle(len(x)):
            result[place] = self.cdist(x[rows], x[rows.start :], p)[above]
        return result

    def pdist_grad(self, g: Array, x: Array, out: Array, p: float) -> Any:
        if not x.shape[1]:
            return self.composed("pdist_grad", g, x, out, p)
        result = numpy.zeros_like(x)
        for rows, place, above in _triangle(len(x)):
            # Pairs of the block that do not count have the gradient 0.
            slopes, sizes = numpy.zeros((2, *above.shape), g.dtype)
            slopes[above], sizes[above] = g[place], out[place]
            points = x[rows.start :]
            some, others = self.cdist_grad(slopes, x[rows], points, sizes, p, (True, True))
            result[rows] += some
            result[rows.start :] += others
        return result


def _triangle(count: int) -> Iterator[tuple[slice, slice, Array]]:
    """Yield blocks of points, where the distances from them to later ones are, and which those are.

    The last is a mask of pairs: of the block's points and all from its first on.
    """
    step = max(_BLOCK // max(count, 1), 8)
    position = 0
    for start in range(0, count, step):
        end = min(start + step, count)
        above = numpy.arange(count - start) > numpy.arange(end - start)[:, None]
        first, position = position, position + int(numpy.count_nonzero(above))
        yield slice(start, end), slice(first, position), above


def _letters(new: Dims) -> str:
    return "".join(letter for dim, letter in enumerate("abcd") if dim not in new)


def _product(arrays: list[tuple[str, Array]], result: str) -> Any:
    """Return the sum of products of a cube and two matrices, or a cube made of three matrices.

    All matrices have the first dimension, a, in common, and the cube all others.
    """
    if len(result) == 3:
        one, two, three = (array for _, array in sorted(arrays, key=lambda each: each[0]))
        pairs = two[:, :, None] * three[:, None, :]
        flat = numpy.matmul(one.T, pairs.reshape(len(one), -1))
        return flat.reshape(-1, *pairs.shape[1:])
    (cube_letters, cube), (last_letters, last), (letters, matrix) = sorted(
        arrays, key=lambda each: (-len(each[0]), each[1].shape[1])
    )
    axis = cube_letters.index(letters[1])
    partial = numpy.tensordot(matrix, cube, ([1], [axis]))
    left = cube_letters.replace(letters[1], "")
    if left[0] == last_letters[1]:
        return numpy.matmul(last[:, None, :], partial)[:, 0, :]
    return numpy.matmul(partial, last[:, :, None])[:, :, 0]


def _by_coordinate(x: Array) -> Array:
    return x.transpose(-1, *range(x.ndim - 1))


def _coordinates(x: Array, y: Array) -> Iterator[tuple[slice, Array]]:
    """Yield the differences between all points, by coordinate: of few points in several at once."""
    x, y = _by_coordinate(x)[..., None], _by_coordinate(y)[..., None, :]
    pairs = math.prod(numpy.broadcast_shapes(x.shape[1:], y.shape[1:]))
    step = max(_TOGETHER // max(pairs, 1), 1)
    for start in range(0, len(x), step):
        some = slice(start, start + step)
        yield some, numpy.subtract(x[some], y[some])


def _power(x: Array, p: float) -> Any:
    """Return what is added up of differences, in their place."""
    if p == 0:
        return (x != 0).astype(x.dtype)
    if p == 2:
        return numpy.multiply(x, x, out=x)
    numpy.abs(x, out=x)
    return x if p in (1, math.inf) else numpy.power(x, x.dtype.type(p), out=x)


def _root(x: Array, p: float) -> Any:
    if p in (0, 1, math.inf):
        return x
    return numpy.sqrt(x, out=x) if p == 2 else numpy.power(x, x.dtype.type(1 / p), out=x)


def _scale(g: Array, out: Array, p: float) -> Any:
    """Return the part of the gradient that all coordinates share."""
    if p in (0, 1, math.inf):
        return g
    safe = numpy.where(out == 0, out.dtype.type(1), out)
    return g / safe if p == 2 else g


def _slope(x: Array, scale: Array, out: Array, p: float) -> Any:
    """Return the gradient of the differences in one coordinate, in their place."""
    if p == 2:
        return numpy.multiply(x, scale, out=x)
    if p == 0:
        return numpy.zeros_like(x)
    if p == 1:
        return numpy.multiply(numpy.sign(x), scale, out=x)
    if p == math.inf:
        signs = numpy.sign(x) * scale
        signs[numpy.abs(x, out=x) != out] = 0
        return signs
    size = numpy.abs(x)
    ratio = numpy.where(size == 0, 1, size) / numpy.where(out == 0, 1, out)
    return numpy.sign(x) * ratio ** x.dtype.type(p - 1) * scale
