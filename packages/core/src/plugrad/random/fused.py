"""Multiply and add with one rounding, where NumPy has no such operation.

PyTorch's compiled loops compute ``x * scale + offset`` with the processor's fused instruction. Its
last bit differs from NumPy's two operations in up to a quarter of all cases.

References
----------
T. J. Dekker, "A floating-point technique for extending the available precision", Numerische
Mathematik 18, 1971 (the exact product).

S. Boldo and G. Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using
rounding to odd", IEEE Transactions on Computers 57(4), 2008.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from plugrad.random.formats import FLOAT32, FLOAT64

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["add_to_odd", "multiply_add", "multiply_add_doubles"]

_SPLITTER: Final = 2.0**27 + 1
_LOW_HALF: Final = ~((1 << 27) - 1)

Doubles: TypeAlias = "NDArray[np.float64]"


def multiply_add(x: NDArray[Any], scale: float, offset: float) -> None:
    """Replace `x` by ``x * scale + offset``, rounded once.

    Parameters
    ----------
    x : ndarray of float32 or float64, one-dimensional, contiguous
        Numbers of [0, 1), multiples of ``2**-24`` or ``2**-53``.
    scale, offset : float
        Numbers that the dtype of `x` can hold. In float64, where one is under 1e-280 and not 0, its
        last bits are too small to be followed, and the result may be the neighbour.

    Examples
    --------
    >>> x = np.array([0.1])
    >>> multiply_add(x, 10.0, -1.0)
    >>> x.item() == 2.0**-54  # what 0.1 exceeds a tenth by, ten times; two roundings give 0
    True
    """
    if offset == 0.0 or math.frexp(scale)[0] == 0.5:  # one of the two operations is exact
        x *= x.dtype.type(scale)
        x += x.dtype.type(offset)
    elif x.dtype == FLOAT32:
        product = x.astype(FLOAT64)
        product *= scale  # exact: 24 bits by 24
        if _sum_is_exact(scale, offset):
            product += offset
        else:
            product = add_to_odd(product, offset)
        x[...] = product
    else:
        multiply_add_doubles(x, scale, offset)


def _sum_is_exact(scale: float, offset: float) -> bool:
    """Whether float64 holds every sum of `offset` and a multiple of ``2**-24 * scale``."""
    finest = max(scale.as_integer_ratio()[1] << 24, offset.as_integer_ratio()[1])
    return max(abs(offset), abs(offset + scale)) * finest <= 2**53


def multiply_add_doubles(x: Doubles, scale: float, offset: float | Doubles) -> None:
    """Replace `x` by ``x * scale + offset``, rounded once, whatever the numbers.

    Parameters
    ----------
    x : ndarray of float64
    scale : float
        Below ``2**996`` in magnitude, as the elements of `x` must be.
    offset : float or ndarray of float64

    Examples
    --------
    >>> x = np.array([3.0])
    >>> multiply_add_doubles(x, 0.1, np.array([-0.3]))
    >>> x.item() == 2.0**-55  # two roundings give twice that
    True
    """
    high, low = _two_product(x, scale)
    low, rest = _two_sum(low, offset)
    high, middle = _two_sum(high, low)
    middle, error = _two_sum(middle, rest)
    _make_odd(middle, error)
    np.add(high, middle, out=x)


def add_to_odd(x: Doubles, offset: float | Doubles) -> Doubles:
    """Return ``x + offset``, rounded to odd: it can be rounded once more, to float32, as if exact.

    Parameters
    ----------
    x : ndarray of float64
    offset : float or ndarray of float64

    Examples
    --------
    >>> tie = np.array([1 + 2.0**-24])  # half-way between two numbers of float32
    >>> (tie + 2.0**-60).astype(np.float32) == 1, add_to_odd(tie, 2.0**-60).astype(np.float32) > 1
    (array([ True]), array([ True]))
    """
    total, error = _two_sum(x, offset)
    _make_odd(total, error)
    return total


def _two_product(x: Doubles, scale: float) -> tuple[Doubles, Doubles]:
    """Return the rounded product and what the rounding took, which is a float64 too."""
    scale_high = float((np.float64(scale).view(np.int64) & np.int64(_LOW_HALF)).view(np.float64))
    scale_low = scale - scale_high
    x_high = x * _SPLITTER
    x_high -= x_high - x
    x_low = x - x_high
    product = x * scale
    error = x_high * scale_high
    error -= product
    x_high *= scale_low
    error += x_high
    error += x_low * scale_high
    x_low *= scale_low
    error += x_low
    return product, error


def _two_sum(a: Doubles, b: Doubles | float) -> tuple[Doubles, Doubles]:
    """Return the rounded sum and what the rounding took (D. E. Knuth's TwoSum)."""
    total = a + b
    from_b = total - a
    error = total - from_b
    np.subtract(a, error, out=error)
    error += b - from_b
    return total, error


def _make_odd(total: Doubles, error: Doubles) -> None:
    """Round to odd: where a sum was inexact, take that neighbour whose last bit is set.

    A number so rounded says of what it stands for on which side of every midpoint it lies, so a
    second rounding to fewer digits is the one that the exact number would have had.
    """
    bits = total.view(np.int64)
    towards_zero = np.signbit(error) != np.signbit(total)
    step = np.where(towards_zero, -1, 1)
    step[(error == 0.0) | (bits & 1 == 1)] = 0
    bits += step
