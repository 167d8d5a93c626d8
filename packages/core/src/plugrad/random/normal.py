"""Normal numbers, in the two ways that PyTorch makes them.

Both are the transform of Box and Muller: two uniform numbers give a radius ``sqrt(-2 log u)`` and
an angle ``2 pi v``, whose cosine and sine give two normal numbers.

References
----------
G. E. P. Box and M. E. Muller, "A note on the generation of random normal deviates", Annals of
Mathematical Statistics 29(2), 1958.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plugrad.random.formats import FLOAT64, real_format, real_view, store
from plugrad.random.generator import Generator
from plugrad.random.uniform import fill_unit, pieces, unit64, unit_list

__all__ = ["log_normal", "normal", "normal_elementwise"]

_BLOCK: Final = 16
_FEW_PAIRS: Final = 32
"""Up to here Python's own arithmetic is faster than NumPy's; its last bits are PyTorch's too."""


def normal(
    generator: Generator,
    shape: int | Sequence[int],
    dtype: np.dtype[Any],
    mean: float = 0.0,
    std: float = 1.0,
    *,
    contiguous: bool = True,
) -> NDArray[Any]:
    """Draw from a normal distribution, as ``randn`` and ``normal_`` do.

    Parameters
    ----------
    generator : Generator
    shape : int or sequence of ints
    dtype : numpy.dtype
        Floating or complex. A complex number's parts have the variance ``std**2 / 2`` each, and
        `mean` is added to both, as in PyTorch.
    mean, std : float
        Mean and standard deviation.
    contiguous : bool
        Whether the tensor to be filled is contiguous: PyTorch makes the numbers another way where
        it is not. They are then meant for `fill_in_memory_order`.

    Returns
    -------
    ndarray of `dtype`, shape `shape`
        Within 4 units in the last place of PyTorch's, or 5e-7 times `std`.

    Raises
    ------
    NotImplementedError
        If `dtype` is neither floating nor complex.
    RuntimeError
        If `std` is negative or nan.

    Notes
    -----
    Under 16 numbers, or into memory that is not contiguous, pairs are made one by one in float64,
    cosine first; the sine waits in the generator for the next such request, of whatever dtype.
    From 16 on, blocks of 16 uniform numbers become 8 radii and 8 angles, then 8 cosines and 8
    sines, in the precision of `dtype`. What does not fill a block is left to a last one, drawn
    afresh, that overlaps its neighbour.

    Examples
    --------
    >>> normal(Generator().manual_seed(0), 2, np.dtype(np.float32))
    array([ 1.5409961, -0.2934289], dtype=float32)
    """
    out = np.empty(shape, dtype)
    flat = real_view(out)
    form = real_format(flat.dtype)
    if form is None:
        raise NotImplementedError(
            f"normal numbers are floating-point or complex, and {dtype} is neither"
        )
    if not std >= 0.0:
        raise RuntimeError(f"a standard deviation is at least 0, but got std={std}")
    if out.dtype.kind == "c":
        std *= math.sqrt(0.5)
    standard = mean == 0.0 and std == 1.0
    # Standard numbers cannot overflow; entering NumPy's error state takes as long as drawing three.
    with generator.lock, nullcontext() if standard else np.errstate(all="ignore"):
        if flat.size >= _BLOCK and contiguous:
            _fill_blocks(generator, flat, form.work, mean, std)
        else:
            values = _in_pairs(generator, flat.size)
            if not standard:
                values *= std
                values += mean
            store(flat, values)
    return out


def _in_pairs(generator: Generator, count: int) -> NDArray[np.float64]:
    """Return standard normal numbers made pair by pair; keep the one left over. Needs the lock."""
    start = 0 if generator.next_normal is None else min(count, 1)
    pairs = (count - start + 1) // 2
    left_over = 2 * pairs - (count - start)
    out = np.empty(start + 2 * pairs, FLOAT64)
    if start:
        out[0], generator.next_normal = generator.next_normal, None
    if pairs <= _FEW_PAIRS:
        made = _pairs_in_python(unit_list(generator, 2 * pairs))
        out[start:] = made
    else:
        uniforms = unit64(generator, 2 * pairs)
        radius = np.sqrt(-2.0 * np.log1p(-uniforms[1::2]))
        angle = 2.0 * math.pi * uniforms[::2]
        np.multiply(radius, np.cos(angle), out=out[start::2])
        np.multiply(radius, np.sin(angle), out=out[start + 1 :: 2])
        made = _pairs_in_python(uniforms[-2:].tolist())
    if left_over:  # the last of `made`, in either case: PyTorch's to the last bit, as the state is
        generator.next_normal = made[-1]
    return out[:count]


def _pairs_in_python(uniforms: list[float]) -> list[float]:
    made: list[float] = []
    for turn, depth in zip(uniforms[::2], uniforms[1::2], strict=True):
        radius = math.sqrt(-2.0 * math.log1p(-depth))
        angle = 2.0 * math.pi * turn
        made += (radius * math.cos(angle), radius * math.sin(angle))
    return made


