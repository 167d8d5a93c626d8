"""Softmax, norms, variances and layer normalization on NumPy arrays, in few passes."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy

from plugrad.backends.array_api import Dims
from plugrad.backends.array_api.normalization import NormalizationKernels as Standard
from plugrad.backends.numpy.arrays import Array, largest, smallest
from plugrad.backends.numpy.blocks import by_threads, in_rows, row_by_row
from plugrad.backends.numpy.reduction import extreme_along
from plugrad.backends.numpy.sums import add_up, sum_along
from plugrad.dtypes import dtype
from plugrad.threads import WORTH_SHARING

__all__ = ["NormalizationKernels", "by_row"]

# How many elements the backward works on at a time, so that they stay in the processor's cache.
_BLOCK = 1 << 18
# exp(x) for x within these bounds neither overflows, nor do quotients of two of them underflow.
_SAFE_EXPONENT = 40.0


def _products(x: Array, y: Array, dim: int) -> Any:
    """Return the sums of ``x * y`` along `dim`, kept with size 1."""
    if dim == x.ndim - 1:
        return numpy.vecdot(x, y)[..., None]
    return sum_along(numpy.multiply(x, y), (dim,), True)


class NormalizationKernels(Standard):
    """What the standard's words would compute in many passes over memory."""

    # ----------------------------------------------------------------------------------- softmax

    @in_rows
    def softmax(self, x: Array, dim: int) -> Any:
        if not x.size or not x.shape:
            return numpy.exp(x - x)
        x = numpy.ascontiguousarray(x)
        low, high = smallest(x, axis=None), largest(x, axis=None)
        if low >= -_SAFE_EXPONENT and high <= _SAFE_EXPONENT:
            result = numpy.exp(x)
        else:
            result = numpy.subtract(x, extreme_along(numpy.maximum, x, (dim,), True))
            numpy.exp(result, out=result)
        result /= sum_along(result, (dim,), True)
        return result

    @in_rows
    def softmax_grad(self, g: Array, out: Array, dim: int) -> Any:
        if not out.shape:
            return (g - g * out) * out
        result = numpy.subtract(g, _products(g, out, dim))
        result *= out
        return result

    @in_rows
    def log_softmax(self, x: Array, dim: int) -> Any:
        if not x.size or not x.shape:
            return x - x
        x = numpy.ascontiguousarray(x)
        result = numpy.subtract(x, extreme_along(numpy.maximum, x, (dim,), True))
        total = sum_along(numpy.exp(result), (dim,), True)
        result -= numpy.log(total)
        return result

    @in_rows
    def log_softmax_grad(self, g: Array, out: Array, dim: int) -> Any:
        if not out.shape:
            return g - numpy.exp(out) * g
        result = numpy.exp(out)
        result *= sum_along(g, (dim,), True)
        return numpy.subtract(g, result, out=result)

    @in_rows
    def logsumexp(self, x: Array, dim: Dims, keepdim: bool = False) -> Any:
        if not x.size:
            return numpy.log(add_up(numpy.exp(x), axis=dim, keepdims=keepdim))
        if not x.shape:
            return self.logsumexp(x.reshape(1), (0,))
        highest = extreme_along(numpy.maximum, x.real, dim, True)
        shift = numpy.where(numpy.isinf(highest), highest.dtype.type(0), highest)
        result = numpy.subtract(x, shift)
        numpy.exp(result, out=result)
        result = numpy.log(sum_along(result, dim, True))
        result += shift
        return result if keepdim else numpy.squeeze(result, axis=dim)

    # ----------------------------------------------------------------------- spread around the mean

    def var(self, x: Array, dim: Dims, correction: float, keepdim: bool) -> Any:
        if x.dtype.kind == "c" or not x.shape:
            return self.composed("var", x, dim, correction, keepdim)
        count = math.prod([x.shape[number] for number in dim])
        away = numpy.subtract(x, sum_along(x, dim, True) / count)
        away *= away
        return numpy.divide(sum_along(away, dim, keepdim), max(count - correction, 0))

    # -------------------------------------------------------------------------------------- norms

    def vector_norm(
        self, x: Array, ord: float, dim: Dims, keepdim: bool = False, dtype: dtype | None = None
    ) -> Any:
        x = x if dtype is None else x.astype(dtype.np, copy=False)
        if ord == 2 and dim and x.dtype.kind == "f":
            if len(dim) == x.ndim and not keepdim and x.flags.forc:
                flat = x.ravel(order="K")
                return numpy.sqrt(numpy.dot(flat, flat))
            if dim == (x.ndim - 1,):
                squares = numpy.vecdot(x, x)
                return numpy.sqrt(squares[..., None] if keepdim else squares)
            return numpy.sqrt(sum_along(numpy.multiply(x, x), dim, keepdim))
        return super().vector_norm(x, ord, dim, keepdim)

    # ------------------------------------------------------------------------- layer normalization

    def layer_norm(
        self, x: Array, weight: Array | None, bias: Array | None, shape: Dims, eps: float
    ) -> Any:
        rows = _as_rows(x, shape)
        if rows.size < WORTH_SHARING:
            result = _normalized(rows, weight, bias, eps)
        else:
            normalized = partial(_normalized, weight=weight, bias=bias, eps=eps)
            result = row_by_row(normalized, rows)
        return result.reshape(x.shape)

    def layer_norm_grad(
        self, g: Array, x: Array, weight: Array | None, shape: Dims, eps: float,
        needs: tuple[bool, bool, bool],
    ) -> tuple[Any, Any, Any]:  # fmt: skip
        count = math.prod(shape)
        rows = _as_rows(x, shape)
        slopes = numpy.ascontiguousarray(g).reshape(rows.shape)
        vector = None if weight is None else weight.reshape(-1)
        g_x = numpy.empty(rows.shape, rows.dtype) if needs[0] else None
        step = max(_BLOCK // max(count, 1), 1)

        def differentiate(first: int, last: int) -> list[Any]:
            """Fill some rows of `g_x`, and return their part of the gradients by the vectors."""
            sums: list[Any] = [0, 0]
            # What the gradient will fill holds the distances to the mean first.
            spares: Any = numpy.empty((min(step, last - first), count), rows.dtype)
            aways: Any = numpy.empty_like(spares) if g_x is None else g_x
            for start in range(first, last, step):
                stop = min(start + step, last)
                part, inner = rows[start:stop], slopes[start:stop]
                spare = spares[: len(part)]
                away = aways[: len(part)] if g_x is None else aways[start:stop]
                numpy.subtract(part, sum_along(part, (1,), True) / count, out=away)
                scale = _scale_of(away, eps)
                numpy.multiply(inner, away, out=spare)
                if needs[1]:
                    sums[0] = sums[0] + numpy.dot(scale, spare)
                if needs[2]:
                    sums[1] = sums[1] + sum_along(inner, (0,), False)
                if g_x is None:
                    continue
                if vector is None:
                    overlap, mean = sum_along(spare, (1,), False), sum_along(inner, (1,), False)
                else:
                    overlap, mean = numpy.dot(spare, vector), numpy.dot(inner, vector)
                # inner * scale + away * overlap + mean, with numbers for each row.
                factor = scale / -count
                mean *= factor
                overlap *= scale * scale * factor
                numpy.multiply(inner, scale[:, None], out=spare)
                if vector is not None:
                    by_row(numpy.multiply, spare, vector)
                away *= overlap[:, None]
                away += spare
                away += mean[:, None]
            return sums

        parts = by_threads(differentiate, len(rows), rows.size)
        sums = [sum(each) for each in zip(*parts, strict=True)]
        return (
            None if g_x is None else g_x.reshape(x.shape),
            sums[0].reshape(shape) if needs[1] and len(rows) else _zeros(needs[1], shape, rows),
            sums[1].reshape(shape) if needs[2] and len(rows) else _zeros(needs[2], shape, rows),
        )


def _as_rows(x: Array, shape: Dims) -> Array:
    count = math.prod(shape)
    if x.ndim == 2 and len(shape) == 1:
        return numpy.ascontiguousarray(x)
    return x.reshape(x.size // max(count, 1), count)


def _zeros(wanted: bool, shape: Dims, like: Array) -> Any:
    return numpy.zeros(shape, like.dtype) if wanted else None


def _scale_of(away: Array, eps: float) -> Any:
    """Return what makes the variance of each row 1, from the distances to its mean."""
    scale = numpy.vecdot(away, away)
    scale /= max(away.shape[1], 1)
    scale += eps
    numpy.sqrt(scale, out=scale)
    return numpy.reciprocal(scale, out=scale)


def _normalized(rows: Array, weight: Array | None, bias: Array | None, eps: float) -> Array:
    """Return rows of mean 0 and variance 1, times `weight`, plus `bias`."""
    result: Array = numpy.subtract(rows, sum_along(rows, (1,), True) / rows.shape[1])
    result *= _scale_of(result, eps)[:, None]
    if weight is not None:
        by_row(numpy.multiply, result, weight)
    if bias is not None:
        by_row(numpy.add, result, bias)
    return result


def by_row(ufunc: Any, rows: Array, vector: Array, out: Array | None = None) -> None:
    """Apply `ufunc` to each row and `vector`, in place or into `out`.

    Short rows are joined to longer ones: NumPy's loop costs 0.1 us a row, whatever its length.
    """
    vector = vector.reshape(-1)
    out = rows if out is None else out
    count, size = rows.shape
    if rows.size > 32768 and rows.flags.c_contiguous and out.flags.c_contiguous:
        joined = math.gcd(count, 1 << max(16384 // max(size, 1), 1).bit_length() >> 1)
        if joined > 1:
            vector = numpy.tile(vector, joined)
            rows, out = rows.reshape(-1, joined * size), out.reshape(-1, joined * size)
    ufunc(rows, vector, out=out)
