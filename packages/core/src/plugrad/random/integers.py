"""Random integers: words of the stream, reduced to a range by the remainder of a division."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plugrad.random.formats import real_format
from plugrad.random.generator import Generator
from plugrad.random.uniform import pieces

__all__ = ["randint", "random"]

_WIDE_RANGE: Final = 2**28
"""A range from here on takes 64-bit words, so that its numbers stay nearly equally likely."""

_WIDE_DTYPES: Final = (np.dtype(np.int64), np.dtype(np.float64))
"""What `random` draws from 64-bit words."""


def random(generator: Generator, shape: int | Sequence[int], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Draw from all that a dtype counts from 0, as ``random_()`` without bounds does.

    Parameters
    ----------
    generator : Generator
    shape : int or sequence of ints
    dtype : numpy.dtype
        bool, uint8, a signed integer, or floating-point.

    Returns
    -------
    ndarray of `dtype`, shape `shape`
        From 0 to the greatest integer of an integer dtype; in floating point to ``2**digits``, up
        to which every integer has its own number. Equal to PyTorch's.

    Raises
    ------
    NotImplementedError
        If `dtype` is another one.

    Examples
    --------
    >>> random(Generator().manual_seed(0), 3, np.dtype(np.uint8))
    array([172,  47, 117], dtype=uint8)
    """
    if dtype.kind not in "bif" and dtype != np.uint8 and real_format(dtype) is None:
        raise NotImplementedError(f"random numbers over the whole of {dtype} are not defined")
    return _remainders(generator, shape, dtype, 0, _top(dtype) + 1, wide=dtype in _WIDE_DTYPES)


def randint(
    generator: Generator,
    shape: int | Sequence[int],
    dtype: np.dtype[Any],
    low: int,
    high: int | None,
) -> NDArray[Any]:
    """Draw integers of [low, high), as ``randint`` and ``random_`` with bounds do.

    Parameters
    ----------
    generator : Generator
    shape : int or sequence of ints
    dtype : numpy.dtype
        bool, integer, or floating-point.
    low, high : int
        Bounds, 64-bit integers. ``None`` as `high` means: up to what `random` goes to, inclusive.

    Returns
    -------
    ndarray of `dtype`, shape `shape`
        Equal to PyTorch's.

    Raises
    ------
    TypeError
        If a bound is not an integer.
    ValueError
        If a bound needs more than 64 bits.
    RuntimeError
        If the range is empty, reaches beyond `dtype`, or `dtype` is complex.

    Warns
    -----
    UserWarning
        If the range is wider than that in which a floating-point `dtype` holds every integer.

    Notes
    -----
    In floating point, a bound that `dtype` cannot hold moves to the next number inside the range.

    Examples
    --------
    >>> randint(Generator().manual_seed(0), 5, np.dtype(np.int64), 0, 10)
    array([4, 9, 3, 0, 3])
    """
    form = None if dtype.kind in "biu" else real_format(dtype)
    if form is None and dtype.kind not in "biu":
        raise RuntimeError(f"random integers are not defined for {dtype}")
    first = _bound(low)
    last = _top(dtype) if high is None else _bound(high) - 1
    if first > last:
        raise RuntimeError(f"there is no integer in [{low}, {high}) to draw")
    smallest, largest = _limits(dtype) if form is None else (-form.largest, form.largest)
    if first < smallest or last > largest:
        raise RuntimeError(f"{dtype} does not hold all the integers from {first} to {last}")
    if high is None and first == -(2**63):  # every 64-bit integer, for the dtypes that reach so far
        return _remainders(generator, shape, dtype, 0, 2**64, wide=True)
    if form is not None and not -(2**form.digits) <= first <= last <= 2**form.digits:
        if high is not None:
            first, last = _move_inside(first, last, form.digits)
        if first > last:
            raise RuntimeError(f"no integer of [{low}, {high}) is a number of {dtype}")
        warnings.warn(
            f"{dtype} does not hold every integer from {first} to {last}, so some will never be "
            f"drawn; it does from {-(2**form.digits)} to {2**form.digits}",
            stacklevel=2,
        )
    count = last - first + 1
    return _remainders(generator, shape, dtype, first, count, wide=count >= _WIDE_RANGE)


def _remainders(
    generator: Generator,
    shape: int | Sequence[int],
    dtype: np.dtype[Any],
    first: int,
    count: int,
    wide: bool,
) -> NDArray[Any]:
    """Return words modulo `count`, counted from `first`."""
    out = np.empty(shape, dtype)
    draw: Callable[[int], NDArray[Any]] = generator.words64 if wide else generator.words32
    with generator.lock:
        for piece in pieces(out.reshape(-1)):
            words = draw(piece.size)
            _reduce(words, count)
            # Adding `first` may wrap around, and does so rightly: the sum fits into the dtype.
            if first:
                words = words.astype(np.uint64, copy=False)
                words += np.uint64(first % 2**64)
            piece[...] = words.view(np.int64) if words.itemsize == 8 else words
    return out


def _reduce(words: NDArray[Any], count: int) -> None:
    if count & (count - 1) == 0:
        words &= words.dtype.type(count - 1)
    else:  # NumPy divides by a number with multiplications, but not for the remainder
        divisor = words.dtype.type(count)
        quotient = words // divisor
        quotient *= divisor
        words -= quotient


def _bound(value: int) -> int:
    bound = operator.index(value)
    if not -(2**63) <= bound < 2**63:
        raise ValueError(f"the bounds of random integers are 64-bit integers, but got {bound}")
    return bound


@cache
def _limits(dtype: np.dtype[Any]) -> tuple[int, int]:
    if dtype == np.bool_:
        return 0, 1
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def _top(dtype: np.dtype[Any]) -> int:
    """Return the greatest integer that is drawn where no bound is given."""
    form = None if dtype.kind in "biu" else real_format(dtype)
    top: int = _limits(dtype)[1] if form is None else 2**form.digits
    return top


def _move_inside(first: int, last: int, digits: int) -> tuple[int, int]:
    """Move bounds that a floating-point dtype rounds outwards to the next numbers inside."""
    above = _rounded(first + 1, digits)
    if above < first:
        first = above + _spacing(first + 1, digits)
    below = _rounded(last, digits)
    if last < below < 2**63:
        last = below - _spacing(last, digits) - 1
    return first, last


def _rounded(value: int, digits: int) -> int:
    """Round an integer to `digits` binary digits, ties to even."""
    spacing = _spacing(value, digits)
    quotient, rest = divmod(value, spacing)
    return (quotient + (2 * rest + quotient % 2 > spacing)) * spacing


def _spacing(value: int, digits: int) -> int:
    """Return how far apart numbers of `digits` binary digits lie where `value` does."""
    return 1 << max(abs(value).bit_length() - digits, 0)
