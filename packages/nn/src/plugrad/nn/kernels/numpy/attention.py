"""Attention on NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy

from plugrad.backends.array_api import ArrayKernels
from plugrad.backends.numpy.arrays import Array

__all__ = ["AttentionKernels"]


class AttentionKernels(ArrayKernels):
    """Kernels of attention, without the copies that a composition makes."""

    def safe_softmax(self, x: Array, dim: int) -> Array:
        return _softmax(x.copy(), dim)

    def attention(self, query: Array, key: Array, value: Array, mask: Any, scale: float) -> Any:
        return numpy.matmul(_attention_weights(query, key, mask, scale), value)

    def attention_grad(
        self, g: Array, query: Array, key: Array, value: Array, mask: Any, scale: float
    ) -> tuple[Array, Array, Array]:
        weights = _attention_weights(query, key, mask, scale)
        scores = numpy.matmul(g, value.mT)
        g_value = numpy.matmul(weights.mT, g)
        scores -= numpy.einsum("...i,...i->...", scores, weights)[..., None]
        scores *= weights
        scores *= scale
        return numpy.matmul(scores, key), numpy.matmul(scores.mT, query), g_value


def _attention_weights(query: Array, key: Array, mask: Any, scale: float) -> Array:
    scores = numpy.matmul(query * scale, key.mT)
    if mask is not None:
        scores += mask
    return _softmax(scores, -1)


def _softmax(x: Array, dim: int) -> Array:
    """Turn `x` into its softmax, in place; what is nothing but -inf into zeros."""
    highest = x.max(axis=dim, keepdims=True)
    # Of nothing but -inf: anything finite makes all of its exponentials 0, and their sum 1.
    numpy.maximum(highest, numpy.finfo(x.dtype).min, out=highest)
    x -= highest
    numpy.exp(x, out=x)
    total = x.sum(axis=dim, keepdims=True)
    total[total == 0] = 1
    x /= total
    return x
