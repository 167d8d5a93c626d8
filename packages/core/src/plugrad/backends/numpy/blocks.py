"""Large arrays, worked through block by block.

What a kernel makes of a block stays in the cache, and the blocks are shared among threads: NumPy's
loops let other threads run meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar, cast

import numpy

from plugrad.backends.numpy.arrays import Array
from plugrad.threads import at_once, get_num_threads

__all__ = ["in_blocks", "in_threads"]

# Elements of one block: half a dozen arrays of this many doubles fit into a second-level cache.
_BLOCK = 32768
# Of a block for several threads, which have to wait for each other between NumPy's loops. Shared
# are two or more, so that a kernel at work on one block does not share that again.
_SHARED = 131072

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def in_blocks(kernel: Kernel) -> Kernel:
    """Let an elementwise kernel of arrays and parameters work block by block, in several threads.

    It is called as it is on small arrays, and on arrays that are not contiguous or broadcast,
    but for single numbers. There are as many threads as `plugrad.get_num_threads` tells.
    """

    @wraps(kernel)
    def wrapped(self: Any, x: Array, *others: Any) -> Any:
        if x.size < 2 * _BLOCK or not _side_by_side(x, others):
            return kernel(self, x, *others)
        return _block_by_block(partial(kernel, self), x, others)

    return cast(Kernel, wrapped)


def in_threads(function: Callable[..., Any]) -> Any:
    """Return a kernel that shares a function of NumPy's among threads, on large arrays.

    It is worth it where an element takes longer than reading and writing it.
    """

    def kernel(x: Array, *others: Any) -> Any:
        if x.size < 2 * _SHARED or get_num_threads() == 1 or not _side_by_side(x, others):
            return function(x, *others)
        return _block_by_block(function, x, others)

    return staticmethod(kernel)


def _block_by_block(function: Callable[..., Any], x: Array, others: tuple[Any, ...]) -> Array:
    size = x.size
    flat = [_flattened(operand) for operand in (x, *others)]

    def block(start: int) -> Any:
        return function(*(y[start : start + step] if sliced else y for sliced, y in flat))

    def work() -> None:
        for start in starts:
            result[start : start + step] = block(start)

    threads = get_num_threads() if size >= 2 * _SHARED else 1
    step = _BLOCK if threads == 1 else _SHARED
    first = block(0)
    result = numpy.empty(size, first.dtype)
    result[:step] = first
    starts = iter(range(step, size, step))
    at_once([work] * threads)
    return result.reshape(x.shape)


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
