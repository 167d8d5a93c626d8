"""Random permutations.

References
----------
R. A. Fisher and F. Yates, "Statistical tables for biological, agricultural and medical research",
example 12, 1938; R. Durstenfeld, "Algorithm 235: Random permutation", Communications of the ACM
7(7), 1964.
"""

from __future__ import annotations

import math
import operator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plugrad.random.formats import real_format
from plugrad.random.generator import Generator

__all__ = ["randperm"]

_WIDE_FROM: Final = (2**32 - 1) // 20
"""From this length on PyTorch draws 64-bit words, and swaps with a place before, not after."""

_SWAPPED_ONE_BY_ONE: Final = 1000
"""Up to this length a loop of swaps in Python is the faster way."""

_INT64: Final = np.dtype(np.int64)
_DTYPES: Final = frozenset(map(np.dtype, ("u1", "i1", "i2", "i4", "i8", "f2", "f4", "f8")))


def randperm(generator: Generator, n: int, dtype: np.dtype[Any] = _INT64) -> NDArray[Any]:
    """Return the integers from 0 to ``n - 1`` in random order, as ``randperm`` does.

    Parameters
    ----------
    generator : Generator
    n : int
        How many.
    dtype : numpy.dtype
        uint8, a signed integer, or floating-point.

    Returns
    -------
    ndarray of `dtype`, shape (n,)
        Equal to PyTorch's.

    Raises
    ------
    RuntimeError
        If `n` is negative, or `dtype` does not hold `n`.
    NotImplementedError
        If `dtype` is another one.

    Examples
    --------
    >>> randperm(Generator().manual_seed(0), 6)
    array([2, 5, 3, 0, 1, 4])
    """
    n = operator.index(n)
    if n < 0:
        raise RuntimeError(f"a permutation cannot have {n} elements")
    form = real_format(dtype)
    if dtype not in _DTYPES and form is None:
        raise NotImplementedError(f"permutations of {dtype} are not defined")
    if n > _longest(dtype):
        raise RuntimeError(f"{dtype} cannot number {n} elements")
    if n >= _WIDE_FROM:
        return _inside_out(generator, n).astype(dtype, copy=False)
    with generator.lock:
        words = generator.words32(max(n - 1, 0))
    # Step i swaps what stands at i with what stands at i + word % (n - i).
    words %= np.arange(n, 1, -1, dtype=np.uint32)
    targets = words.astype(np.int64)
    targets += np.arange(targets.size)
    if n <= _SWAPPED_ONE_BY_ONE:
        order = list(range(n))
        for step, target in enumerate(targets.tolist()):
            order[step], order[target] = order[target], order[step]
        return np.array(order, dtype)
    return _swap(targets).astype(dtype, copy=False)


def _inside_out(generator: Generator, n: int) -> NDArray[np.int64]:
    """Return the permutation that swaps 1 with ``word % 2``, 2 with ``word % 3``... in that order.

    The same swaps from the last to the first give its inverse, and those aim forwards, once the
    places are counted from the end.
    """
    with generator.lock:
        words = generator.words64(n)
    words %= np.arange(1, n + 1, dtype=np.uint64)
    targets = (n - 1) - words[:0:-1].view(np.int64)
    inverse = (n - 1) - _swap(targets)[::-1]
    order = np.empty(n, np.int64)
    order[inverse] = np.arange(n)
    return order


def _swap(targets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Swap 0 with ``targets[0]``, 1 with ``targets[1]``... in ``0, 1, 2...``; none aims backwards.

    What step i leaves at i, for good, is what it found at its target. That was brought there by
    the last step before that had the same target, from its own place, or nobody had moved it yet.
    So all follows from which steps share a target, and nothing has to be done in sequence.
    """
    places = np.arange(targets.size + 1)
    steps = np.flatnonzero(targets != places[:-1])
    goals = targets[steps]
    last = places.copy()  # the last step aimed at each place; where there is none, the place
    last[goals] = steps  # of several assignments to one element NumPy lets the last one stand

    found = last.copy()  # what each step finds at its own place: follow `last` to its end
    unsettled = np.flatnonzero(found != places)
    while unsettled.size:
        nearer = found[unsettled]
        further = found[nearer]
        moved = np.flatnonzero(further != nearer)
        unsettled = unsettled[moved]
        found[unsettled] = further[moved]

    order = found.copy()
    order[steps] = goals
    later = last[goals]
    while True:  # from the last step aimed at a place to the one before it, at all places at once
        remaining = np.flatnonzero(later != steps)
        if not remaining.size:
            return order
        steps, goals, later = steps[remaining], goals[remaining], later[remaining]
        last[goals] = steps
        newest = last[goals]
        before = np.flatnonzero(newest == steps)
        order[later[before]] = found[steps[before]]
        later = newest


def _longest(dtype: np.dtype[Any]) -> float:
    form = real_format(dtype)
    if form is None:
        return np.iinfo(dtype).max + 1.0
    # PyTorch lets bfloat16 round: its integers are exact up to 256 only.
    return math.inf if form.digits < 11 else 2.0**form.digits + 1
