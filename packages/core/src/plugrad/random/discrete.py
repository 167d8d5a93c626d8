"""Discrete distributions: Bernoulli, geometric, Poisson.

References
----------
W. Hörmann, "The transformed rejection method for generating Poisson random variables", Insurance:
Mathematics and Economics 12(1), 1993 (algorithm PTRS).

D. E. Knuth, "The art of computer programming", volume 2, section 3.4.1 (small Poisson rates).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from plugrad.random.formats import FLOAT64, real_format, store
from plugrad.random.generator import Generator
from plugrad.random.uniform import fill_unit, pieces, unit_list

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["bernoulli", "dropout_mask", "geometric", "poisson"]

_MASK53: Final = np.uint64(2**53 - 1)
_BATCH: Final = 1024
_LARGE_RATE: Final = 10.0


def bernoulli(
    generator: Generator,
    shape: int | Sequence[int],
    dtype: np.dtype[Any],
    p: float | NDArray[Any] = 0.5,
) -> NDArray[Any]:
    """Draw ones with a given probability, and zeros otherwise, as ``bernoulli_`` does.

    Parameters
    ----------
    generator : Generator
    shape : int or sequence of ints
    dtype : numpy.dtype
        bool, uint8, a signed integer, or floating-point.
    p : float or ndarray
        The probability of a one; an array is floating-point and broadcasts to `shape`.

    Returns
    -------
    ndarray of `dtype`, shape `shape`
        Equal to PyTorch's.

    Raises
    ------
    NotImplementedError
        If `dtype` is another one, or `p` an array that is not floating-point.
    RuntimeError
        If a probability is not of [0, 1], or `p` does not broadcast to `shape`.

    Notes
    -----
    A number, or a float64 array, is compared with float64 draws, any other array with float32 ones.

    Examples
    --------
    >>> bernoulli(Generator().manual_seed(0), 5, np.dtype(np.float32), 0.8)
    array([0., 1., 1., 0., 1.], dtype=float32)
    """
    if dtype.kind not in "bi" and dtype != np.uint8 and real_format(dtype) is None:
        raise NotImplementedError(f"Bernoulli numbers of {dtype} are not defined")
    out = np.empty(shape, dtype)
    flat = out.reshape(-1)
    if not isinstance(p, np.ndarray):
        if not 0.0 <= p <= 1.0:
            raise RuntimeError(f"a probability lies between 0 and 1, but got {p}")
        threshold = np.uint64(math.ceil(p * 2.0**53))
        with generator.lock:
            for piece in pieces(flat):
                words = generator.words64(piece.size)
                words &= _MASK53  # word * 2**-53 < p, without the multiplication
                np.less(words, threshold, out=piece, casting="unsafe")
        return out
    form = real_format(p.dtype)
    if form is None:
        raise NotImplementedError(f"probabilities are floating-point, but got {p.dtype}")
    if not ((p >= 0) & (p <= 1)).all():
        raise RuntimeError("a probability lies between 0 and 1, but p has one that does not")
    try:
        odds = np.broadcast_to(p, out.shape)
    except ValueError:
        raise RuntimeError(
            f"p of shape {p.shape} does not broadcast to the shape {out.shape}"
        ) from None
    with generator.lock:
        draws = np.empty(out.size, form.work)
        fill_unit(generator, draws)
    np.less(draws.reshape(out.shape), odds, out=out, casting="unsafe")
    return out


def dropout_mask(generator: Generator, shape: int | Sequence[int], p: float) -> NDArray[np.bool_]:
    """Draw which elements dropout keeps.

    Parameters
    ----------
    generator : Generator
    shape : int or sequence of ints
    p : float
        The probability that an element is dropped. For 0 and 1 nothing is drawn, as in PyTorch.

    Returns
    -------
    ndarray of bool, shape `shape`
        True where an element stays, which is then to be divided by ``1 - p``.

    Raises
    ------
    RuntimeError
        If `p` is not of [0, 1].

    Examples
    --------
    >>> dropout_mask(Generator().manual_seed(0), 5, 0.2)
    array([False,  True,  True, False,  True])
    """
    if p in (0.0, 1.0):
        return np.full(shape, p == 0.0)
    if not 0.0 < p < 1.0:
        raise RuntimeError(f"a dropout probability lies between 0 and 1, but got {p}")
    return bernoulli(generator, shape, np.dtype(np.bool_), 1.0 - p)


def geometric(
    generator: Generator, shape: int | Sequence[int], dtype: np.dtype[Any], p: float
) -> NDArray[Any]:
    """Draw how many trials the first success takes, as ``geometric_`` does.

    Parameters
    ----------
    generator : Generator
    shape : int or sequence of ints
    dtype : numpy.dtype
        uint8, a signed integer, or floating-point. Numbers that an integer type does not hold wrap
        around.
    p : float
        The probability of a success.

    Returns
    -------
    ndarray of `dtype`, shape `shape`
        ``ceil(log(u) / log(1 - p))``, computed in float64: 1 or more.

    Raises
    ------
    NotImplementedError
        If `dtype` is another one.
    RuntimeError
        If `p` is not of (0, 1).

    Examples
    --------
    >>> geometric(Generator().manual_seed(0), 5, np.dtype(np.int64), 0.2)
    array([1, 2, 4, 1, 2])
    """
    if dtype.kind != "i" and dtype != np.uint8 and real_format(dtype) is None:
        raise NotImplementedError(f"geometric numbers of {dtype} are not defined")
    if not 0.0 < p < 1.0:
        raise RuntimeError(f"a geometric probability lies between 0 and 1, but got {p}")
    out = np.empty(shape, dtype)
    with generator.lock, np.errstate(all="ignore"):
        for piece in pieces(out.reshape(-1)):
            values = np.empty(piece.size)
            fill_unit(generator, values)
            np.log(values, out=values)
            values /= math.log1p(-p)
            np.ceil(values, out=values)
            if dtype.kind in "iu":
                piece[...] = values.astype(np.int64)
            else:
                store(piece, values)
    return out


def poisson(generator: Generator, rate: NDArray[Any]) -> NDArray[Any]:
    """Draw one Poisson number for each rate, as ``torch.poisson`` does.

    Parameters
    ----------
    generator : Generator
    rate : ndarray
        The means, floating-point; drawn for in the order of their indices, whatever their strides.

    Returns
    -------
    ndarray
        Of the shape and the dtype of `rate`.

    Raises
    ------
    NotImplementedError
        If `rate` is not floating-point.
    RuntimeError
        If a rate is negative, infinite or nan.

    Notes
    -----
    Under a rate of 10, unit draws are multiplied until the product falls below ``exp(-rate)``; from
    10 on, Hörmann's transformed rejection serves. Either takes as many draws as chance will have.

    Examples
    --------
    >>> poisson(Generator().manual_seed(0), np.array([0.0, 3.0, 1000.0]))
    array([  0.,   6., 986.])
    """
    if real_format(rate.dtype) is None:
        raise NotImplementedError(f"Poisson rates are floating-point, but got {rate.dtype}")
    rates = rate.reshape(-1).astype(FLOAT64)
    if not ((rates >= 0) & (rates < np.inf)).all():
        raise RuntimeError("a Poisson rate is finite and at least 0, but one is not")
    with generator.lock:
        counts = _poisson_counts(generator, rates.tolist())
    out = np.empty(rate.shape, rate.dtype)
    with np.errstate(all="ignore"):
        store(out, np.array(counts, FLOAT64))
    return out


def _poisson_counts(generator: Generator, rates: list[float]) -> list[float]:
    waiting = sum(rate > 0.0 for rate in rates)

    def draws() -> Iterator[float]:
        # Drawn ahead, but no more than are sure to be used: one now, one for each that waits.
        while True:
            yield from unit_list(generator, min(_BATCH, 1 + waiting))

    draw = draws().__next__
    counts = []
    for rate in rates:
        if rate == 0.0:
            counts.append(0.0)
            continue
        waiting -= 1
        counts.append(_by_products(rate, draw) if rate < _LARGE_RATE else _by_rejection(rate, draw))
    return counts


def _by_products(rate: float, draw: Callable[[], float]) -> float:
    limit = math.exp(-rate)
    product = draw()
    count = 0.0
    while product > limit:
        product *= draw()
        count += 1.0
    return count


def _by_rejection(rate: float, draw: Callable[[], float]) -> float:
    log_rate = math.log(rate)
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    log_inverse_alpha = math.log(1.1239 + 1.1328 / (b - 3.4))
    surely_inside = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        u = draw() - 0.5
        v = draw()
        margin = 0.5 - abs(u)
        if margin == 0.0 or v == 0.0:
            continue
        count = float(math.floor((2.0 * a / margin + b) * u + rate + 0.43))
        if margin >= 0.07 and v <= surely_inside:
            return count
        if count < 0.0 or (margin < 0.013 and v > margin):
            continue
        height = math.log(v) + log_inverse_alpha - math.log(a / (margin * margin) + b)
        if height <= -rate + count * log_rate - math.lgamma(count + 1.0):
            return count
