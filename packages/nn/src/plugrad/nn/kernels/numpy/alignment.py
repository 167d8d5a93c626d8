"""Sums over all alignments on NumPy arrays: one step in few calls."""

from __future__ import annotations

from typing import Any

import numpy

from plugrad.backends.numpy.arrays import Array, largest
from plugrad.backends.numpy.sums import add_up
from plugrad.nn.kernels.array_api.alignment import AlignmentKernels as Standard

__all__ = ["AlignmentKernels"]


class AlignmentKernels(Standard):
    """Kernels of `ctc_loss`."""

    def _states_after(self, x: Array, skips: Array, by: int) -> Any:
        ways = numpy.full((3, *x.shape), -numpy.inf, x.dtype)
        ways[0] = x
        if by > 0:
            ways[1, :, 1:] = x[:, :-1]
            numpy.copyto(ways[2, :, 2:], x[:, :-2], where=skips[:, 2:])
        else:
            ways[1, :, :-1] = x[:, 1:]
            numpy.copyto(ways[2, :, :-2], x[:, 2:], where=skips[:, :-2])
        shift = largest(ways, axis=0)
        # Anything finite in the place of -inf makes the exponentials 0, and the result -inf.
        numpy.maximum(shift, numpy.finfo(x.dtype).min, out=shift)
        ways -= shift
        numpy.exp(ways, out=ways)
        total = add_up(ways, axis=0)
        numpy.log(total, out=total)
        total += shift
        return total
