"""Continuous distributions that are functions of one float64 unit draw.

Each inverts its distribution function: L. Devroye, "Non-uniform random variate generation",
Springer 1986, chapter 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugrad.random.formats import real_format, store
from plugrad.random.generator import Generator
from plugrad.random.uniform import fill_unit, pieces

__all__ = ["cauchy", "exponential"]


def exponential(
    generator: Generator,
    shape: int | Sequence[int],
    dtype: np.dtype[Any],
    rate: float = 1.0,
) -> NDArray[Any]:
    """Draw from the exponential distribution, as ``exponential_`` does.

    Parameters
    ----------
    generator : Generator
    shape : int or sequence of ints
    dtype : numpy.dtype
        Floating-point.
    rate : float
        The reciprocal of the mean; PyTorch calls it ``lambd``.

    Returns
    -------
    ndarray of `dtype`, shape `shape`
        ``-log(1 - u) / rate``, computed in float64.

    Raises
    ------
    RuntimeError
        If `dtype` is not floating-point, or `rate` is not greater than 0.

    Examples
    --------
    >>> exponential(Generator().manual_seed(0), 2, np.dtype(np.float32))
    array([3.5083263, 1.2303847], dtype=float32)
    """
    _check_dtype("exponential", dtype)
    if not rate > 0.0:
        raise RuntimeError(f"an exponential rate is greater than 0, but got {rate}")
    out = np.empty(shape, dtype)
    with generator.lock, np.errstate(all="ignore"):
        for piece in pieces(out.reshape(-1)):
            values = np.empty(piece.size)
            fill_unit(generator, values)
            np.negative(values, out=values)
            np.log1p(values, out=values)
            values /= -rate
            store(piece, values)
    return out


def cauchy(
    generator: Generator,
    shape: int | Sequence[int],
    dtype: np.dtype[Any],
    median: float = 0.0,
    scale: float = 1.0,
) -> NDArray[Any]:
    """Draw from the Cauchy distribution, as ``cauchy_`` does.

    Parameters
    ----------
    generator : Generator
    shape : int or sequence of ints
    dtype : numpy.dtype
        Floating-point.
    median : float
        The centre.
    scale : float
        Half the width at half the height; PyTorch calls it ``sigma``.

    Returns
    -------
    ndarray of `dtype`, shape `shape`
        ``median + scale * tan(pi * (u - 1/2))``, computed in float64.

    Raises
    ------
    RuntimeError
        If `dtype` is not floating-point, or `scale` is not greater than 0.

    Examples
    --------
    >>> cauchy(Generator().manual_seed(0), 2, np.dtype(np.float32))
    array([10.59773  ,  0.7647673], dtype=float32)
    """
    _check_dtype("Cauchy", dtype)
    if not scale > 0.0:
        raise RuntimeError(f"a Cauchy scale is greater than 0, but got {scale}")
    out = np.empty(shape, dtype)
    with generator.lock, np.errstate(all="ignore"):
        for piece in pieces(out.reshape(-1)):
            values = np.empty(piece.size)
            fill_unit(generator, values)
            values -= 0.5
            values *= math.pi
            np.tan(values, out=values)
            values *= scale
            values += median
            store(piece, values)
    return out


def _check_dtype(name: str, dtype: np.dtype[Any]) -> None:
    if real_format(dtype) is None:
        raise RuntimeError(f"{name} numbers are floating-point, and {dtype} is not")
