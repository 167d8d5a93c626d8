"""Uniform numbers, and the two unit draws that other distributions start from.

A float32 draw is the low 24 bits of one word, a float64 draw the low 53 bits of two, as a fraction
of 1. Arrays are filled piece by piece, so that what lies between word and number stays in the
processor's cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from plugrad.random.formats import FLOAT32, FLOAT64, real_format, real_view
from plugrad.random.fused import multiply_add
from plugrad.random.generator import Generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["fill_unit", "pieces", "uniform", "unit64", "unit_list"]

_PIECE: Final = 1 << 16
_MASK24: Final = 2**24 - 1
_MASK53: Final = 2**53 - 1
_STEP24: Final = 2.0**-24
_STEP53: Final = 2.0**-53


def pieces(flat: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Cut a flat array into views that fit the cache, each but the last a multiple of 16 long.

    Parameters
    ----------
    flat : ndarray, one-dimensional

    Yields
    ------
    ndarray, one-dimensional
        The next part of `flat`.
    """
    for start in range(0, flat.size, _PIECE):
        yield flat[start : start + _PIECE]


def fill_unit(generator: Generator, out: NDArray[Any]) -> None:
    """Fill an array with unit draws of its own precision. The caller holds the lock.

    Parameters
    ----------
    generator : Generator
    out : ndarray of float32 or float64, one-dimensional, contiguous
        Gets numbers of [0, 1).
    """
    if out.size > _PIECE:
        for piece in pieces(out):
            fill_unit(generator, piece)
    elif out.dtype == FLOAT32:
        words = generator.words32(out.size)
        words &= _MASK24
        out[...] = words
        out *= _STEP24
    else:
        long_words = generator.words64(out.size)
        long_words &= _MASK53
        out[...] = long_words.view(np.int64)  # signed integers are faster to convert
        out *= _STEP53


def unit64(generator: Generator, count: int) -> NDArray[np.float64]:
    """Return float64 unit draws. The caller holds the lock.

    Parameters
    ----------
    generator : Generator
    count : int
        How many.

    Returns
    -------
    ndarray of float64, shape (count,)
        Numbers of [0, 1).
    """
    out = np.empty(count, FLOAT64)
    fill_unit(generator, out)
    return out


def unit_list(generator: Generator, count: int) -> list[float]:
    """Return float64 unit draws as Python numbers: faster than an array for a few dozen.

    Parameters
    ----------
    generator : Generator
        The caller holds its lock.
    count : int
        How many.

    Returns
    -------
    list of float
        What `unit64` would have held.
    """
    words = generator.words32(2 * count).tolist()
    highs, lows = words[::2], words[1::2]
    return [((high << 32 | low) & _MASK53) * _STEP53 for high, low in zip(highs, lows, strict=True)]


def uniform(
    generator: Generator,
    shape: int | Sequence[int],
    dtype: np.dtype[Any],
    low: float = 0.0,
    high: float = 1.0,
) -> NDArray[Any]:
    """Draw from the uniform distribution on [low, high), as ``rand`` and ``uniform_`` do.

    Parameters
    ----------
    generator : Generator
    shape : int or sequence of ints
    dtype : numpy.dtype
        Floating or complex. In complex numbers both parts are drawn, the real one first.
    low, high : float
        Bounds of the interval. A number that rounding would bring up to `high` becomes `low`.

    Returns
    -------
    ndarray of `dtype`, shape `shape`
        Equal to PyTorch's, bit for bit.

    Raises
    ------
    NotImplementedError
        If `dtype` is neither floating nor complex.
    RuntimeError
        If a bound or their difference is not a finite number of `dtype`, or `low` is over `high`.

    Notes
    -----
    The 16-bit formats are computed in float32, from a float32 draw, and rounded last. Multiplying
    by the width and adding `low` is rounded once, as PyTorch does on every processor with AVX2.

    Examples
    --------
    >>> uniform(Generator().manual_seed(0), 2, np.dtype(np.float32))
    array([0.4962566, 0.7682218], dtype=float32)
    """
    out = np.empty(shape, dtype)
    flat = real_view(out)
    form = real_format(flat.dtype)
    if form is None:
        raise NotImplementedError(
            f"uniform numbers are floating-point or complex, and {dtype} is neither"
        )
    if low == 0.0 and high == 1.0 and form.work == flat.dtype:
        with generator.lock:
            fill_unit(generator, flat)
        return out
    _check_bounds(low, high, form.largest, flat.dtype)
    start = form.work.type(low)
    scale = float(form.work.type(high) - start)
    with generator.lock:
        for piece in pieces(flat):
            fresh = np.empty(piece.size, form.work)
            fill_unit(generator, fresh)
            multiply_add(fresh, scale, float(start))
            piece[...] = fresh
            piece[_equal(piece, flat.dtype.type(high))] = low
    return out


def _equal(numbers: NDArray[Any], value: Any) -> NDArray[np.bool_]:
    if numbers.itemsize == 2 and value != 0:  # as bits: NumPy compares 16-bit floats slowly
        numbers, value = numbers.view(np.uint16), value.view(np.uint16)
    same: NDArray[np.bool_] = numbers == value
    return same


def _check_bounds(low: float, high: float, largest: float, dtype: np.dtype[Any]) -> None:
    for name, bound in (("low", low), ("high", high)):
        if not -largest <= bound <= largest:
            raise RuntimeError(f"{name}={bound} is not a finite number of {dtype}")
    if low > high:
        raise RuntimeError(f"low must not exceed high, but got low={low} and high={high}")
    if not math.isfinite(high - low) or high - low > largest:
        raise RuntimeError(f"high - low overflows {dtype}: got low={low} and high={high}")
