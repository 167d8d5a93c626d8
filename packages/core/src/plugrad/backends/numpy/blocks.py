"""Large arrays, worked through block by block so that what a kernel makes stays in the cache."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import numpy

from plugrad.backends.numpy.arrays import Array

__all__ = ["in_blocks"]

# Elements of one block: half a dozen arrays of this many doubles fit into a second-level cache.
_BLOCK = 32768

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def in_blocks(kernel: Kernel) -> Kernel:
    """Let an elementwise kernel of arrays and parameters work block by block.

    It is called as it is on small arrays, and on arrays that are not contiguous or broadcast,
    but for single numbers.
    """

    @wraps(kernel)
    def wrapped(self: Any, x: Array, *others: Any) -> Any:
        size = x.size
        if size < 2 * _BLOCK or not _side_by_side(x, others):
            return kernel(self, x, *others)
        flat = [_flattened(operand) for operand in (x, *others)]
        result = None
        for start in range(0, size, _BLOCK):
            stop = start + _BLOCK
            block = kernel(self, *(y[start:stop] if sliced else y for sliced, y in flat))
            if result is None:
                result = numpy.empty(size, block.dtype)
            result[start:stop] = block
        assert result is not None
        return result.reshape(x.shape)

    return cast(Kernel, wrapped)


def _side_by_side(x: Array, others: tuple[Any, ...]) -> bool:
    return x.flags.c_contiguous and all(
        not isinstance(y, numpy.ndarray)
        or not y.shape
        or (y.shape == x.shape and y.flags.c_contiguous)
        for y in others
    )


def _flattened(operand: Any) -> tuple[bool, Any]:
    if isinstance(operand, numpy.ndarray) and operand.shape:
        return True, operand.reshape(-1)
    return False, operand