def _fill_blocks(
    generator: Generator, flat: NDArray[Any], work: np.dtype[Any], mean: float, std: float
) -> None:
    """Fill 16 numbers or more, block by block. Needs the lock."""
    rest = flat.size % _BLOCK
    for piece in pieces(flat[: flat.size - rest]):
        _fill_piece(generator, piece, work, mean, std)
    if rest:
        if flat.dtype == work:  # PyTorch fills all of it with uniform numbers before it begins
            fill_unit(generator, np.empty(rest, work))
        _fill_piece(generator, flat[-_BLOCK:], work, mean, std)


def _fill_piece(
    generator: Generator, out: NDArray[Any], work: np.dtype[Any], mean: float, std: float
) -> None:
    mixed = out if out.dtype == work else np.empty(out.size, work)
    fill_unit(generator, mixed)
    # Copied as items of half a block: NumPy is slow at strided runs of 8 numbers.
    halves = mixed.view((np.void, _BLOCK // 2 * work.itemsize))
    radius = halves[::2].copy().view(work)
    angle = halves[1::2].copy().view(work)
    # In place, operation by operation: at this size a temporary costs as much as the arithmetic.
    np.subtract(1.0, radius, out=radius)
    np.log(radius, out=radius)
    radius *= -2.0
    np.sqrt(radius, out=radius)
    angle *= work.type(2.0 * math.pi)
    if std != 1.0:
        radius *= work.type(std)
    for function, into in ((np.cos, halves[::2]), (np.sin, halves[1::2])):
        values = function(angle)
        values *= radius
        if mean != 0.0:
            values += work.type(mean)
        into[...] = values.view(halves.dtype)
    if mixed is not out:
        out[...] = mixed


def normal_elementwise(
    generator: Generator,
    mean: NDArray[Any] | float,
    std: NDArray[Any] | float,
    source: Callable[[tuple[int, ...], float], NDArray[Any]] | None = None,
) -> NDArray[Any]:
    """Draw one normal number for each pair of a mean and a standard deviation.

    Parameters
    ----------
    generator : Generator
    mean, std : ndarray or float
        At least one array; they broadcast. The result has the dtype of `mean`, or of `std` where
        `mean` is a number.
    source : callable, optional
        ``source(shape, std)`` draws the numbers of mean 0, and decides on the dtype.

    Returns
    -------
    ndarray
        What ``torch.normal`` returns for tensors.

    Raises
    ------
    NotImplementedError
        If that dtype is neither floating nor complex.
    RuntimeError
        If a standard deviation is negative, nan or complex, or the shapes do not broadcast.

    Examples
    --------
    >>> normal_elementwise(Generator().manual_seed(0), np.array([10.0, -10.0]), 0.0)
    array([ 10., -10.])
    """
    typical = mean if isinstance(mean, np.ndarray) else std
    if not isinstance(typical, np.ndarray):
        raise TypeError("normal_elementwise needs an array; for two numbers there is normal")
    if isinstance(std, np.ndarray):
        if std.dtype.kind == "c":
            raise RuntimeError(f"a standard deviation is real, but got {std.dtype}")
        if not (std >= 0).all():
            raise RuntimeError("a standard deviation is at least 0, but std has one that is not")
    try:
        shape = np.broadcast_shapes(np.shape(mean), np.shape(std))
    except ValueError:
        raise RuntimeError(
            f"mean of shape {np.shape(mean)} and std of shape {np.shape(std)} do not broadcast"
        ) from None
    width = 1.0 if isinstance(std, np.ndarray) else std
    out = source(shape, width) if source else normal(generator, shape, typical.dtype, 0.0, width)
    with np.errstate(all="ignore"):
        if isinstance(std, np.ndarray):
            np.multiply(out, std, out=out, casting="same_kind")
        np.add(out, mean, out=out, casting="same_kind")
    return out


def log_normal(
    generator: Generator,
    shape: int | Sequence[int],
    dtype: np.dtype[Any],
    mean: float = 1.0,
    std: float = 2.0,
) -> NDArray[Any]:
    """Draw numbers whose logarithm is normal, as ``log_normal_`` does.

    Parameters
    ----------
    generator : Generator
    shape : int or sequence of ints
    dtype : numpy.dtype
        Floating-point.
    mean, std : float
        Mean and standard deviation of the logarithm.

    Returns
    -------
    ndarray of `dtype`, shape `shape`
        Made from normal numbers in pairs, at every size.

    Raises
    ------
    NotImplementedError
        If `dtype` is not floating-point.
    RuntimeError
        If `std` is not greater than 0.

    Examples
    --------
    >>> log_normal(Generator().manual_seed(0), 2, np.dtype(np.float32), 0.0, 1.0)
    array([4.669239 , 0.7457022], dtype=float32)
    """
    if real_format(dtype) is None:
        raise NotImplementedError(f"log-normal numbers are floating-point, and {dtype} is not")
    if not std > 0.0:
        raise RuntimeError(f"a standard deviation is greater than 0 here, but got std={std}")
    out = np.empty(shape, dtype)
    with generator.lock, np.errstate(all="ignore"):
        values = _in_pairs(generator, out.size)
        values *= std
        values += mean
        np.exp(values, out=values)
        store(out, values)
    return out
