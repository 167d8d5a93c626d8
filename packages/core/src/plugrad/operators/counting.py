"""Counting: how often each integer occurs, and how many numbers fall into each interval."""

from __future__ import annotations

import math
from typing import Any

from plugrad import dtypes
from plugrad.operators.dimensions import apply, require_tensor
from plugrad.vocabulary.forms import function, primitive

__all__ = ["bincount", "histc"]

primitive("bincount", "x, weights?; minlength")
primitive("histc", "x; bins, low, high", result="given")


@function("function method")
def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """Return how often each of the integers 0, 1, 2... occurs.

    Parameters
    ----------
    input : Tensor
        Of shape ``(n,)``, integers that are not negative.
    weights : Tensor, optional
        Of shape ``(n,)``: what to add up for each, instead of 1.
    minlength : int
        The least length of the result.

    Returns
    -------
    Tensor
        Of int64; with weights of their dtype if that is float32, else of float64.

    Raises
    ------
    RuntimeError
        For negative numbers, or another shape.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1, 1, 3]).bincount()
    tensor([0, 2, 0, 1])
    """
    require_tensor("bincount", input)
    kind = input._dtype
    if kind is dtypes.bool_ or kind.is_floating_point or kind.is_complex:
        raise NotImplementedError(f"bincount() needs integers, not {kind}")
    if len(input._array.shape) != 1 or (input.numel() and int(input.min()) < 0):
        raise RuntimeError(
            f"bincount() needs integers of shape (n,) that are not negative; the input has shape "
            f"{list(input.shape)}"
        )
    if weights is not None:
        require_tensor("bincount", weights, "weights")
    if weights is not None and weights._array.shape != input._array.shape:
        raise RuntimeError(
            f"bincount(): weights must have the input's shape {list(input.shape)}, not "
            f"{list(weights.shape)}"
        )
    if minlength < 0:
        raise RuntimeError(f"bincount(): minlength must not be negative, but is {minlength}")
    if weights is not None:
        weights = weights.detach()
        if weights._dtype is not dtypes.float32:
            weights = weights.to(dtypes.float64)
    return apply("bincount", (input, weights), (minlength,), None)


@function("function method")
def histc(input: Any, bins: int = 100, min: float = 0, max: float = 0, *, out: Any = None) -> Any:
    """Return how many elements fall into each of `bins` intervals of equal width.

    Parameters
    ----------
    input : Tensor
        Of real floating-point numbers.
    bins : int
    min, max : float
        The ends of the first and the last interval, which counts its right end too. If they are
        equal, the smallest and the largest element.
    out : Tensor, optional
        Where to put the result.

    Returns
    -------
    Tensor
        Of shape ``(bins,)``, in the dtype of the input. What lies outside is not counted.

    Raises
    ------
    RuntimeError
        For a range that is empty or not finite.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1.0, 2.0, 1.0]).histc(4, 0, 3)
    tensor([0., 2., 1., 0.])
    """
    require_tensor("histc", input)
    if not input._dtype.is_floating_point:
        raise NotImplementedError(
            f"histc() needs a floating-point dtype, not {input._dtype}; convert with .float()"
        )
    if bins <= 0:
        raise RuntimeError(f"histc(): bins must be positive, but is {bins}")
    low, high = float(min), float(max)
    if low == high and input.numel():
        low, high = input.min().item(), input.max().item()
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"histc(): the range from {low} to {high} is not finite")
    if low == high:
        low, high = low - 1, high + 1
    if low > high:
        raise RuntimeError(f"histc(): max must be larger than min, but {high} is not than {low}")
    return apply("histc", (input.detach(),), (bins, low, high), out)
