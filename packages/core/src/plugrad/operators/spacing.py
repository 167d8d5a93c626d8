"""Evenly spaced numbers, with the roundings of PyTorch's compiled loops.

Those loops multiply and add with one rounding, several elements at a time. Where that shows in the
last bit, it is done the same way here; integers and half precision follow their own rules.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy

from plugrad import dtypes
from plugrad.dtypes import dtype

__all__ = ["arithmetic", "count_of_range", "count_with_end", "linear", "power", "powers"]

Array = numpy.ndarray[Any, Any]

_FEW: Final = 64
_PART: Final = 16384
_VECTOR_BYTES: Final = 32
"""Of the vectors in which PyTorch counts: 8 numbers of float32."""


def count_of_range(start: Any, end: Any, step: Any, kind: dtype) -> tuple[Any, Any, Any, int]:
    """Return the bounds as `kind` takes them, and how many numbers ``arange`` makes of them.

    Raises
    ------
    RuntimeError
        If the step is 0 or leads the wrong way, or there is no end to it.

    Examples
    --------
    >>> count_of_range(0, 1, 0.3, dtypes.float32)[3], count_of_range(5, 0, -2, dtypes.int64)
    (4, (5, 0, -2, 3))
    """
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"arange() cannot go from {start} to {end}: both must be finite")
    if kind is dtypes.int64:
        # PyTorch counts in integers here, and only here.
        start, end = int(start), int(end)
        if max(start, end) >= 2**63 or min(start, end) < -(2**63):
            raise RuntimeError(f"arange(): {kind} does not reach from {start} to {end}")
    if not (step > 0 or step < 0):
        raise RuntimeError(f"arange(): step must be a number other than 0, not {step}")
    if (end - start) * step < 0:
        raise RuntimeError(f"arange() does not get from {start} to {end} in steps of {step}")
    if kind is dtypes.int64:
        step = int(step)
        if step == 0:
            raise ValueError("arange(): the step is 0 as an integer; ask for a float dtype")
        return start, end, step, -((start - end) // step)
    count = (end - start) / step
    if not count < 2**63:
        raise RuntimeError(f"arange() would make {count:.3g} numbers")
    return start, end, step, math.ceil(count)


def count_with_end(start: Any, end: Any, step: Any) -> int:
    """Return how many numbers ``range`` makes, the end included.

    Raises
    ------
    RuntimeError
        If the step is 0 or leads the wrong way.

    Examples
    --------
    >>> count_with_end(1, 4, 0.5)
    7
    """
    if not (step > 0 or step < 0):
        raise RuntimeError(f"range(): step must be a number other than 0, not {step}")
    if not (end - start) / step >= 0:
        raise RuntimeError(f"range() does not get from {start} to {end} in steps of {step}")
    return int((end - start) / step) + 1


def arithmetic(start: Any, step: Any, count: int, kind: dtype) -> Array:
    """Return ``start, start + step, start + 2 step...`` in a dtype.

    Parameters
    ----------
    start, step : number
    count : int
    kind : dtype
        Not complex.

    Returns
    -------
    ndarray, shape (count,)

    Examples
    --------
    >>> arithmetic(1, 2, 3, dtypes.int64)
    array([1, 3, 5])
    """
    if not kind.is_floating_point:
        numbers = numpy.arange(count)
        if step != 1:
            numbers *= int(step)
        if start:
            numbers += int(start)
        return numbers.astype(kind.np, copy=False)
    # Vectors, two at a time, count from their own first element; what is left, from the very first.
    vector = _VECTOR_BYTES // kind.itemsize
    numbers = numpy.arange(count, dtype=numpy.float32 if kind.low_precision else numpy.float64)
    if count < 2 * vector:
        _multiply_add(numbers, step, start, kind)
        return numbers.astype(kind.np, copy=False)
    place = numbers % vector
    place[count - count % (2 * vector) :] = 0
    numbers -= place
    _multiply_add(numbers, step, start, kind)
    bases = numbers.astype(kind.np).astype(numbers.dtype, copy=False)
    _multiply_add(place, step, bases, kind)
    return place.astype(kind.np, copy=False)


def _multiply_add(x: Array, scale: Any, offset: Any, kind: dtype) -> None:
    """Replace `x` by ``x * scale + offset``: with one rounding, where two would show in `kind`."""
    if kind is dtypes.float32 or kind.low_precision:
        x *= x.dtype.type(scale)
        x += offset
    elif abs(scale) < 2.0**900:
        from plugrad.random.fused import multiply_add_doubles

        multiply_add_doubles(x, float(scale), offset)
    else:  # one or two numbers, which fit between here and the largest
        x *= scale
        x += offset


def linear(start: Any, end: Any, count: int, kind: dtype) -> Array:
    """Return numbers from `start` to `end`, the second half counted back from `end`.

    Parameters
    ----------
    start, end : number
        Numbers that `kind` holds.
    count : int
    kind : dtype

    Returns
    -------
    ndarray, shape (count,)

    Examples
    --------
    >>> linear(0, 10, 5, dtypes.int64)
    array([ 0,  2,  5,  7, 10])
    """
    if kind.is_complex:
        real = kind.to_real()
        parts = numpy.empty((count, 2), real.np)
        start, end = complex(start), complex(end)
        parts[:, 0] = linear(start.real, end.real, count, real)
        parts[:, 1] = linear(start.imag, end.imag, count, real)
        return parts.view(kind.np)[:, 0]
    middle = count // 2
    if kind is dtypes.float32:
        found = _exactly(float(numpy.float32(start)), float(numpy.float32(end)), count)
        if found is not None:
            return found
    # How far each number is from the end that it is counted from.
    numbers = numpy.arange(count, dtype=numpy.float64)
    numpy.subtract(count - 1, numbers[middle:], out=numbers[middle:])
    if kind.low_precision:
        # Every single operation is rounded.
        rounded = kind.np.type
        step = (rounded(end) - rounded(start)) / rounded(count - 1)
        low = numbers.astype(kind.np)
        low *= step
        low[:middle] += rounded(start)
        numpy.subtract(rounded(end), low[middle:], out=low[middle:])
        return low
    if kind.is_floating_point:
        start, end = kind.np.type(start), kind.np.type(end)
        step = (end - start) / kind.np.type(count - 1)
    else:
        step = (end - start) / (count - 1)
    for part, scale, offset in ((numbers[:middle], step, start), (numbers[middle:], -step, end)):
        if kind is dtypes.float32:
            from plugrad.random.fused import add_to_odd

            part *= float(scale)  # exact
            part[...] = add_to_odd(part, float(offset))
        else:
            _multiply_add(part, scale, float(offset), kind)
    return numbers.astype(kind.np, copy=False)


def _exactly(start: float, end: float, count: int) -> Array | None:
    """Return numbers of float32 by double arithmetic; None where that is not exact."""
    step = float(numpy.float32(end - start) / numpy.float32(count - 1))
    reach = abs(start) + abs(end) + abs(step) * count
    if not reach < 2.0**100:
        return None
    finest = max(number.as_integer_ratio()[1] for number in (start, end, step))
    if reach * finest > 2.0**53:
        return None
    middle = count // 2
    if count <= _FEW:
        numbers = [start + step * i for i in range(middle)]
        numbers += [end - step * i for i in range(count - middle - 1, -1, -1)]
        return numpy.array(numbers, numpy.float32)
    result = numpy.empty(count, numpy.float32)
    # Each half is counted from its end of the whole, in parts that stay in the cache.
    for half, scale, offset in (
        (result[:middle], step, start),
        (result[middle:][::-1], -step, end),
    ):
        steps = numpy.arange(min(half.size, _PART), dtype=numpy.float64)
        steps *= scale
        for first in range(0, half.size, _PART):
            part = half[first : first + _PART]
            # Single from here on: the sum is rounded once, when it is stored.
            numpy.add(
                steps[: part.size], offset + scale * first, out=part, dtype=numpy.float64,
                casting="same_kind",
            )  # fmt: skip
    return result


def powers(base: float, start: Any, end: Any, count: int, kind: dtype) -> Array:
    """Return powers of `base` with evenly spaced exponents from `start` to `end`.

    Parameters
    ----------
    base : float
    start, end : number
        Exponents that `kind` holds.
    count : int
    kind : dtype

    Returns
    -------
    ndarray, shape (count,)

    Examples
    --------
    >>> powers(2.0, 0, 3, 4, dtypes.float32)
    array([1., 2., 4., 8.], dtype=float32)
    """
    if kind.is_complex:
        return numpy.power(kind.np.type(base), linear(start, end, count, kind))  # type: ignore[no-any-return]
    if kind.is_floating_point:
        rounded = kind.np.type
        start, end = rounded(start), rounded(end)
    step = float(end - start) / (count - 1)
    first, last = float(start), float(end)
    middle = count // 2
    exponents = [first + step * i for i in range(middle)]
    exponents += [last - step * i for i in range(count - middle - 1, -1, -1)]
    return numpy.array([power(base, exponent) for exponent in exponents]).astype(kind.np)


def power(base: float, exponent: complex) -> complex:
    """Return a power in double precision: C's value also where it is out of range."""
    # Python's own: NumPy's differs in the last bit.
    try:
        if isinstance(exponent, complex):
            return complex(base) ** exponent
        return math.pow(base, exponent)
    except (ValueError, ArithmeticError):
        kind = numpy.complex128 if isinstance(exponent, complex) else numpy.float64
        value: complex = numpy.power(kind(base), exponent).item()
        return value
