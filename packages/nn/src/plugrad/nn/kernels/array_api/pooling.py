"""Pooling in the standard's words: one value for each window over the last dimensions.

Loops run over the positions in a window, never over the windows: at one position all of them are
one strided slice. What is largest, or a sum, is found one dimension after the other.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from plugrad import dtypes
from plugrad.backends.array_api.arrays import ArrayKernels, Dims, Shape
from plugrad.nn.kernels.array_api.convolution import positions

__all__ = ["PoolingKernels", "adaptive_bounds"]


def adaptive_bounds(size: int, count: int) -> tuple[list[int], list[int]]:
    """Return where each of `count` windows begins and ends, which share `size` elements evenly."""
    starts = [i * size // count for i in range(count)]
    stops = [-(-(i + 1) * size // count) for i in range(count)]
    return starts, stops


@lru_cache(maxsize=64)
def _overlaps(
    sizes: Shape, kernel: Dims, stride: Dims, padding: Dims, counts: Dims, padded: bool
) -> tuple[list[list[int]], int | None]:
    """Return how many elements count in windows, by dimension; and in all, if it is the same."""
    several: list[list[int]] = []
    for n, k, s, p, c in zip(sizes, kernel, stride, padding, counts, strict=True):
        low, high = (-p, n + p) if padded else (0, n)
        begins = [i * s - p for i in range(c)]
        # What lies beyond the padding, where the last windows were rounded up to, never counts.
        several.append([min(b + k, high) - max(b, low) for b in begins])
    same = all(len(set(each)) <= 1 for each in several)
    return several, math.prod(each[0] for each in several if each) if same else None


class PoolingKernels(ArrayKernels):
    """Pooling kernels, in any number of dimensions."""

    # ---------------------------------------------------------------------------------- largest

    def max_pool(
        self, x: Any, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims, counts: Dims
    ) -> Any:
        x = self._bordered(x, kernel, stride, padding, dilation, counts, self._lowest(x))
        return self._across(x, self.xp.maximum, kernel, stride, dilation, counts)

    def max_pool_indices(
        self, x: Any, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims, counts: Dims
    ) -> Any:
        sizes = x.shape[len(x.shape) - len(kernel) :]
        x = self._bordered(x, kernel, stride, padding, dilation, counts, self._lowest(x))
        out = self._across(x, self.xp.maximum, kernel, stride, dilation, counts)
        chosen = self._chosen(x, out, kernel, stride, padding, dilation, sizes)
        chosen = self.xp.astype(chosen, self.xp.int64)
        found, weight = self.xp.zeros((), dtype=self.xp.int64, device=self.place), 1
        for axis in range(len(kernel) - 1, -1, -1):
            # Where its windows begin, and the place in the window, from the position's number.
            numbers = self.xp.arange(counts[axis], dtype=self.xp.int64, device=self.place)
            begins = (numbers * stride[axis] - padding[axis]) * weight
            begins = self.xp.reshape(begins, (-1, *(1 for _ in kernel[axis + 1 :])))
            found = found + begins + (chosen % kernel[axis]) * (dilation[axis] * weight)
            chosen, weight = chosen // kernel[axis], weight * sizes[axis]
        return found

    def max_pool_with_indices(
        self, x: Any, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims, counts: Dims
    ) -> tuple[Any, Any]:
        geometry = kernel, stride, padding, dilation, counts
        return self.max_pool(x, *geometry), self.max_pool_indices(x, *geometry)

    def _lowest(self, x: Any) -> Any:
        kind = self.dtypes[x.dtype]
        return -math.inf if kind.is_floating_point else int(self.xp.iinfo(x.dtype).min)

    def _chosen(
        self, x: Any, out: Any, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims,
        sizes: Shape,
    ) -> Any:  # fmt: skip
        """Return at which position of each window `out` is: the first, but of NaN the last."""
        counts = out.shape[len(out.shape) - len(kernel) :]
        chosen = self.xp.zeros(out.shape, dtype=self.xp.int64, device=self.place)
        places = list(enumerate(positions(kernel, stride, dilation, counts)))
        inside = self._inside(sizes, kernel, stride, padding, dilation, counts)
        for number, place in reversed(places):
            hit = (x[(..., *place)] == out) & inside[(..., *place)]
            chosen = self.xp.where(hit, self.xp.full_like(chosen, number), chosen)
        if self.dtypes[x.dtype].is_floating_point and bool(self.xp.any(self.xp.isnan(out))):
            for number, place in places:
                hit = self.xp.isnan(x[(..., *place)])
                chosen = self.xp.where(hit, self.xp.full_like(chosen, number), chosen)
        return chosen

    def _inside(
        self, sizes: Shape, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims, counts: Dims
    ) -> Any:
        """Return which elements of a bordered image are not of the border."""
        whole = self.xp.ones(sizes, dtype=self.xp.bool, device=self.place)
        return self._bordered(whole, kernel, stride, padding, dilation, counts, False)

    def _bordered(
        self, x: Any, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims, counts: Dims,
        value: Any,
    ) -> Any:  # fmt: skip
        """Return `x` with as much of `value` around it as the windows reach."""
        pads: list[int] = []
        sizes = x.shape[len(x.shape) - len(kernel) :]
        for n, k, s, p, d, c in zip(sizes, kernel, stride, padding, dilation, counts, strict=True):
            pads = [p, max((c - 1) * s + d * (k - 1) + 1 - n - p, 0), *pads]
        return self.constant_pad_nd(x, tuple(pads), value) if any(pads) else x

    def _across(
        self, x: Any, combine: Any, kernel: Dims, stride: Dims, dilation: Dims, counts: Dims
    ) -> Any:
        """Combine the elements of each window: rows first, which are contiguous."""
        after = len(kernel)
        for k, s, d, c in zip(kernel, stride, dilation, counts, strict=True):
            after -= 1
            rest = (slice(None),) * after
            parts = [x[(..., *place, *rest)] for place in positions((k,), (s,), (d,), (c,))]
            x = parts[0]
            for part in parts[1:]:
                x = combine(x, part)
        return x

    # ------------------------------------------------------------------------------------- mean

    def avg_pool(
        self, x: Any, kernel: Dims, stride: Dims, padding: Dims, counts: Dims, padded: bool,
        divisor: int | None,
    ) -> Any:  # fmt: skip
        ones = (1,) * len(kernel)
        sizes = x.shape[len(x.shape) - len(kernel) :]
        x = self._bordered(x, kernel, stride, padding, ones, counts, 0)
        sums = self._across(x, self.xp.add, kernel, stride, ones, counts)
        return self._pooled_mean(
            sums, self._shares(x, sizes, kernel, stride, padding, counts, padded, divisor)
        )

    def avg_pool_grad(
        self, g: Any, sizes: Shape, kernel: Dims, stride: Dims, padding: Dims, padded: bool,
        divisor: int | None,
    ) -> Any:  # fmt: skip
        lead = g.shape[: len(g.shape) - len(kernel)]
        counts = g.shape[len(lead) :]
        g = self._pooled_mean(
            g, self._shares(g, sizes, kernel, stride, padding, counts, padded, divisor)
        )
        after = len(kernel)
        for n, k, s, p, c in zip(sizes, kernel, stride, padding, counts, strict=True):
            after -= 1
            rest = (slice(None),) * after
            reach = max(n + p, (c - 1) * s + k)
            axis = len(g.shape) - after - 1
            spread = self.new_zeros(g, (*g.shape[:axis], reach, *g.shape[axis + 1 :]))
            for place in positions((k,), (s,), (1,), (c,)):
                spread[(..., *place, *rest)] += g
            g = spread[(..., slice(p, p + n), *rest)]
        return g if self.is_dense(g) else self.copy(g)

    def _pooled_mean(self, x: Any, shares: Any) -> Any:
        # Among integers, as PyTorch divides them: towards zero.
        if self.dtypes[x.dtype].is_floating_point:
            return x / shares
        if isinstance(shares, int) and shares < 0:
            return -self._pooled_mean(x, -shares)
        return self.xp.sign(x) * (self.xp.abs(x) // shares)

    def _shares(
        self, x: Any, sizes: Shape, kernel: Dims, stride: Dims, padding: Dims, counts: Dims,
        padded: bool, divisor: int | None,
    ) -> Any:  # fmt: skip
        """Return by what to divide each window's sum: a number where that is the same for all."""
        if divisor is not None:
            return divisor
        several, same = _overlaps(sizes, kernel, stride, padding, counts, padded)
        if same is not None:
            return same
        result = self.xp.ones((), dtype=x.dtype, device=self.place)
        for each in several:
            row = self.xp.asarray(each, dtype=x.dtype, device=self.place)
            result = self.xp.expand_dims(result, axis=-1) * row
        return result

    # --------------------------------------------------------------------------------- adaptive

    def adaptive_avg_pool(self, x: Any, counts: Dims) -> Any:
        sizes = x.shape[len(x.shape) - len(counts) :]
        return self._summed(x, counts) / self._adaptive_shares(x, sizes, counts)

    def adaptive_avg_pool_grad(self, g: Any, sizes: Shape) -> Any:
        counts = g.shape[len(g.shape) - len(sizes) :]
        # The windows that hold an element are those that it would have a share in.
        return self._summed(g / self._adaptive_shares(g, sizes, counts), sizes)

    def adaptive_max_pool(self, x: Any, counts: Dims) -> tuple[Any, Any]:
        lead = len(x.shape) - len(counts)
        sizes, kernel, tables = x.shape[lead:], [], []
        for dim, count in enumerate(counts):
            places, width = self._adaptive_places(sizes[dim], count)[::2]
            x = self.xp.take(x, places, axis=lead + dim)
            kernel.append(width)
            tables.append(places)
        geometry = tuple(kernel), tuple(kernel), (0,) * len(counts), (1,) * len(counts), counts
        values, indices = self.max_pool_with_indices(x, *geometry)
        return values, self._in_place_of(indices, x.shape[lead:], sizes, tables)

    def _in_place_of(self, indices: Any, gathered: Shape, sizes: Shape, tables: list[Any]) -> Any:
        """Return where the elements of a gathered image at `indices` were before."""
        flat = self.xp.reshape(indices, (-1,))
        found, weight = self.xp.zeros_like(flat), 1
        for size, now, table in zip(
            reversed(sizes), reversed(gathered), reversed(tables), strict=True
        ):
            found = found + self.xp.take(table, flat % now, axis=0) * weight
            flat, weight = flat // now, weight * size
        return self.xp.reshape(found, indices.shape)

    def _summed(self, x: Any, counts: Dims) -> Any:
        """Sum the windows of each dimension that share it evenly."""
        lead = len(x.shape) - len(counts)
        for axis, count in enumerate(counts, lead):
            size = x.shape[axis]
            before, after = x.shape[:axis], x.shape[axis + 1 :]
            if count and size % count == 0:
                x = self.xp.reshape(x, (*before, count, size // count, *after))
            else:
                places, inside, width = self._adaptive_places(size, count)
                x = self.xp.take(x, places, axis=axis)
                inside = self.xp.reshape(inside, (-1, *(1 for _ in after)))
                x = self.xp.where(inside, x, self.xp.zeros_like(x))
                x = self.xp.reshape(x, (*before, count, width, *after))
            x = self.xp.sum(x, axis=axis + 1, dtype=x.dtype)
        return x

    def _adaptive_places(self, size: int, count: int) -> tuple[Any, Any, int]:
        """Return the elements of all windows, which really are of theirs, and the windows' width.

        Windows that are shorter repeat their last element.
        """
        starts, stops = adaptive_bounds(size, count)
        width = max((b - a for a, b in zip(starts, stops, strict=True)), default=1)
        steps = self.xp.arange(width, dtype=self.xp.int64, device=self.place)
        first, last = (self.xp.reshape(self._int64(each), (-1, 1)) for each in (starts, stops))
        places = first + steps
        inside = places < last
        places = self.xp.minimum(places, last - 1)
        return self.xp.reshape(places, (-1,)), self.xp.reshape(inside, (-1,)), width

    def _int64(self, values: Any) -> Any:
        return self.xp.asarray(values, dtype=self.raw_dtype(dtypes.int64), device=self.place)

    def _adaptive_shares(self, x: Any, sizes: Shape, counts: Dims) -> Any:
        result = self.xp.ones((), dtype=x.dtype, device=self.place)
        for size, count in zip(sizes, counts, strict=True):
            starts, stops = adaptive_bounds(size, count)
            widths = [b - a for a, b in zip(starts, stops, strict=True)]
            row = self.xp.asarray(widths, dtype=x.dtype, device=self.place)
            result = self.xp.expand_dims(result, axis=-1) * row
        return result

    # ------------------------------------------------------------------------------- fractional

    def fractional_max_pool(
        self, x: Any, samples: Any, kernel: Dims, counts: Dims
    ) -> tuple[Any, Any]:
        lead = len(x.shape) - len(kernel)
        sizes = x.shape[lead:]
        # Where the elements of all windows are in a flat image, one dimension after the other.
        flat = self.xp.zeros((*x.shape[:lead], 1), dtype=self.xp.int64, device=self.place)
        for dim, (size, width, count) in enumerate(zip(sizes, kernel, counts, strict=True)):
            begins = self._begins(samples[..., dim], size, width, count)
            each = self.xp.expand_dims(begins, axis=-1) + self._int64(list(range(width)))
            each = self.xp.reshape(each, (*x.shape[:lead], 1, count * width))
            flat = self.xp.expand_dims(flat * size, axis=-1) + each
            flat = self.xp.reshape(flat, (*x.shape[:lead], math.prod(flat.shape[lead:])))
        shape = tuple(k * c for k, c in zip(kernel, counts, strict=True))
        image = self.xp.reshape(x, (*x.shape[:lead], math.prod(sizes)))
        gathered = self.xp.reshape(self.gather(image, flat, lead), (*x.shape[:lead], *shape))
        geometry = kernel, kernel, (0,) * len(kernel), (1,) * len(kernel), counts
        values, indices = self.max_pool_with_indices(gathered, *geometry)
        inside = self.xp.reshape(indices, (*x.shape[:lead], math.prod(counts)))
        return values, self.xp.reshape(self.gather(flat, inside, lead), indices.shape)

    def _begins(self, samples: Any, size: int, width: int, count: int) -> Any:
        """Return where the windows of a dimension begin, at steps that vary at random."""
        numbers = self.xp.arange(count, dtype=samples.dtype, device=self.place)
        step = (size - width) / (count - 1) if count > 1 else 0.0
        step = self.xp.asarray(step, dtype=samples.dtype, device=self.place)
        samples = self.xp.expand_dims(samples, axis=-1)
        whole = self.raw_dtype(dtypes.int64)
        begins = self.xp.astype((numbers + samples) * step, whole)
        begins = begins - self.xp.astype(samples * step, whole)
        last = numbers == count - 1
        return self.xp.where(last, self._int64(size - width), begins)

    # ---------------------------------------------------------------------------------- unpooling

    def max_unpool(self, x: Any, indices: Any, sizes: Shape) -> Any:
        lead, number = x.shape[: len(x.shape) - len(sizes)], math.prod(sizes)
        within = math.prod(x.shape[len(lead) :])
        flat = self.xp.reshape(indices, (*lead, within))
        if math.prod(flat.shape):
            lowest, highest = int(self.xp.min(flat)), int(self.xp.max(flat))
            if lowest < 0 or highest >= number:
                wrong = lowest if lowest < 0 else highest
                raise ValueError(f"index {wrong} lies outside an output of {list(sizes)}")
        result = self.new_zeros(x, (*lead, number))
        result = self.scatter(result, flat, self.xp.reshape(x, flat.shape), len(lead))
        return self.xp.reshape(result, (*lead, *sizes))
