"""Dropout: elements or whole features set to 0 by chance."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import plugrad
from plugrad.tensor import Tensor

__all__ = [
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "feature_alpha_dropout",
]


def _dropped(name: str, input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    if not 0 <= p <= 1:
        raise ValueError(f"the probability of dropout must be between 0 and 1, not {p}")
    function: Callable[..., Tensor] = getattr(plugrad, f"{name}_" if inplace else name)
    return function(input, p, training)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set elements to 0 at random, with probability `p`, and scale the others by 1 / (1 - p).

    Parameters
    ----------
    input : Tensor
    p : float
    training : bool
        Whether to do anything at all.
    inplace : bool
        Whether the input itself is changed.

    Raises
    ------
    ValueError
        If `p` is not between 0 and 1.
    """
    return _dropped("dropout", input, p, training, inplace)


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Set elements to SELU's lowest value at random, so that mean and variance stay.

    See Also
    --------
    dropout : has the same parameters.
    """
    return _dropped("alpha_dropout", input, p, training, inplace)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Set whole features ``input[n, c]`` to SELU's lowest value at random: see `alpha_dropout`."""
    return _dropped("feature_alpha_dropout", input, p, training, inplace)


def _features(
    name: str, input: Tensor, dims: int, p: float, training: bool, inplace: bool
) -> Tensor:
    """Drop features of one sample, or of several where there is a dimension more."""
    # A single sample of dropout2d is taken for several: PyTorch's choice.
    single = input.dim() == dims + 1 and dims != 2
    if input.dim() not in (dims + 1, dims + 2):
        if dims == 1:
            raise RuntimeError(f"{name}() takes 2 or 3 dimensions, not {input.dim()}")
        warnings.warn(
            f"{name}() drops features of {dims} dimensions, but got {input.dim()} in all; "
            "the first two are taken for samples and features",
            UserWarning,
            stacklevel=3,
        )
    if not single:
        return _dropped("feature_dropout", input, p, training, inplace)
    batch: Tensor = input.unsqueeze_(0) if inplace else input.unsqueeze(0)
    dropped = _dropped("feature_dropout", batch, p, training, inplace)
    result: Tensor = dropped.squeeze_(0) if inplace else dropped.squeeze(0)
    return result


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Set whole features to 0 at random, in an input of shape (n, c, l) or (c, l).

    See Also
    --------
    dropout : has the same parameters.
    """
    return _features("dropout1d", input, 1, p, training, inplace)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Set whole features to 0 at random, in an input of shape (n, c, h, w).

    See Also
    --------
    dropout : has the same parameters.
    """
    if input.dim() == 3:
        warnings.warn(
            "dropout2d() takes three dimensions for (n, c, l); use dropout1d() for that",
            UserWarning,
            stacklevel=2,
        )
    return _features("dropout2d", input, 2, p, training, inplace)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Set whole features to 0 at random, in an input of shape (n, c, d, h, w) or (c, d, h, w).

    See Also
    --------
    dropout : has the same parameters.
    """
    return _features("dropout3d", input, 3, p, training, inplace)
