"""Large arrays, worked through part by part.

What a kernel makes of a small part stays in the cache. Larger parts are shared among threads:
NumPy's loops let other threads run meanwhile, so long as each takes longer than handing over.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from itertools import pairwise
from threading import Lock
from typing import Any, TypeVar, cast

import numpy

from plugrad.backends.numpy.arrays import Array
from plugrad.threads import WORTH_SHARING, alone, at_once, get_num_threads

__all__ = ["by_threads", "in_blocks", "in_parts", "in_rows", "in_threads", "row_by_row"]

# Elements of one part in one thread: half a dozen arrays of this many doubles fit into a
# second-level cache.
_BLOCK = 32768

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def in_blocks(kernel: Kernel) -> Kernel:
    """Let an elementwise kernel of arrays and parameters work part by part, in several threads.

    It is called as it is on small arrays, and on arrays of different shapes or layouts, but for
    single numbers. There are as many threads as `plugrad.get_num_threads` tells.
    """

    @wraps(kernel)
    def wrapped(self: Any, x: Array, *others: Any) -> Any:
        if x.size < WORTH_SHARING:
            return kernel(self, x, *others)
        return in_parts(partial(kernel, self), x, *others)

    return cast(Kernel, wrapped)


def in_threads(ufunc: Any) -> Any:
    """Return a kernel that shares a function of NumPy's among threads, on large arrays.

    It is worth it where an element takes longer than reading and writing it.
    """

    def unary(x: Array) -> Any:
        return ufunc(x) if x.size < WORTH_SHARING else in_parts(ufunc, x)

    def binary(x: Array, y: Array) -> Any:
        return ufunc(x, y) if x.size < WORTH_SHARING else in_parts(ufunc, x, y)

    return staticmethod(unary if ufunc.nin == 1 else binary)


def in_parts(function: Callable[..., Any], *operands: Any) -> Any:
    """Return what an elementwise function returns, part by part where arrays are large.

    The operands are arrays, of which those with dimensions are to have one shape, and anything.
    """
    arrays = [y for y in operands if isinstance(y, numpy.ndarray) and y.shape]
    if not arrays:
        return function(*operands)
    shape, size = arrays[0].shape, arrays[0].size
    threads = _threads_for(size)
    if (
        size < WORTH_SHARING
        or any(y.shape != shape for y in arrays)
        or (threads == 1 and isinstance(function, numpy.ufunc))
    ):
        return function(*operands)
    if all(y.flags.c_contiguous for y in arrays):
        flat = [y.reshape(-1) if _has_rows(y) else y for y in operands]
        return _gathered(function, flat, size, _step(size, size, threads), threads).reshape(shape)
    if _dense(arrays) and shape[0] >= 8 * threads:
        return _gathered(function, operands, shape[0], _step(size, shape[0], threads), threads)
    return function(*operands)


def in_rows(kernel: Kernel) -> Kernel:
    """Let a kernel that works along some dimensions, the first not among them, share its rows.

    It has a parameter `dim`: an int, or a tuple of them, counted from the front. For what else it
    takes and returns, see `row_by_row`.
    """
    names = kernel.__code__.co_varnames
    place = names.index("dim") - 1  # without `self`

    @wraps(kernel)
    def wrapped(self: Any, *operands: Any) -> Any:
        if operands[0].size < WORTH_SHARING:
            return kernel(self, *operands)
        dim = operands[place]
        if not dim or (isinstance(dim, tuple) and 0 in dim):  # 0 or (): all rows at once
            return kernel(self, *operands)
        return row_by_row(partial(kernel, self), *operands)

    return cast(Kernel, wrapped)


def row_by_row(function: Callable[..., Any], *operands: Any) -> Any:
    """Return what a function returns that works on each row alone, of some rows in each thread.

    The operands are arrays of the same first dimension, and anything; the function returns an
    array, or a tuple of arrays, of that first dimension.
    """
    arrays = [y for y in operands if _has_rows(y)]
    count, threads = len(arrays[0]), _threads_for(arrays[0].size)
    if (
        threads == 1
        or count < threads
        or any(len(y) != count for y in arrays)
        or not _dense(arrays)
    ):
        return function(*operands)
    return _gathered(function, operands, count, -(-count // threads), threads)


def by_threads(function: Callable[[int, int], Any], count: int, size: int) -> list[Any]:
    """Return what a function returns for some rows each, one thread's after another's.

    The function takes the first row and the one after the last, of `count`; a small `size`, of all
    their elements, is not worth sharing.
    """
    threads = min(_threads_for(size), count)
    if threads < 2:
        return [function(0, count)]
    bounds = [count * part // threads for part in range(threads + 1)]
    tasks = [partial(function, *each) for each in pairwise(bounds)]
    return alone(at_once, tasks)  # type: ignore[no-any-return]


def _threads_for(size: int) -> int:
    """Return how many threads share so many elements: none of them few."""
    return min(get_num_threads(), 2 * size // WORTH_SHARING) if size >= WORTH_SHARING else 1


def _dense(arrays: list[Array]) -> bool:
    """Tell whether arrays lie row by row in memory, or have none of their own, as expanded ones."""
    contiguous = [y.flags.c_contiguous for y in arrays]
    return any(contiguous) and all(
        fits or 0 in y.strides for y, fits in zip(arrays, contiguous, strict=True)
    )


def _has_rows(operand: Any) -> bool:
    return isinstance(operand, numpy.ndarray) and operand.shape != ()


def _step(size: int, count: int, threads: int) -> int:
    """Return how many of `count` rows, of `size` elements, make a part.

    For several threads, parts are as large as they can be without being shared again by a kernel
    that is called on them: the threads wait for each other between NumPy's loops.
    """
    if threads == 1:
        return max(_BLOCK * count // size, 1)
    parts = threads * -(-size // (threads * (WORTH_SHARING - 1)))
    return -(-count // parts)


def _gathered(
    function: Callable[..., Any], operands: Any, count: int, step: int, threads: int
) -> Any:
    """Return what a function makes of `step` rows at a time, of `count`, as if of all."""
    wholes: list[Array] = []
    several = False
    lock = Lock()
    starts = iter(range(0, count, step))
    writes = isinstance(function, numpy.ufunc)
    if writes:
        kind = function(*[y[:0] if _has_rows(y) else y for y in operands]).dtype
        shape = next(y.shape for y in operands if _has_rows(y))
        wholes.append(numpy.empty(shape, kind))

    def make(parts: tuple[Array, ...]) -> None:
        # The first part that is done tells dtypes and shapes.
        with lock:
            if not wholes:
                wholes.extend([numpy.empty((count, *y.shape[1:]), y.dtype) for y in parts])

    def work() -> None:
        nonlocal several
        while True:
            with lock:
                start = next(starts, None)
            if start is None:
                return
            rows = slice(start, start + step)
            given = [y[rows] if _has_rows(y) else y for y in operands]
            if writes:
                function(*given, out=wholes[0][rows])
                continue
            found = function(*given)
            several = isinstance(found, tuple)
            parts = found if several else (found,)
            make(parts)
            for whole, part in zip(wholes, parts, strict=True):
                whole[rows] = part

    alone(at_once, [work] * threads)
    return tuple(wholes) if several else wholes[0]
