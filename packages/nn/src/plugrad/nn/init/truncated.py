"""The normal distribution between two bounds."""

from __future__ import annotations

import math
import warnings
from typing import Any

import plugrad
from plugrad.tensor import Tensor

__all__ = ["trunc_normal_"]

# Where fewer numbers of the distribution than this lie between the bounds, others are proposed.
_SHARE = 0.3


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Any = None,
) -> Tensor:
    """Fill with normally distributed numbers, of which none lies outside of two bounds.

    Parameters
    ----------
    tensor : Tensor
    mean, std : float
        Of the distribution before it is cut off.
    a, b : float
        The least and the greatest number.
    generator : Generator, optional
        What to draw from.

    Returns
    -------
    Tensor
        The same one.

    Notes
    -----
    Numbers are drawn again until none lies outside; where most would, they are drawn uniformly
    between the bounds, and accepted by their density: C. Robert, "Simulation of truncated normal
    variables", 1995, https://arxiv.org/abs/0907.4010

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.nn.init.trunc_normal_(plugrad.empty(4), a=-1.0, b=1.0)
    tensor([-0.7193, -0.2934,  0.4033,  0.5684])
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            f"the mean {mean} lies more than two standard deviations outside of {a} to {b}: the "
            "numbers will crowd at a bound",
            UserWarning,
            stacklevel=2,
        )
    low, high = (a - mean) / std, (b - mean) / std
    with plugrad.no_grad():
        if _below(high) - _below(low) >= _SHARE:
            return _normal(tensor, mean, std, a, b, generator)
        # The density is highest at what lies nearest to the mean: there all are accepted.
        nearest = 0.0 if low <= 0 <= high else min(low * low, high * high)
        return _uniform(tensor, mean, std, a, b, nearest, generator)


def _below(x: float) -> float:
    """Return the share of the standard normal distribution below `x`."""
    return (1 + math.erf(x / math.sqrt(2))) / 2


def _normal(tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    tensor.normal_(mean, std, generator=generator)
    while (outside := (tensor < a) | (tensor > b)).any():
        anew = plugrad.empty_like(tensor).normal_(mean, std, generator=generator)
        tensor.copy_(plugrad.where(outside, anew, tensor))
    return tensor


def _uniform(
    tensor: Tensor, mean: float, std: float, a: float, b: float, nearest: float, generator: Any
) -> Tensor:
    waiting = plugrad.ones_like(tensor, dtype=plugrad.bool)
    while waiting.any():
        proposed = plugrad.empty_like(tensor).uniform_(a, b, generator=generator)
        chance = plugrad.empty_like(tensor).uniform_(0, 1, generator=generator)
        z = (proposed - mean) / std
        tensor.copy_(plugrad.where(waiting, proposed, tensor))
        waiting &= chance > ((nearest - z * z) / 2).exp()
    return tensor
