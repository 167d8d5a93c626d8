"""Attention on NumPy arrays.

Products of a row's matrices are small, so the linear algebra beneath takes one thread for them:
rows are shared among threads here.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy

from plugrad.backends.array_api import ArrayKernels
from plugrad.backends.numpy.arrays import Array
from plugrad.backends.numpy.blocks import by_threads
from plugrad.backends.numpy.sums import sum_along

__all__ = ["AttentionKernels"]

_WORK = 4  # how many elements of a usual kernel one score is worth


class AttentionKernels(ArrayKernels):
    """Kernels of attention, without the copies that a composition makes."""

    def safe_softmax(self, x: Array, dim: int) -> Array:
        return _softmax(x.copy(), dim)

    def attention(self, query: Array, key: Array, value: Array, mask: Any, scale: float) -> Any:
        found = numpy.empty((*query.shape[:-1], value.shape[-1]), query.dtype)

        def attend(rows: slice) -> None:
            weights = _weights(query[rows], key[rows], _of(mask, rows), scale)
            numpy.matmul(weights.mT, value[rows], found[rows])

        _by_rows(attend, query, key)
        return found

    def attention_grad(
        self, g: Array, query: Array, key: Array, value: Array, mask: Any, scale: float
    ) -> tuple[Array, ...]:
        given = query, key, value
        # As PyTorch's, they lie token by token: so do the projections that they are gradients of.
        found = [numpy.empty(x.swapaxes(1, 2).shape, x.dtype).swapaxes(1, 2) for x in given]

        def differentiate(rows: slice) -> None:
            q, k, v, g_row = query[rows], key[rows], value[rows], g[rows]
            weights = _weights(q, k, _of(mask, rows), scale)
            scores = numpy.matmul(v, g_row.mT)
            numpy.matmul(weights, g_row, found[2][rows])
            scores -= sum_along(scores * weights, (scores.ndim - 2,), True)
            scores *= weights
            scores *= scale
            numpy.matmul(scores.mT, k, found[0][rows])
            numpy.matmul(scores, q, found[1][rows])

        _by_rows(differentiate, query, key)
        return tuple(found)


def _by_rows(work: Callable[[slice], None], query: Array, key: Array) -> None:
    """Do some work on slices of the first dimension, each in a thread."""
    scores = prod(query.shape[:-1]) * key.shape[-2]
    by_threads(lambda start, stop: work(slice(start, stop)), len(query), scores * _WORK)


def _of(mask: Any, rows: slice) -> Any:
    """Return the part of a mask that is for some rows; it may be one for all."""
    return mask if mask is None or mask.ndim < 4 or len(mask) == 1 else mask[rows]


def _weights(query: Array, key: Array, mask: Any, scale: float) -> Array:
    """Return what each query takes of each key: a column for a query.

    Along columns NumPy finds the highest of each in a quarter of the time.
    """
    scores = numpy.matmul(key, (query * scale).mT)
    if mask is not None:
        scores += numpy.ascontiguousarray(mask.mT)
    return _softmax(scores, scores.ndim - 2)


def _softmax(x: Array, dim: int) -> Array:
    """Turn `x` into its softmax, in place; what is nothing but -inf into zeros."""
    if not x.size:
        return x
    highest = x.max(axis=dim, keepdims=True)
    # Of nothing but -inf: anything finite makes all of its exponentials 0, and their sum 1.
    numpy.maximum(highest, numpy.finfo(x.dtype).min, out=highest)
    x -= highest
    numpy.exp(x, out=x)
    total = sum_along(x, (dim,), True)
    total[total == 0] = 1
    x /= total
    return x
