"""Neural-network kernels in the standard's words."""

from __future__ import annotations

import math
from typing import Any

from plugrad.backends.array_api.arrays import ArrayKernels, Shape

__all__ = ["NetworkKernels"]


class NetworkKernels(ArrayKernels):
    """Neural-network kernels."""

    # --------------------------------------------------------------------------- tables of rows

    def embedding(self, x: Any, indices: Any, padding_idx: int, scaled: bool) -> Any:
        self._refuse_outside(indices, x.shape[0])
        rows = self.xp.take(x, self.xp.reshape(indices, (-1,)), axis=0)
        return self.xp.reshape(rows, (*indices.shape, *x.shape[1:]))

    def embedding_grad(self, g: Any, indices: Any, count: int, padding_idx: int) -> Any:
        # A product with one-hot rows adds up what belongs to one row of the table.
        flat = self.xp.reshape(indices, (-1,))
        if padding_idx >= 0:
            flat = self.xp.where(flat == padding_idx, -self.xp.ones_like(flat), flat)
        chosen = self.xp.astype(self._is_each(flat, count), g.dtype)
        gradients = self.xp.reshape(g, (math.prod(indices.shape), g.shape[-1]))
        return self.xp.matmul(self.xp.matrix_transpose(chosen), gradients)

    def frequency(self, indices: Any, like: Any) -> Any:
        flat = self.xp.reshape(indices, (-1,))
        same = self.xp.expand_dims(flat, axis=0) == self.xp.expand_dims(flat, axis=1)
        counts = self.xp.sum(self.xp.astype(same, like.dtype), axis=1)
        return self.xp.reshape(counts, indices.shape)

    def one_hot(self, x: Any, num_classes: int) -> Any:
        return self.xp.astype(self._is_each(x, num_classes), x.dtype)

    def _is_each(self, indices: Any, count: int) -> Any:
        """Return, in a new last dimension, which of `count` numbers each index is."""
        numbers = self.xp.arange(count, dtype=indices.dtype, device=self.place)
        return self.xp.expand_dims(indices, axis=-1) == numbers

    def _refuse_outside(self, indices: Any, count: int) -> None:
        if math.prod(indices.shape) == 0:
            return
        lowest, highest = int(self.xp.min(indices)), int(self.xp.max(indices))
        if lowest < 0 or highest >= count:
            wrong = lowest if lowest < 0 else highest
            raise IndexError(f"{wrong} is out of range: it must lie between 0 and {count - 1}")

    # ---------------------------------------------------------------------------------- classes

    def nll_loss(self, x: Any, target: Any, weight: Any, reduction: str, ignore_index: int) -> Any:
        counts = self._class_counts(x, target, weight, ignore_index)
        axis = 1 if len(x.shape) > 1 else 0
        # What does not count must not, even if it is infinite.
        picked = self.xp.where(counts != 0, x, self.xp.zeros_like(x)) * counts
        if reduction == "none":
            return self.xp.reshape(-self.xp.sum(picked, axis=axis), target.shape)
        loss = -self.xp.sum(picked)
        return loss / self.xp.sum(counts) if reduction == "mean" else loss

    def nll_loss_grad(
        self, g: Any, target: Any, weight: Any, shape: Shape, reduction: str, ignore_index: int
    ) -> Any:
        counts = self._class_counts(self.new_zeros(g, shape), target, weight, ignore_index)
        if reduction == "none" and len(shape) > 1:
            g = self.xp.expand_dims(g, axis=1)
        if reduction == "mean":
            g = g / self.xp.sum(counts)
        return self.xp.where(counts != 0, -(counts * g), self.xp.zeros_like(counts))

    def _class_counts(self, x: Any, target: Any, weight: Any, ignore_index: int) -> Any:
        """Return how much each element of `x` counts: its class's weight where it is the target."""
        axis = 1 if len(x.shape) > 1 else 0
        target = self.xp.astype(target, self.xp.int64)
        ignored = target == ignore_index
        self._refuse_outside(
            self.xp.where(ignored, self.xp.zeros_like(target), target), x.shape[axis]
        )
        chosen = self._is_each(target, x.shape[axis])
        chosen = chosen & ~self.xp.expand_dims(ignored, axis=-1)
        if len(x.shape) > 2:
            chosen = self.xp.moveaxis(chosen, -1, 1)
        counts = self.xp.astype(self.xp.reshape(chosen, x.shape), x.dtype)
        if weight is None:
            return counts
        dims = tuple(n if i == axis else 1 for i, n in enumerate(x.shape))
        return counts * self.xp.reshape(weight, dims)
