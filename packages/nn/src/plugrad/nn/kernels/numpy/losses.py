"""Losses on NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy

from plugrad.backends.array_api import Shape
from plugrad.backends.numpy.arrays import Array, largest
from plugrad.backends.numpy.sums import add_up
from plugrad.nn.kernels.array_api.losses import LossKernels as Standard

__all__ = ["LossKernels"]


class LossKernels(Standard):
    """Kernels of losses that NumPy does better than in the standard's words."""

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


def _total(x: Array, counts: Any, dtype: Any = None) -> Any:
    """Return how much all of `x` counts."""
    return x.size if counts is None else counts.sum(dtype=dtype or x.dtype)
