"""Neural-network kernels in the standard's words."""

from __future__ import annotations

import math
from typing import Any

from plugrad.backends.array_api.arrays import ArrayKernels

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

    # ----------------------------------------------------------------------------------- pairs

    def numbers_of_pairs(self, x: Any) -> tuple[Any, Any]:
        numbers = self.xp.arange(x.shape[0], device=self.place)
        later = self.xp.expand_dims(numbers, axis=1) < self.xp.expand_dims(numbers, axis=0)
        first, second = self.xp.nonzero(later)
        return first, second

    # ---------------------------------------------------------------------------------- padding

    def constant_pad_nd(self, x: Any, pads: tuple[int, ...], value: Any) -> Any:
        befores, afters = _by_dimension(pads, len(x.shape))
        kept = tuple(
            slice(max(-b, 0), n - max(-a, 0))
            for n, b, a in zip(x.shape, befores, afters, strict=True)
        )
        x = x[kept]
        befores, afters = (tuple(max(n, 0) for n in each) for each in (befores, afters))
        shape = tuple(b + n + a for b, n, a in zip(befores, x.shape, afters, strict=True))
        result = self.xp.full(shape, value, dtype=x.dtype, device=self.place)
        result[tuple(slice(b, b + n) for b, n in zip(befores, x.shape, strict=True))] = x
        return result

    def mirrored_pad(self, x: Any, pads: tuple[int, ...], mode: str) -> Any:
        for dim, (before, after) in enumerate(zip(*_by_dimension(pads, len(x.shape)), strict=True)):
            if before or after:
                places = self._sources(x.shape[dim], before, after, mode)
                x = self.xp.take(x, places, axis=dim)
        return x

    def mirrored_pad_grad(self, g: Any, pads: tuple[int, ...], mode: str) -> Any:
        for dim, (before, after) in enumerate(zip(*_by_dimension(pads, len(g.shape)), strict=True)):
            if before or after:
                size = g.shape[dim] - before - after
                # A product with one-hot rows adds everything to where it came from.
                came = self._is_each(self._sources(size, before, after, mode), size)
                last = self.xp.moveaxis(g, dim, -1)
                added = self.xp.matmul(last, self.xp.astype(came, g.dtype))
                g = self.xp.moveaxis(added, -1, dim)
        return g

    def _sources(self, size: int, before: int, after: int, mode: str) -> Any:
        """Return, for each place of a padded dimension, where its element comes from."""
        places = self.xp.arange(-before, size + after, dtype=self.xp.int64, device=self.place)
        if mode == "circular":
            # What is cut off at one edge is not there to be put at the other.
            first = max(-before, 0)
            left = self.xp.asarray(size - first + min(after, 0), dtype=self.xp.int64)
            return self.xp.remainder(places - first, left) + first
        if mode == "reflect":
            places = self.xp.abs(places)
            return size - 1 - self.xp.abs(size - 1 - places)
        return self.xp.clip(places, 0, size - 1)


def _by_dimension(pads: tuple[int, ...], ndim: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return how much to add before each dimension and after it."""
    none = (0,) * (ndim - len(pads) // 2)
    return (*none, *pads[-2::-2]), (*none, *pads[::-2])
