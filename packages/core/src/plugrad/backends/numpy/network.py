"""Neural-network kernels on NumPy arrays."""

from __future__ import annotations

import numpy

from plugrad.backends.array_api.network import NetworkKernels as Standard
from plugrad.backends.numpy.arrays import Array, largest

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

    # --------------------------------------------------------------------------------- padding

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
