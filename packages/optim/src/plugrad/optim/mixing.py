"""``a * x + b * y`` in the memory of `x`: what update rules compute most.

NumPy goes through memory three times for it. The library that NumPy brings along for its products
does it in one go, where it can be found and called.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numpy

from plugrad.threads import library

__all__ = ["mix"]

_WORTH_CALLING: Final = 8192
"""The elements that are worth a call from Python, of two microseconds."""


def mix(x: Any, a: Any, y: Any, b: Any) -> Any:
    """Return ``a * x + b * y``: in place, where `x` can be written to.

    Parameters
    ----------
    x, y : array or Tensor
        Of one shape and dtype.
    a, b : float or Tensor

    Returns
    -------
    array or Tensor
        To be used in place of `x`.

    Examples
    --------
    >>> import numpy
    >>> x = numpy.array([1.0, 2.0])
    >>> mix(x, 0.5, numpy.array([4.0, 4.0]), 2.0) is x
    True
    >>> x
    array([8.5, 9. ])
    """
    if type(x) is numpy.ndarray and x.size >= _WORTH_CALLING and _are_alike(x, y):
        compute = _axpby(x.dtype.char)
        # BLAS takes a factor of 0 as leave to skip what may be infinite or NaN.
        if compute is not None and a != 0 and b != 0:
            compute(x.size, b, _address(y), 1, a, _address(x), 1)
            return x
    if not (isinstance(a, (float, int)) and a == 1):
        x *= a
    x += y * b
    return x


def _are_alike(x: numpy.ndarray[Any, Any], y: Any) -> bool:
    """Tell whether two arrays can be read as two rows of numbers, side by side."""
    dense = x.flags.c_contiguous and x.flags.aligned and x.flags.writeable
    if not dense or type(y) is not numpy.ndarray or y.dtype != x.dtype or y.shape != x.shape:
        return False
    return bool(y.flags.c_contiguous and y.flags.aligned)


def _address(x: numpy.ndarray[Any, Any]) -> int:
    address: int = x.__array_interface__["data"][0]
    return address


@cache
def _axpby(char: str) -> Callable[..., None] | None:
    """Return the routine for elements of a type, if there is one."""
    number = {"f": ctypes.c_float, "d": ctypes.c_double}.get(char)
    if number is None:
        return None
    letter = {"f": "s", "d": "d"}[char]
    for prefix, suffix in (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", "")):
        found = getattr(library(), f"{prefix}cblas_{letter}axpby{suffix}", None)
        if found is not None:
            count = ctypes.c_int64 if suffix else ctypes.c_int
            place = ctypes.c_void_p
            found.argtypes = [count, number, place, count, number, place, count]
            found.restype = None
            return found  # type: ignore[no-any-return]
    return None
