"""Sampling of categories by weight.

References
----------
P. S. Efraimidis and P. G. Spirakis, "Weighted random sampling with a reservoir", Information
Processing Letters 97(5), 2006 (without replacement: the greatest weights over exponential numbers).
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugrad.random.continuous import exponential
from plugrad.random.formats import real_format
from plugrad.random.generator import Generator
from plugrad.random.layout import in_memory_order
from plugrad.random.uniform import unit64

__all__ = ["multinomial"]

# float32 tells integers apart up to here, and PyTorch goes no further.
_MOST_CATEGORIES = 2**24


def multinomial(
    generator: Generator, weights: NDArray[Any], num_samples: int, replacement: bool = False
) -> NDArray[np.int64]:
    """Draw categories, each with a probability proportional to its weight.

    Parameters
    ----------
    generator : Generator
    weights : ndarray, shape (categories,) or (rows, categories)
        Floating-point; at least 0, finite, with a positive sum in each row.
    num_samples : int
        How many to draw from each row.
    replacement : bool
        Whether one category may be drawn more than once.

    Returns
    -------
    ndarray of int64, shape (num_samples,) or (rows, num_samples)
        Equal to PyTorch's, but that the order of categories with equal keys is not defined: those
        of weight 0, say, where more are asked for than have any weight.

    Raises
    ------
    RuntimeError
        If `weights` or `num_samples` are not as said, if there are more than 2**24 categories, or
        if `num_samples` exceeds them without replacement.

    Notes
    -----
    With replacement, a float64 draw is looked up in the running sum of the weights. Without, and
    for a single sample, each weight is divided by an exponential number, and the greatest win.

    Examples
    --------
    >>> multinomial(Generator().manual_seed(0), np.array([0.5, 0.0, 0.5]), 4, replacement=True)
    array([2, 2, 0, 2])
    """
    count = operator.index(num_samples)
    form = real_format(weights.dtype)
    if form is None:
        raise RuntimeError(f"weights are floating-point, but got {weights.dtype}")
    if weights.ndim not in (1, 2):
        raise RuntimeError(f"weights have 1 or 2 dimensions, but got shape {weights.shape}")
    categories = weights.shape[-1]
    if categories > _MOST_CATEGORIES:
        raise RuntimeError(f"at most {_MOST_CATEGORIES} categories, but got {categories}")
    if count <= 0:
        raise RuntimeError(f"the number of samples is at least 1, but got {count}")
    if not replacement and count > categories:
        raise RuntimeError(f"{categories} categories do not give {count} without replacement")
    if not np.isfinite(weights).all() or not (weights >= 0).all():
        raise RuntimeError("weights are finite and at least 0, but one is not")
    if weights.size == 0:
        if weights.ndim == 1 or weights.shape[0]:
            raise RuntimeError("there are no categories to draw from")
        return np.empty((0, count), np.int64)
    sums = np.cumsum(weights, axis=-1, dtype=form.work)
    if not (sums[..., -1:] > 0).all():
        raise RuntimeError("the weights of a row must have a positive sum")
    if replacement and count > 1:
        return _look_up(generator, sums, count)
    return _race(generator, weights, count)


def _look_up(generator: Generator, sums: NDArray[Any], count: int) -> NDArray[np.int64]:
    sums /= sums[..., -1:].copy()
    rows = sums.reshape(-1, sums.shape[-1])
    with generator.lock:
        draws = unit64(generator, len(rows) * count).reshape(len(rows), count)
    chosen = [np.searchsorted(row, points) for row, points in zip(rows, draws, strict=True)]
    return np.array(chosen, np.int64).reshape(*sums.shape[:-1], count)


def _race(generator: Generator, weights: NDArray[Any], count: int) -> NDArray[np.int64]:
    drawn = exponential(generator, weights.shape, weights.dtype)
    keys = in_memory_order(drawn, weights.strides)
    with np.errstate(all="ignore"):
        np.divide(weights, keys, out=keys)
    winners: NDArray[np.int64]
    if count == 1:
        winners = np.argmax(keys, axis=-1, keepdims=True)
    else:
        winners = np.argsort(-keys, axis=-1, kind="stable")[..., :count]
    return winners
