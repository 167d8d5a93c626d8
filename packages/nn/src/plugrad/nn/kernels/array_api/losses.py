"""Losses in the standard's words."""

from __future__ import annotations

from typing import Any

from plugrad.backends.array_api.arrays import Shape
from plugrad.backends.array_api.network import NetworkKernels

__all__ = ["LossKernels"]


class LossKernels(NetworkKernels):
    """Kernels of losses that compare classes."""

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
