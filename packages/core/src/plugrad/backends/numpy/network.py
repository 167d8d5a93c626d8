"""Neural-network kernels on NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy

from plugrad.backends.array_api import Shape
from plugrad.backends.array_api.network import NetworkKernels as Standard
from plugrad.backends.numpy.arrays import Array, largest
from plugrad.backends.numpy.sums import add_up

__all__ = ["NetworkKernels"]

_UNSIGNED = {8: numpy.uint64, 4: numpy.uint32}


class NetworkKernels(Standard):
    """Neural-network kernels that NumPy does better than in the standard's words."""

    # --------------------------------------------------------------------------- tables of rows

    def embedding(self, x: Array, indices: Array, padding_idx: int, scaled: bool) -> Array:
        self._refuse_outside(indices, len(x))
        return x.take(indices, axis=0)

    def embedding_grad(self, g: Array, indices: Array, count: int, padding_idx: int) -> Array:
        flat = indices.ravel()
        gradients = g.reshape(flat.size, g.shape[-1])
        if padding_idx >= 0:
            kept = flat != padding_idx
            flat, gradients = flat[kept], gradients[kept]
        result = numpy.zeros((count, gradients.shape[1]), g.dtype)
        if flat.size <= 32:
            numpy.add.at(result, flat, gradients)
            return result
        # Sorted, gradients of one row are neighbours. Most rows have one, which is only moved;
        # adding up neighbours costs several times as much.
        order = flat.argsort(kind="stable")
        rows = flat[order]
        starts = numpy.concatenate(([0], (rows[1:] != rows[:-1]).nonzero()[0] + 1))
        counts = numpy.diff(starts, append=flat.size)
        once = counts == 1
        alone = order[starts[once]]
        result[flat[alone]] = gradients.take(alone, axis=0)
        if len(alone) < len(starts):
            together = order[numpy.repeat(~once, counts)]
            lengths = counts[~once]
            beginnings = numpy.cumsum(lengths) - lengths
            sums = numpy.add.reduceat(gradients.take(together, axis=0), beginnings, axis=0)
            result[rows[starts[~once]]] = sums
        return result

    def frequency(self, indices: Array, like: Array) -> Array:
        return numpy.bincount(indices.ravel())[indices].astype(like.dtype)

    def one_hot(self, x: Array, num_classes: int) -> Array:
        result = numpy.zeros((x.size, num_classes), x.dtype)
        result[numpy.arange(x.size), x.ravel()] = 1
        return result.reshape(*x.shape, num_classes)

    def _refuse_outside(self, indices: Array, count: int) -> None:
        # Seen without a sign a negative number is larger than any count.
        unsigned = indices.view(_UNSIGNED[indices.itemsize])
        if indices.size and largest(unsigned, axis=None) >= count:
            super()._refuse_outside(indices, count)

    # ---------------------------------------------------------------------------------- classes

    def nll_loss(
        self, x: Array, target: Array, weight: Any, reduction: str, ignore_index: int
    ) -> Any:
        places, counts = self._places(x.shape, target, weight, ignore_index)
        picked = x[places]
        if counts is not None:
            # What does not count must not, even if it is infinite.
            picked = numpy.where(counts != 0, picked, 0) * counts
        if reduction == "none":
            return numpy.negative(picked, out=picked).reshape(target.shape)
        total = add_up(picked, axis=None)
        return -(total / _total(picked, counts)) if reduction == "mean" else -total

    def nll_loss_grad(
        self, g: Array, target: Array, weight: Any, shape: Shape, reduction: str, ignore_index: int
    ) -> Array:
        places, counts = self._places(shape, target, weight, ignore_index)
        if reduction == "mean":
            g = g / _total(target, counts, g.dtype)
        elif reduction == "none" and len(shape) == 1:
            g = g.reshape(1)
        result = numpy.zeros(shape, g.dtype)
        result[places] = -g if counts is None else numpy.where(counts != 0, -g * counts, 0)
        return result

    def _places(
        self, shape: Shape, target: Array, weight: Any, ignore_index: int
    ) -> tuple[tuple[Array, ...], Any]:
        """Return where in an array of `shape` the targets are, and how much each counts.

        None stands for counting fully.
        """
        classes = shape[1] if len(shape) > 1 else shape[0]
        counts: Any = None
        if target.dtype != numpy.int64:
            target = target.astype(numpy.int64)
        # Seen without a sign a negative number is larger than any count.
        unsigned = target.view(numpy.uint64)
        if 0 <= ignore_index < classes or (target.size and largest(unsigned, axis=None) >= classes):
            counts = target != ignore_index
            target = numpy.where(counts, target, 0)
            self._refuse_outside(target, classes)
        if len(shape) == 1:
            places: tuple[Array, ...] = (target.reshape(1),)
            counts = None if counts is None else counts.reshape(1)
        elif len(shape) == 2:
            places = (numpy.arange(shape[0]), target)
        else:
            rows, *rest = numpy.ogrid[tuple(map(slice, target.shape))]
            places = (rows, target, *rest)
        if weight is not None:
            weights = weight[places[len(shape) > 1]]
            counts = weights if counts is None else weights * counts
        return places, counts

    # ----------------------------------------------------------------------------------- losses

    def mse_loss(self, x: Array, y: Array, reduction: str) -> Any:
        difference = numpy.subtract(x, y)
        if reduction == "none" or difference.ndim == 0:
            return difference * difference
        flat = difference.ravel()
        total = flat.dot(flat)
        return total / flat.size if reduction == "mean" else total

    def mse_loss_grad(self, g: Array, x: Array, y: Array, factor: float) -> Any:
        difference = numpy.subtract(x, y)
        difference *= g * factor
        return difference

    def huber_loss(self, x: Array, y: Array, reduction: str, delta: float) -> Any:
        if reduction == "none" or not x.size:
            return self.composed("huber_loss", x, y, reduction, delta)
        size = numpy.asarray(numpy.subtract(x, y))
        numpy.abs(size, out=size)
        inner = numpy.asarray(numpy.minimum(size, delta))
        # The sum of inner * (size - inner / 2), as products.
        flat = inner.ravel()
        total = flat.dot(size.ravel()) - flat.dot(flat) / 2
        return total / size.size if reduction == "mean" else total

    def smooth_l1_loss(self, x: Array, y: Array, reduction: str, beta: float) -> Any:
        return self.huber_loss(x, y, reduction, beta) / beta

    def bent_grad(self, g: Array, x: Array, y: Array, bound: float, factor: float) -> Any:
        difference = numpy.asarray(numpy.subtract(x, y))
        numpy.clip(difference, -bound, bound, out=difference)
        difference *= g * factor
        return difference

    def binary_cross_entropy_with_logits(
        self, x: Array, y: Array, weight: Any, pos_weight: Any, reduction: str
    ) -> Any:
        loss = numpy.asarray(numpy.abs(x))
        numpy.negative(loss, out=loss)
        numpy.exp(loss, out=loss)
        numpy.log1p(loss, out=loss)
        loss -= numpy.minimum(x, 0)
        if pos_weight is not None:
            loss *= (pos_weight - 1) * y + 1
        loss += (1 - y) * x
        if weight is not None:
            loss *= weight
        if reduction == "none":
            return loss
        total = add_up(loss, axis=None)
        return total / loss.size if reduction == "mean" else total

    # -------------------------------------------------------------------------------- attention

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

    def mirrored_pad_grad(self, g: Array, pads: tuple[int, ...], mode: str) -> Array:
        for place in range(len(pads) // 2):
            before, after = pads[2 * place : 2 * place + 2]
            if before or after:
                g = self._folded(g, g.ndim - 1 - place, before, after, mode)
        return g

    def _folded(self, g: Array, dim: int, before: int, after: int, mode: str) -> Array:
        """Add both margins of one dimension to where they came from."""
        padded = numpy.moveaxis(g, dim, 0)
        count = len(padded)
        size = count - before - after
        result = numpy.zeros((size, *padded.shape[1:]), g.dtype)
        start, stop = max(-before, 0), size - max(-after, 0)
        result[start:stop] = padded[start + before : stop + before]
        sources = self._sources(size, before, after, mode)
        for margin in (slice(0, max(before, 0)), slice(count - max(after, 0), count)):
            came = sources[margin]
            if mode == "replicate" and len(came):
                result[came[0]] += padded[margin].sum(0)
            elif len(numpy.unique(came)) == len(came):
                result[came] += padded[margin]
            else:
                numpy.add.at(result, came, padded[margin])
        return numpy.ascontiguousarray(numpy.moveaxis(result, 0, dim))


def _total(x: Array, counts: Any, dtype: Any = None) -> Any:
    """Return how much all of `x` counts."""
    return x.size if counts is None else counts.sum(dtype=dtype or x.dtype)


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
